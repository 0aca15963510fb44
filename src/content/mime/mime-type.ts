/**
 * What Postfix makes of Content-Type and Content-Transfer-Encoding: the few types and encodings that matter for the
 * structure of a message. RFC 2045, RFC 2046. `Postfix: mime_state_content_type, mime_state_content_encoding`.
 */
import { type HeaderToken, HeaderTokens, mailSpecials, mimeSpecials } from './header-tokens.ts';

export type TopType = 'text' | 'message' | 'multipart' | 'other';
/** Subtypes of message that matter. */
export type MessageType = 'rfc822' | 'partial' | 'external-body' | 'global' | 'other';

export interface MimeType {
  readonly top: TopType;
  readonly message: MessageType;
}

export const plainText: MimeType = { top: 'text', message: 'other' };
export const nestedMessage: MimeType = { top: 'message', message: 'rfc822' };
export const otherType: MimeType = { top: 'other', message: 'other' };

export interface ContentType {
  /** Undefined: the type stays what it was. */
  readonly type: MimeType | undefined;
  /** Every `boundary` parameter, also where there should be one only: mail could be hidden behind any of them. */
  readonly boundaries: readonly string[];
  /** What the parts of a multipart are unless they say so. */
  readonly partType: MimeType;
}

const MESSAGE_TYPES: ReadonlySet<string> = new Set(['rfc822', 'partial', 'external-body', 'global']);

/** Reads the text behind the colon, one character per octet, LF between lines. */
export function readContentType(value: string): ContentType {
  const tokens = new HeaderTokens(value, mimeSpecials);
  const said = tokens.next(3, ';') ?? [];
  const none = { boundaries: [], partType: plainText };
  if (said.length === 0) return { type: otherType, ...none };
  const sub = isSpecial(said[1], '/') && said[2]?.kind === 'word' ? said[2].text.toLowerCase() : '';
  if (isWord(said[0], 'text')) return { type: plainText, ...none };
  if (isWord(said[0], 'message')) {
    const message = MESSAGE_TYPES.has(sub) ? (sub as MessageType) : 'other';
    return { type: { top: 'message', message }, ...none };
  }
  if (!isWord(said[0], 'multipart')) return { type: undefined, ...none };
  return {
    type: { top: 'multipart', message: 'other' },
    boundaries: readBoundaries(tokens),
    partType: sub === 'digest' ? nestedMessage : plainText,
  };
}

function readBoundaries(tokens: HeaderTokens): string[] {
  const boundaries: string[] = [];
  for (let said = tokens.next(3, ';'); said; said = tokens.next(3, ';')) {
    const [name, equals, value] = said;
    if (value && isWord(name, 'boundary') && isSpecial(equals, '=')) boundaries.push(value.text);
  }
  return boundaries;
}

function isWord(token: HeaderToken | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toLowerCase() === word;
}

function isSpecial(token: HeaderToken | undefined, special: string): boolean {
  return token?.kind === 'special' && token.text === special;
}

export type Encoding = '7bit' | '8bit' | 'binary' | 'base64' | 'quoted-printable';
/** What an encoded text consists of. */
export type Domain = '7bit' | '8bit' | 'binary';

const DOMAINS: Readonly<Record<Encoding, Domain>> = {
  '7bit': '7bit',
  '8bit': '8bit',
  binary: 'binary',
  base64: '7bit',
  'quoted-printable': '7bit',
};

/** The encoding, where it is one of those known. */
export function readEncoding(value: string): Encoding | undefined {
  const [word] = new HeaderTokens(value, mailSpecials).next(1) ?? [];
  const name = word?.kind === 'word' ? word.text.toLowerCase() : '';
  return Object.hasOwn(DOMAINS, name) ? (name as Encoding) : undefined;
}

export function domainOf(encoding: Encoding): Domain {
  return DOMAINS[encoding];
}

/**
 * What a part may be, read from its fields the way some mail program might: every Content-Type counts, boundaries are
 * read strictly, loosely and as RFC 2231 writes them, and every encoding that is named is tried. RFC 2045, RFC 2231.
 * It is wider than mime-type.ts on purpose: nothing that somebody could see may stay unseen.
 */
import type { Field } from '../part.ts';
import { HeaderTokens, mailSpecials } from './header-tokens.ts';
import { readContentType } from './mime-type.ts';
import type { DecoderKind } from './transfer-decoder.ts';

export interface PartShape {
  /** `text/plain`, as said first. */
  readonly type: string;
  /** What its parts may be separated by; none: it has no parts. */
  readonly boundaries: readonly string[];
  /** The type of its parts, unless they say so. */
  readonly partType: string;
  /** It holds a message with headers of its own. */
  readonly isMessage: boolean;
  /** The encodings that are named, in order; one of `7bit`, if none is. */
  readonly encodings: readonly { readonly name: string; readonly kind: DecoderKind }[];
}

export const plainTextType = 'text/plain';
export const messageType = 'message/rfc822';

const MESSAGE = /^message\/(?:rfc822|global|news)$/;

export function shapeOf(fields: readonly Field[], defaultType: string): PartShape {
  const values = fields.filter(({ name }) => name === 'content-type').map(({ value }) => unfolded(value));
  const types = values.map(typeName).filter((type) => type !== undefined);
  const multiparts = values.filter((value) => typeName(value)?.startsWith('multipart/'));
  const [type = defaultType] = types;
  return {
    type,
    boundaries: [...new Set(multiparts.flatMap(boundariesOf))],
    partType: types.includes('multipart/digest') ? messageType : plainTextType,
    isMessage: types.some((one) => MESSAGE.test(one)) || (types.length === 0 && defaultType === messageType),
    encodings: encodingsOf(fields),
  };
}

/** One character per octet; line ends are gone, and blanks behind them too. */
function unfolded(value: Buffer): string {
  return value.toString('latin1').replace(/\r?\n[ \t]*/g, ' ');
}

function typeName(value: string): string | undefined {
  const [top, slash, sub] = new HeaderTokens(value, '()<>@,;:\\"/[]?=').next(3, ';') ?? [];
  if (top?.kind === 'word' && slash?.text === '/' && sub && sub.kind !== 'special') {
    return `${top.text}/${sub.text}`.toLowerCase();
  }
  if (top?.kind === 'word' && top.text.toLowerCase() === 'multipart') return 'multipart/mixed';
  const loose = /[\w.+-]+\/[\w.+-]+/.exec(value.slice(0, 1_000));
  return loose?.[0].toLowerCase();
}

const LOOSE = /boundary\s*=\s*(?:"([^"]*)"?|'([^']*)'?|([^\s;"']+))/gi;
const EXTENDED = /boundary\*(?:(\d+)\*?)?\s*=\s*(?:"([^"]*)"?|([^\s;"]+))/gi;

function boundariesOf(value: string): string[] {
  const strict = readContentType(value).boundaries;
  const loose = [...value.matchAll(LOOSE)].map(([, quoted, single, bare]) => quoted ?? single ?? bare ?? '');
  const pieces = [...value.matchAll(EXTENDED)].map(([, , quoted, bare]) => quoted ?? bare ?? '');
  const extended = pieces.length > 0 ? [percentDecoded(pieces.join(''))] : [];
  return [...strict, ...loose, ...extended].map((text) => text.trimEnd()).filter((text) => text !== '');
}

/** `us-ascii'en'a%20b` */
function percentDecoded(text: string): string {
  const bare = text.replace(/^[\w-]*'[\w-]*'/, '');
  return bare.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const KINDS: Readonly<Record<string, DecoderKind>> = {
  base64: 'base64',
  'quoted-printable': 'quoted-printable',
};

function encodingsOf(fields: readonly Field[]): PartShape['encodings'] {
  const found = new Map<DecoderKind, string>();
  for (const { name, value } of fields) {
    if (name !== 'content-transfer-encoding') continue;
    const [token] = new HeaderTokens(unfolded(value), mailSpecials).next(1) ?? [];
    const said = token && token.kind !== 'special' ? token.text.toLowerCase() : '7bit';
    const kind = Object.hasOwn(KINDS, said) ? (KINDS[said] as DecoderKind) : 'identity';
    if (!found.has(kind)) found.set(kind, said);
  }
  if (found.size === 0) found.set('identity', '7bit');
  return [...found].map(([kind, name]) => ({ kind, name }));
}

/**
 * A command line in its words, as lenient as Postfix: `MAIL FROM: <joe blow@example.com> SIZE=5`. RFC 5321 4.1.2.
 * `Postfix: smtpd_token.c`. Words end at blanks, except within `<>` and quotes; `from:` and `to:` end by themselves.
 */
import { type Address, address, nullSender } from '../mail/address.ts';
import { internalText, parse822, scan822 } from '../mail/tokens822.ts';

export interface Word {
  readonly text: string;
  /** A quote or bracket is not closed. */
  readonly broken: boolean;
}

/** The words of a line; empty when there are none. */
export function commandWords(line: string): Word[] {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    const word = nextWord(line, at);
    if (word.text !== '') words.push({ text: word.text, broken: word.broken });
    at = word.end;
  }
  return words;
}

const isBlank = (c: string) => c === ' ' || c === '\t' || c === '\r' || c === '\f' || c === '\v';

function nextWord(line: string, start: number) {
  let at = start;
  while (at < line.length && isBlank(line.charAt(at))) at += 1;
  const begin = at;
  let broken = false;
  while (at < line.length) {
    const c = line.charAt(at);
    if (isBlank(c)) break;
    if (c === '<' || c === '"') {
      const end = closing(line, at, c === '<' ? '>' : '"');
      broken ||= end < 0;
      at = end < 0 ? line.length : end;
    } else {
      at += c === '\\' ? 2 : 1;
      if (c === ':' && /^(?:from|to):$/i.test(line.slice(begin, at))) break;
    }
  }
  return { text: line.slice(begin, at), end: Math.min(at, line.length), broken };
}

/** Where the text in brackets or quotes ends, -1 if nowhere; quotes may stand in brackets, brackets in brackets. */
function closing(line: string, start: number, end: '>' | '"'): number {
  const wanted = [end];
  for (let at = start + 1; at < line.length; at++) {
    const c = line.charAt(at);
    const inner = wanted.at(-1);
    if (c === '\\') at += 1;
    else if (c === inner) {
      wanted.pop();
      if (wanted.length === 0) return at + 1;
    } else if (c === '"') wanted.push('"');
    else if (c === '<' && inner === '>') wanted.push('>');
  }
  return -1;
}

export interface Extraction {
  /** `Postfix: strict_rfc821_envelopes`. */
  readonly strict: boolean;
  /** The null address `<>` is an address here. */
  readonly allowEmpty: boolean;
}

/** The address in a MAIL or RCPT word, undefined when there is none or more than one. `Postfix: extract_addr`. */
export function extractAddress(written: string, { strict, allowEmpty }: Extraction): Address | undefined {
  const isBracketed = written.startsWith('<') && written.endsWith('>');
  const inner = isBracketed ? written.slice(1, -1) : written;
  const colon = inner.startsWith('@') ? inner.indexOf(':') : -1;
  const { addresses, extras } = parse822(scan822(inner.slice(colon + 1)));
  if (addresses.length > 1 || (strict && (extras > 0 || !isBracketed))) return undefined;
  const text = internalText(addresses[0] ?? []);
  if (text === '') return allowEmpty ? nullSender : undefined;
  return strict && text.startsWith('@') ? undefined : address(text);
}

/**
 * Encoded words, `=?koi8-r?B?...?=`: text in header fields that is not ASCII. RFC 2047, RFC 2231 5.
 * Words are found wherever they stand, inside of quotes and of other words too, because mail programs show them there.
 * Bytes that their charset cannot mean are read as windows-1252: something readable comes out of everything.
 */
import { charsetNamed, decoderFor } from './text/charset.ts';

const WORD = /=\?([^?\s*]{1,64})(?:\*[^?\s]{0,64})?\?([bq])\?([^?]*)\?=/gi;

/**
 * The text with all encoded words decoded; blanks between two words vanish. RFC 2047 6.2. Linear.
 * `decode` makes text of the bytes of words with the same charset.
 */
export function decodeEncodedWords(
  text: string,
  decode: (bytes: Buffer, charset: string) => string = decodeCharset,
): string {
  if (!text.includes('=?')) return text;
  let decoded = '';
  let run: { charset: string; bytes: Buffer[] } | undefined;
  let from = 0;
  const flush = () => {
    if (run) decoded += decode(Buffer.concat(run.bytes), run.charset);
    run = undefined;
  };
  for (const { index, 0: word, 1: charset = '', 2: how = '', 3: content = '' } of text.matchAll(WORD)) {
    const between = text.slice(from, index);
    if (!run || between.trim() !== '') {
      flush();
      decoded += between;
    }
    // a character may be cut in two by the end of a word
    if (run && run.charset !== charset.toLowerCase()) flush();
    run ??= { charset: charset.toLowerCase(), bytes: [] };
    run.bytes.push(how.toLowerCase() === 'b' ? Buffer.from(content, 'base64') : unquoted(content));
    from = index + word.length;
  }
  flush();
  return decoded + text.slice(from);
}

/** The Q encoding. RFC 2047 4.2. */
function unquoted(text: string): Buffer {
  return percentBytes(text.replaceAll('_', ' '), '=');
}

/** The bytes of a text in which `%41` (or `=41`) stands for a byte; other characters are bytes themselves. */
export function percentBytes(text: string, sign: '%' | '='): Buffer {
  const coded = sign === '%' ? /%([0-9a-f]{2})/gi : /=([0-9a-f]{2})/gi;
  return Buffer.from(
    text.replace(coded, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  );
}

/** Bytes as their charset says; as windows-1252 where it is unknown or cannot mean them. Never fails. */
export function decodeCharset(bytes: Uint8Array, charset: string): string {
  const named = charset === '' ? 'utf-8' : charsetNamed(charset);
  const text = named === undefined ? REPLACEMENT : decoderFor(named).decode(bytes, { stream: false });
  return text.includes(REPLACEMENT) ? new TextDecoder('windows-1252').decode(bytes) : text;
}

const REPLACEMENT = '\ufffd';

/**
 * Text on the wire is bytes. Valid UTF-8 becomes an ordinary string; any other byte is kept as a lone surrogate
 * (U+DC80..U+DCFF, one per byte), so that what came in can go out again byte for byte.
 */
import { isUtf8 } from 'node:buffer';

const LONE = /[\udc80-\udcff]/;

/** Bytes to text, reversible by `encodeOctets`. */
export function decodeOctets(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte < 0x80 ? byte : 0xdc00 + byte);
  return text;
}

/** Text to the bytes it came from. */
export function encodeOctets(text: string): Buffer {
  if (!LONE.test(text)) return Buffer.from(text, 'utf8');
  const parts = text.split(/([\udc80-\udcff]+)/);
  return Buffer.concat(
    parts.map((part) =>
      LONE.test(part)
        ? Buffer.from([...part].map((c) => c.charCodeAt(0) - 0xdc00))
        : Buffer.from(part, 'utf8'),
    ),
  );
}

/** Whether the text came from valid UTF-8. */
export function isCleanText(text: string): boolean {
  return !LONE.test(text);
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** Bytes made visible, as in C: `EHLO x\r\n`, `\033`. `Postfix: unescape.c (escape)`. */
export function escapedOctets(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replace(
      /[^\x20-\x5b\x5d-\x7e]/g,
      (c) => ESCAPES[c] ?? `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`,
    );
}

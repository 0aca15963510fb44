/** xtext: printable text with `+XX` for everything else. RFC 3461 4. */

/** The text, undefined when it is not well-formed. */
export function decodeXtext(text: string): string | undefined {
  if (!text.includes('+')) return text;
  if (/\+(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  const bytes = text.replace(/\+([0-9A-Fa-f]{2})/g, (_whole, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Everything but `!` to `~` without `+` and `=` is written as `+XX`. */
export function encodeXtext(text: string): string {
  if (/^[!-*,-<>-~]*$/.test(text)) return text;
  let coded = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const isPlain = byte > 32 && byte < 127 && byte !== 43 && byte !== 61;
    coded += isPlain ? String.fromCharCode(byte) : `+${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return coded;
}

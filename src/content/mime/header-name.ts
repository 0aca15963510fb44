/** What begins a header: printable ASCII without blanks, then perhaps blanks, then a colon. RFC 5322 2.2, 4.5.8. */

const SPACE = 32;
const TAB = 9;
const COLON = 58;
const DEL = 127;

/** How long the name is; 0 where the line is no header. `Postfix: is_header_buf`. */
export function headerNameLength(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === COLON) return at - start;
    if (byte <= SPACE || byte >= DEL) break;
  }
  const length = at - start;
  if (length === 0) return 0;
  while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
  return at < end && bytes[at] === COLON ? length : 0;
}

/** Whether a text is a header: `Name: value`. `Postfix: is_header`. */
export function isHeaderText(text: string): boolean {
  const bytes = Buffer.from(text);
  return headerNameLength(bytes, 0, bytes.length) > 0;
}

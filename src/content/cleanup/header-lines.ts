/**
 * A header made of text: one line for each LF, lines that go on begin with a blank or get a tab, what exceeds
 * header_size_limit is cut off, at a line's end if one is near. `Postfix: cleanup_out_header`.
 */

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
/** A line that begins behind this part of the limit is left out as a whole. */
const NEAR = 0.9;
const CRLF = Buffer.from('\r\n');
const TAB_BYTES = Buffer.from('\t');

export function headerLines(text: Buffer, limitBytes: number): Buffer {
  const pieces: Buffer[] = [];
  for (let start = 0; start <= text.length; ) {
    const lf = text.indexOf(LF, start);
    let end = lf < 0 ? text.length : lf;
    if (end > limitBytes) {
      if (start > NEAR * limitBytes) break;
      end = limitBytes;
    }
    const isFolded = start === 0 || text[start] === SPACE || text[start] === TAB;
    if (!isFolded) pieces.push(TAB_BYTES);
    pieces.push(text.subarray(start, end), CRLF);
    if (lf < 0 || end < lf) break;
    start = lf + 1;
  }
  return withoutCr(Buffer.concat(pieces), pieces);
}

/** Text that could end a line for others does not get through. */
function withoutCr(joined: Buffer, pieces: readonly Buffer[]): Buffer {
  if (!pieces.some((piece) => piece !== CRLF && piece.includes(CR))) return joined;
  const clean = pieces.map((piece) =>
    piece === CRLF ? piece : piece.map((byte) => (byte === CR ? SPACE : byte)),
  );
  return Buffer.concat(clean);
}

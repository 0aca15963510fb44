/**
 * Makes a line that begins with a dot begin with two, so that no line of a message can end it. RFC 5321 4.5.2.
 * Every LF counts as a line's end, so that a bare one cannot smuggle an end of data to a lenient next hop.
 * Chunks pass as they are or as pieces of themselves; only where dots crowd are they copied. It changes no line ends.
 */

const CR = 0x0d;
const LF = 0x0a;
const DOT_BYTE = 0x2e;
const DOT = Buffer.from('.');
const LF_DOT = Buffer.from('\n.');
const END = Buffer.from('.\r\n');
const CRLF_END = Buffer.from('\r\n.\r\n');
const LF_END = Buffer.from('\n.\r\n');

/** With more dots than this in a chunk, the rest of it is copied: one piece instead of thousands. */
const maxDotsUncopied = 16;

export class DotStuffing {
  /** The last two octets that passed; a message begins at the beginning of a line. */
  #beforeLast = CR;
  #last = LF;

  /** Puts the stuffed chunk into `out`, in pieces. */
  push(chunk: Buffer, out: Buffer[]): void {
    const length = chunk.length;
    if (length === 0) return;
    if (this.#last === LF && chunk[0] === DOT_BYTE) out.push(DOT);
    this.#beforeLast = length > 1 ? (chunk[length - 2] ?? 0) : this.#last;
    this.#last = chunk[length - 1] ?? 0;
    let start = 0;
    let dots = 0;
    for (let at = chunk.indexOf(LF_DOT); at >= 0; at = chunk.indexOf(LF_DOT, start)) {
      if (++dots > maxDotsUncopied) {
        out.push(stuffedCopy(chunk, start));
        return;
      }
      out.push(chunk.subarray(start, at + 1), DOT);
      start = at + 1;
    }
    out.push(start === 0 ? chunk : chunk.subarray(start));
  }

  /** What ends the message: the final dot, with the line end where it is missing. */
  end(): Buffer {
    if (this.#last === CR) return LF_END;
    return this.#last === LF && this.#beforeLast === CR ? END : CRLF_END;
  }
}

function stuffedCopy(chunk: Buffer, start: number): Buffer {
  const rest = chunk.length - start;
  const copy = Buffer.allocUnsafe(rest + (rest >> 1) + 1);
  let to = 0;
  let last = 0;
  for (let from = start; from < chunk.length; from++) {
    const octet = chunk[from] ?? 0;
    if (octet === DOT_BYTE && last === LF) copy[to++] = DOT_BYTE;
    copy[to++] = octet;
    last = octet;
  }
  return copy.subarray(0, to);
}

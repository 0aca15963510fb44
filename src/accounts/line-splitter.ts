/** Bytes in, lines of bounded length out. */

/** Longer lines are not Dovecot's; its own limit is half of this. */
const MAX_LINE_BYTES = 16_384;

/** Takes bytes, gives lines; tells of one that is too long, and then nothing more. */
export function splitLines(take: (line: string) => void, tooLong: () => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isOver = false;
  return (chunk) => {
    if (isOver) return;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      take(rest.toString('utf8', 0, end));
      rest = rest.subarray(end + 1);
    }
    if (rest.length <= MAX_LINE_BYTES) return;
    isOver = true;
    tooLong();
  };
}

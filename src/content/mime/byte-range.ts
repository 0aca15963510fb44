/** A stretch of bytes that passes unchanged. */
export interface ByteRange {
  readonly bytes: Buffer;
  readonly start: number;
  end: number;
}

/** Adds bytes to a list of stretches; what lies side by side becomes one. */
export function addRange(ranges: ByteRange[], bytes: Buffer, start: number, end: number): void {
  const last = ranges.at(-1);
  if (last?.bytes === bytes && last.end === start) last.end = end;
  else if (end > start) ranges.push({ bytes, start, end });
}

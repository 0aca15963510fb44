/** Bytes that no set of a pattern tells apart share a class; automata have a column for each class, not for each byte. */
import type { CharSet } from './char-set.ts';

export interface ByteClasses {
  /** The class of each byte. */
  readonly of: Uint8Array;
  readonly count: number;
  /** One byte of each class. */
  readonly sample: readonly number[];
  /** `contains[set * count + class]` is 1 when the class lies in the set. */
  readonly contains: Uint8Array;
}

/** Splits the bytes by membership in the sets. */
export function byteClasses(sets: readonly CharSet[]): ByteClasses {
  const of = new Uint8Array(256);
  let count = 1;
  for (const set of new Set(sets)) count = split(of, count, set);
  const sample: number[] = [];
  for (let byte = 255; byte >= 0; byte--) sample[of[byte] ?? 0] = byte;
  const contains = new Uint8Array(sets.length * count);
  sets.forEach((set, s) => {
    sample.forEach((byte, c) => {
      contains[s * count + c] = set.has(byte) ? 1 : 0;
    });
  });
  return { of, count, sample, contains };
}

/** Splits the classes that lie partly in the set; returns how many there are then. */
function split(of: Uint8Array, count: number, { ranges }: CharSet): number {
  const outside = new Uint8Array(count);
  const moved = new Int16Array(count).fill(-1);
  let next = 0;
  for (let i = 0; i <= ranges.length; i += 2) {
    const first = ranges[i] ?? 256;
    for (; next < first; next++) outside[of[next] ?? 0] = 1;
    next = (ranges[i + 1] ?? 256) + 1;
  }
  let classes = count;
  for (let i = 0; i < ranges.length; i += 2) {
    for (let byte = ranges[i] ?? 0; byte <= (ranges[i + 1] ?? 0); byte++) {
      const c = of[byte] ?? 0;
      if (outside[c] === 0) continue;
      if (moved[c] === -1) moved[c] = classes++;
      of[byte] = moved[c] ?? 0;
    }
  }
  return classes;
}

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
  for (const set of sets) {
    const moved = new Map<number, number>();
    const inside = new Map<number, number>();
    const total = new Uint16Array(count);
    for (const c of of) total[c] = (total[c] ?? 0) + 1;
    for (const byte of set) inside.set(of[byte] ?? 0, (inside.get(of[byte] ?? 0) ?? 0) + 1);
    for (const [c, members] of inside) if (members < (total[c] ?? 0)) moved.set(c, count++);
    if (moved.size > 0) for (const byte of set) of[byte] = moved.get(of[byte] ?? 0) ?? of[byte] ?? 0;
  }
  const sample: number[] = [];
  for (let byte = 255; byte >= 0; byte--) sample[of[byte] ?? 0] = byte;
  const contains = new Uint8Array(sets.length * count);
  sets.forEach((set, s) => {
    for (let c = 0; c < count; c++) contains[s * count + c] = set.has(sample[c] ?? 0) ? 1 : 0;
  });
  return { of, count, sample, contains };
}

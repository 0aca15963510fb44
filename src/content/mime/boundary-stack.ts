/**
 * The boundaries that may come, the innermost last. Parameters: mime_nesting_limit, mime_boundary_length_limit.
 * A line matches when it begins with a boundary, whatever follows. `Postfix: mime_state_push, mime_state_update`.
 * However many boundaries are open, a line costs one look-up for each length that they have.
 */
import type { MimeType } from './mime-type.ts';

interface Boundary {
  /** One character per octet. */
  readonly text: string;
  readonly partType: MimeType;
}

const DASH = 45;

export class BoundaryStack {
  readonly #lengthLimit: number;
  readonly #nestingLimit: number;
  readonly #stack: Boundary[] = [];
  /** Depths of the boundaries, by length and text. */
  readonly #depths = new Map<number, Map<string, number[]>>();

  constructor(lengthLimitBytes: number, nestingLimit: number) {
    this.#lengthLimit = lengthLimitBytes;
    this.#nestingLimit = nestingLimit;
  }

  get isEmpty(): boolean {
    return this.#stack.length === 0;
  }

  /** False: nested too deep. `whole`: one character per octet. */
  push(whole: string, partType: MimeType): boolean {
    if (this.#stack.length - 1 > this.#nestingLimit) return false;
    const text = whole.slice(0, this.#lengthLimit);
    const sameLength = this.#depths.get(text.length) ?? new Map<string, number[]>();
    const same = sameLength.get(text) ?? [];
    same.push(this.#stack.length);
    this.#depths.set(text.length, sameLength.set(text, same));
    this.#stack.push({ text, partType });
    return true;
  }

  /** The boundary that the text behind `--` begins with, the innermost; what is inside of it is over. */
  match(bytes: Buffer, start: number, end: number): { partType: MimeType; isLast: boolean } | undefined {
    const depth = this.#deepest(bytes, start, end);
    const found = this.#stack[depth];
    if (!found) return undefined;
    const behind = start + found.text.length;
    const isLast = behind + 2 <= end && bytes[behind] === DASH && bytes[behind + 1] === DASH;
    this.#cut(isLast ? depth : depth + 1);
    return { partType: found.partType, isLast };
  }

  #deepest(bytes: Buffer, start: number, end: number): number {
    const text = bytes.toString('latin1', start, Math.min(end, start + this.#lengthLimit));
    let deepest = -1;
    for (const [length, sameLength] of this.#depths) {
      if (length > text.length) continue;
      const depth = sameLength.get(text.slice(0, length))?.at(-1) ?? -1;
      deepest = Math.max(deepest, depth);
    }
    return deepest;
  }

  #cut(depth: number): void {
    while (this.#stack.length > depth) {
      const { text } = this.#stack.pop() as Boundary;
      const sameLength = this.#depths.get(text.length);
      const same = sameLength?.get(text);
      same?.pop();
      if (same?.length === 0) sameLength?.delete(text);
      if (sameLength?.size === 0) this.#depths.delete(text.length);
    }
  }
}

/** A part of a buffer as the text to match, and what assertions see at its places. */

import { BEHIND, type Before, type Behind, holds, type Surroundings } from './surroundings.ts';
import type { Assertion } from './syntax-tree.ts';

export class TextView {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly #surroundings: Surroundings;

  constructor(bytes: Buffer, start: number, end: number, surroundings: Surroundings) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#surroundings = surroundings;
  }

  /** Whether the assertion holds at a place. */
  holds(what: Assertion, at: number): boolean {
    return holds(what, this.#before(at), this.#behind(at));
  }

  #before(at: number): Before {
    if (at === this.start) return this.#surroundings.atStart;
    return this.#surroundings.after(this.bytes[at - 1] ?? 0, at === this.end);
  }

  #behind(at: number): Behind {
    if (at === this.end) return BEHIND.end;
    return this.#surroundings.ahead(this.bytes[at] ?? 0, at + 1 === this.end);
  }
}

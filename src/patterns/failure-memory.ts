/** Remembers where the nodes of a program have failed, so that no failure is repeated: a bit for each node and place. */

/** Failures that are remembered at most: 16 MB. Beyond, nothing is remembered. */
const BITS_LIMIT = 8 * 16 * 1024 * 1024;

export class FailureMemory {
  readonly #places: number;
  readonly #bits: Uint32Array | undefined;

  /** For nodes numbered from 0 and places numbered from 0. */
  constructor(nodes: number, places: number) {
    this.#places = places;
    const bits = nodes * places;
    if (bits > 0 && bits <= BITS_LIMIT) this.#bits = new Uint32Array((bits + 31) >>> 5);
  }

  get isOn(): boolean {
    return this.#bits !== undefined;
  }

  /** A negative node is not remembered. */
  has(node: number, place: number): boolean {
    if (this.#bits === undefined || node < 0) return false;
    const bit = node * this.#places + place;
    return (((this.#bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;
  }

  add(node: number, place: number): void {
    if (this.#bits === undefined || node < 0) return;
    const bit = node * this.#places + place;
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }
}

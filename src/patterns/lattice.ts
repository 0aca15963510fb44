/** A set of automaton nodes for each place of a match, a bit each (longest-match.ts). */

/** Room for one lattice: 100 KB of text take a pattern of 2,500 nodes. */
export const LATTICE_BYTES = 32 * 1024 * 1024;

/** The match would need more room than LATTICE_BYTES. */
export class LatticeTooLarge extends Error {}

export class Lattice {
  readonly from: number;
  readonly to: number;
  readonly #words: number;
  readonly #bits: Uint32Array;

  /** For the places `from` to `to`, both included. Throws LatticeTooLarge. */
  constructor(nodes: number, from: number, to: number) {
    this.from = from;
    this.to = to;
    this.#words = (nodes + 31) >>> 5;
    const size = (to - from + 1) * this.#words;
    if (4 * size > LATTICE_BYTES) throw new LatticeTooLarge();
    this.#bits = new Uint32Array(size);
  }

  has(at: number, node: number): boolean {
    return (((this.#bits[(at - this.from) * this.#words + (node >>> 5)] ?? 0) >>> (node & 31)) & 1) === 1;
  }

  add(at: number, node: number): void {
    const index = (at - this.from) * this.#words + (node >>> 5);
    this.#bits[index] = (this.#bits[index] ?? 0) | (1 << (node & 31));
  }

  membersAt(at: number): number[] {
    const members: number[] = [];
    const base = (at - this.from) * this.#words;
    for (let w = 0; w < this.#words; w++) {
      for (let word = this.#bits[base + w] ?? 0; word !== 0; word &= word - 1) {
        members.push(32 * w + 31 - Math.clz32(word & -word));
      }
    }
    return members;
  }

  replace(at: number, nodes: readonly number[]): void {
    const base = (at - this.from) * this.#words;
    this.#bits.fill(0, base, base + this.#words);
    for (const node of nodes) this.add(at, node);
  }
}

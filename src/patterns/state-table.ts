/**
 * The states of an automaton that is made deterministic while it runs: each is a set of nodes, with a row of where each
 * symbol leads. Rows are built on demand; when the room is used up, all states are forgotten.
 */
import { ROOM_BYTES_EACH, type StateOwner, stateMemory } from './state-memory.ts';

/** A cell that is not known yet. */
export const UNKNOWN = -0x80000000;

/** Objects and hash slots around a state, roughly. */
const OVERHEAD_BYTES = 160;
const FIRST_STATES = 8;

export class StateTable implements StateOwner {
  /** `rows[state + symbol]`; a state is the index of its row's first cell. */
  rows = new Int32Array(0);
  readonly stride: number;
  /** Changes whenever all states were forgotten: state numbers from before mean nothing any more. */
  generation = 0;
  usedBytes = 0;
  readonly #roomBytes: number;
  #nodes: Int32Array[] = [];
  #tags: number[] = [];
  /** Open addressing: state number + 1, 0 is free. */
  #slots = new Int32Array(4 * FIRST_STATES);

  constructor(stride: number, roomBytes = ROOM_BYTES_EACH) {
    this.stride = stride;
    this.#roomBytes = roomBytes;
    stateMemory.register(this);
  }

  get count(): number {
    return this.#nodes.length;
  }

  /** The nodes of a state. */
  nodesOf(state: number): Int32Array {
    return this.#nodes[state / this.stride] ?? new Int32Array(0);
  }

  /** What was given as `tag` when it was made. */
  tagOf(state: number): number {
    return this.#tags[state / this.stride] ?? 0;
  }

  forget(): void {
    if (this.#nodes.length === 0) return;
    this.generation++;
    this.#nodes = [];
    this.#tags = [];
    this.rows = new Int32Array(0);
    this.#slots = new Int32Array(4 * FIRST_STATES);
    const bytes = this.usedBytes;
    this.usedBytes = 0;
    stateMemory.take(this, -bytes);
  }

  /**
   * The state of these nodes (the first `length` of `nodes`, sorted) and this tag; made when there is none. May forget
   * all states before: compare `generation`.
   */
  intern(nodes: Int32Array, length: number, tag: number): number {
    const slot = this.#find(nodes, length, tag);
    const found = this.#slots[slot] ?? 0;
    if (found > 0) return (found - 1) * this.stride;
    const bytes = 4 * (this.stride + length) + OVERHEAD_BYTES;
    if (this.usedBytes + bytes > this.#roomBytes && this.count > 0) {
      this.forget();
      return this.intern(nodes, length, tag);
    }
    return this.#add(nodes.slice(0, length), tag, slot, bytes);
  }

  #add(nodes: Int32Array, tag: number, slot: number, bytes: number): number {
    const number = this.#nodes.push(nodes) - 1;
    this.#tags.push(tag);
    this.#slots[slot] = number + 1;
    if (2 * this.#nodes.length > this.#slots.length) this.#rehash();
    if ((number + 1) * this.stride > this.rows.length) this.#grow(number + 1);
    this.usedBytes += bytes;
    stateMemory.take(this, bytes);
    return number * this.stride;
  }

  #grow(states: number): void {
    const rows = new Int32Array(Math.max(FIRST_STATES, 2 * states) * this.stride).fill(UNKNOWN);
    rows.set(this.rows);
    this.rows = rows;
  }

  #rehash(): void {
    const slots = new Int32Array(4 * this.#nodes.length);
    this.#slots = slots;
    this.#nodes.forEach((nodes, number) => {
      slots[this.#find(nodes, nodes.length, this.#tags[number] ?? 0)] = number + 1;
    });
  }

  /** The slot that holds this state, or the free one where it belongs. */
  #find(nodes: Int32Array, length: number, tag: number): number {
    let hash = Math.imul(tag + 1, 0x9e3779b1);
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ (nodes[i] ?? 0), 0x01000193) ^ (hash >>> 15);
    let slot = (hash >>> 0) % this.#slots.length;
    for (;;) {
      const number = (this.#slots[slot] ?? 0) - 1;
      if (number < 0 || this.#equals(number, nodes, length, tag)) return slot;
      slot = slot + 1 === this.#slots.length ? 0 : slot + 1;
    }
  }

  #equals(number: number, nodes: Int32Array, length: number, tag: number): boolean {
    const known = this.#nodes[number];
    if (known === undefined || known.length !== length || this.#tags[number] !== tag) return false;
    for (let i = 0; i < length; i++) if (known[i] !== nodes[i]) return false;
    return true;
  }
}

/**
 * What the groups of a POSIX match hold, when there are several ways through: the way that the GNU C library takes
 * (`Postfix: regexp_table(5)`, $1 and so on). It goes along the nodes from which the end can be reached, prefers the
 * first branch, and leaves a loop when it comes round without having taken anything.
 */
import { type Automaton, CLOSE, CLOSE_OPTIONAL, FORK, MATCH, OPEN, TAKE } from './automaton.ts';
import type { Lattice } from './lattice.ts';

/** start, end of the match, then of each group; -1, -1 for a group that took no part. */
export type Spans = Int32Array;

/** Fills `spans` from the start of the match on. `lattice`: the nodes on a way through. */
export function walkGroups(automaton: Automaton, lattice: Lattice, spans: Spans): void {
  new Walk(automaton, lattice, spans).run();
}

class Walk {
  readonly #automaton: Automaton;
  readonly #lattice: Lattice;
  readonly #spans: Spans;
  /** As they were when a group last ended with something in it. */
  readonly #accepted: Spans;
  #at: number;
  /** Nodes that the walk has come through since the last byte. */
  #passed = new Set<number>();

  constructor(automaton: Automaton, lattice: Lattice, spans: Spans) {
    this.#automaton = automaton;
    this.#lattice = lattice;
    this.#spans = spans;
    this.#accepted = spans.slice();
    this.#at = lattice.from;
  }

  run(): void {
    const { op, next, start } = this.#automaton;
    let steps = 0;
    for (let node = start; op[node] !== MATCH; ) {
      if (op[node] === TAKE) {
        this.#at++;
        this.#passed = new Set();
        steps = 0;
      } else this.#passed.add(node);
      this.#note(node);
      // The library goes round for ever here, in empty rounds of nested repetitions.
      if (++steps > 2 * op.length) node = this.#wayOut(node);
      else node = op[node] === FORK ? this.#preferred(node) : (next[node] ?? 0);
    }
  }

  #preferred(fork: number): number {
    const first = this.#automaton.next[fork] ?? 0;
    const second = this.#automaton.other[fork] ?? 0;
    if (!this.#lattice.has(this.#at, first)) return second;
    if (!this.#lattice.has(this.#at, second)) return first;
    return this.#passed.has(first) ? second : first;
  }

  /** The nearest node that takes the next byte or ends the match. */
  #wayOut(from: number): number {
    const { op, next, other } = this.#automaton;
    const queue = new Set([from]);
    for (const node of queue) {
      if (op[node] === TAKE || op[node] === MATCH) return node;
      for (const to of [next[node] ?? -1, other[node] ?? -1]) {
        if (to >= 0 && this.#lattice.has(this.#at, to)) queue.add(to);
      }
    }
    throw new Error('no way through the match');
  }

  #note(node: number): void {
    const kind = this.#automaton.op[node];
    const group = this.#automaton.argument[node] ?? 0;
    if (kind === OPEN) {
      this.#spans[2 * group] = this.#at;
      this.#spans[2 * group + 1] = -1;
    } else if (kind === CLOSE || kind === CLOSE_OPTIONAL) this.#close(group, kind === CLOSE_OPTIONAL);
  }

  /** An empty round of an optional group leaves what the rounds before it found. */
  #close(group: number, optional: boolean): void {
    const spans = this.#spans;
    if ((spans[2 * group] ?? -1) < this.#at) {
      spans[2 * group + 1] = this.#at;
      this.#accepted.set(spans);
    } else if (optional && (this.#accepted[2 * group] ?? -1) >= 0) spans.set(this.#accepted);
    else spans[2 * group + 1] = this.#at;
  }
}

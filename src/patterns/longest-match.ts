/**
 * Where a POSIX pattern matches and what its groups hold: the leftmost match, and of these the longest (POSIX 9.1).
 *
 * Linear in the text: one pass for the place, one forwards and one backwards for the nodes that lie on a way through,
 * and a walk along them (posix-groups.ts). Needs a bit for each node and byte of the match (lattice.ts).
 */
import { ASSERT, type Automaton, FORK, MATCH, TAKE } from './automaton.ts';
import { Lattice } from './lattice.ts';
import { scratch } from './node-scratch.ts';
import { type Spans, walkGroups } from './posix-groups.ts';
import { Surroundings } from './surroundings.ts';
import { TextView } from './text-view.ts';
import type { Work } from './turns.ts';

/** Nodes visited between two yields: about a millisecond. */
const WORK_PER_STEP = 1 << 15;

export class LongestMatch {
  readonly #automaton: Automaton;
  readonly #groups: number;
  readonly #surroundings: Surroundings;
  readonly #sets: Uint8Array;
  /** For each node the nodes that lead to it without taking a byte. */
  readonly #sources: readonly number[][];
  #work = 0;

  /** `automaton`: built for the purpose `capture`. */
  constructor(automaton: Automaton, groups: number) {
    this.#automaton = automaton;
    this.#groups = groups;
    this.#surroundings = new Surroundings(automaton.assertions);
    this.#sets = new Uint8Array(automaton.sets.length * 256);
    automaton.sets.forEach((set, i) => {
      for (const byte of set) this.#sets[i * 256 + byte] = 1;
    });
    this.#sources = sourcesOf(automaton);
    scratch.fit(automaton.op.length);
  }

  /** The spans of the match in `bytes[start..end)`, relative to `bytes`; undefined when there is none. */
  *find(bytes: Buffer, start: number, end: number): Work<Spans | undefined> {
    const text = new TextView(bytes, start, end, this.#surroundings);
    const place = yield* this.#place(text);
    if (place === undefined) return undefined;
    const spans = new Int32Array(2 * this.#groups + 2).fill(-1);
    spans.set(place);
    if (this.#groups > 0) walkGroups(this.#automaton, yield* this.#lattice(text, place), spans);
    return spans;
  }

  /** The leftmost longest match: each active node remembers the earliest place that leads to it. */
  *#place(text: TextView): Work<readonly [number, number] | undefined> {
    const { start, anchored, op, next } = this.#automaton;
    let nodes: number[] = [];
    let origins: number[] = [];
    let found: [number, number] | undefined;
    for (let at = text.start; at <= text.end; at++) {
      if (found === undefined && (!anchored || at === text.start)) {
        nodes.push(start);
        origins.push(at);
      }
      if (nodes.length === 0) break;
      const takes: number[] = [];
      const takeOrigins: number[] = [];
      scratch.begin();
      for (let i = 0; i < nodes.length; i++) {
        const origin = origins[i] ?? 0;
        if (found !== undefined && origin > found[0]) break;
        for (const node of this.#closure(nodes[i] ?? 0, text, at)) {
          if (op[node] === MATCH) found = [origin, at];
          else if (this.#accepts(node, text, at)) {
            takes.push(next[node] ?? 0);
            takeOrigins.push(origin);
          }
        }
      }
      nodes = takes;
      origins = takeOrigins;
      if (this.#isWorkDone()) yield;
    }
    return found;
  }

  /** For each place of the match: the nodes that are reached there and from which its end can be reached. */
  *#lattice(text: TextView, [from, to]: readonly [number, number]): Work<Lattice> {
    const { op, next, start } = this.#automaton;
    const lattice = new Lattice(op.length, from, to);
    let reached: number[] = [start];
    for (let at = from; at <= to; at++) {
      const further: number[] = [];
      scratch.begin();
      for (const origin of reached) {
        for (const node of this.#closure(origin, text, at)) {
          lattice.add(at, node);
          if (this.#accepts(node, text, at)) further.push(next[node] ?? 0);
        }
      }
      reached = further;
      if (this.#isWorkDone()) yield;
    }
    for (let at = to; at >= from; at--) {
      this.#sift(lattice, text, at);
      if (this.#isWorkDone()) yield;
    }
    return lattice;
  }

  /** Keeps at `at` only the nodes from which the end can be reached. */
  #sift(lattice: Lattice, text: TextView, at: number): void {
    const { op, argument, next, assertions } = this.#automaton;
    const members = lattice.membersAt(at);
    const kept = members.filter((node) =>
      op[node] === TAKE
        ? at < lattice.to && this.#accepts(node, text, at) && lattice.has(at + 1, next[node] ?? 0)
        : op[node] === MATCH && at === lattice.to,
    );
    scratch.begin();
    for (const node of kept) scratch.visit(node);
    for (let i = 0; i < kept.length; i++) {
      for (const source of this.#sources[kept[i] ?? 0] ?? []) {
        if (scratch.has(source) || !lattice.has(at, source)) continue;
        const what = op[source] === ASSERT ? assertions[argument[source] ?? 0] : undefined;
        if (what !== undefined && !text.holds(what, at)) continue;
        scratch.visit(source);
        kept.push(source);
      }
    }
    this.#work += 2 * members.length;
    lattice.replace(at, kept);
  }

  /** The nodes reached from `from` at `at` without taking a byte, but for those that were since `#open`. */
  #closure(from: number, text: TextView, at: number): number[] {
    const { op, argument, next, other, assertions } = this.#automaton;
    const { stack } = scratch;
    const reached: number[] = [];
    let top = 0;
    stack[top++] = from;
    while (top > 0) {
      const node = stack[--top] ?? 0;
      if (!scratch.visit(node)) continue;
      reached.push(node);
      const kind = op[node] ?? TAKE;
      if (kind === TAKE || (next[node] ?? -1) < 0) continue;
      const what = kind === ASSERT ? assertions[argument[node] ?? 0] : undefined;
      if (what !== undefined && !text.holds(what, at)) continue;
      if (kind === FORK) stack[top++] = other[node] ?? 0;
      stack[top++] = next[node] ?? 0;
    }
    this.#work += 1 + reached.length;
    return reached;
  }

  #accepts(node: number, { bytes, end }: TextView, at: number): boolean {
    const { op, argument } = this.#automaton;
    return op[node] === TAKE && at < end && this.#sets[(argument[node] ?? 0) * 256 + (bytes[at] ?? 0)] === 1;
  }

  #isWorkDone(): boolean {
    if (this.#work < WORK_PER_STEP) return false;
    this.#work = 0;
    return true;
  }
}

function sourcesOf(automaton: Automaton): number[][] {
  const sources: number[][] = Array.from(automaton.op, () => []);
  automaton.op.forEach((kind, node) => {
    if (kind === TAKE || kind === MATCH) return;
    for (const target of [automaton.next[node] ?? -1, automaton.other[node] ?? -1])
      sources[target]?.push(node);
  });
  return sources;
}

/**
 * Where a POSIX pattern matches and what its groups hold: the leftmost match, of these the longest (POSIX 9.1), and
 * among the ways to reach it the one that the GNU C library reports in $1, $2, ... (`Postfix: regexp_table(5)`).
 *
 * Linear in the text: one pass for the place, one forwards and one backwards for the nodes that lie on a way through,
 * and one walk along them. Needs a bit for each node and byte of the match; refuses beyond LATTICE_BYTES.
 */
import { ASSERT, type Automaton, CLOSE, CLOSE_OPTIONAL, FORK, MATCH, OPEN, TAKE } from './automaton.ts';
import { BEHIND, type Before, type Behind, holds, Surroundings } from './surroundings.ts';
import type { Work } from './turns.ts';

/** Room for the nodes that lie on a way through. 100 KB of text take a pattern of 2,500 nodes. */
export const LATTICE_BYTES = 32 * 1024 * 1024;
/** Nodes visited between two yields: about a millisecond. */
const STRIDE = 1 << 16;

/** start, end of the match, then of each group; -1, -1 for a group that took no part. */
export type Spans = Int32Array;

/** The match would need more room than LATTICE_BYTES. */
export class LatticeTooLarge extends Error {}

export class LongestMatch {
  readonly #automaton: Automaton;
  readonly #groups: number;
  readonly #surroundings: Surroundings;
  readonly #sets: Uint8Array;
  /** For each node the nodes that lead to it without taking a byte. */
  readonly #sources: readonly number[][];
  readonly #visited: Uint32Array;
  readonly #stack: Int32Array;
  #stamp = 0;
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

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
    this.#visited = new Uint32Array(automaton.op.length);
    this.#stack = new Int32Array(2 * automaton.op.length + 2);
  }

  /** The spans of the match in `bytes[start..end)`, relative to `bytes`; undefined when there is none. */
  *find(bytes: Buffer, start: number, end: number): Work<Spans | undefined> {
    this.#open(bytes, start, end);
    const place = yield* this.#place();
    if (place === undefined) return undefined;
    const [from, to] = place;
    const spans = new Int32Array(2 * this.#groups + 2).fill(-1);
    spans[0] = from;
    spans[1] = to;
    if (this.#groups === 0) return spans;
    const lattice = yield* this.#lattice(bytes, start, end, from, to);
    this.#open(bytes, start, end);
    this.#walk(lattice, spans);
    return spans;
  }

  /** Others may have used this object while the work was waiting for its turn. */
  #open(bytes: Buffer, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** The leftmost longest match: each active node remembers the earliest place that leads to it. */
  *#place(): Work<[number, number] | undefined> {
    const { start: first, anchored, op, next } = this.#automaton;
    const bytes = this.#bytes;
    const start = this.#start;
    const end = this.#end;
    let nodes: number[] = [];
    let origins: number[] = [];
    let found: [number, number] | undefined;
    let work = 0;
    for (let at = start; at <= end; at++) {
      if (found === undefined && (!anchored || at === start)) {
        nodes.push(first);
        origins.push(at);
      }
      if (nodes.length === 0) break;
      work += 1 + nodes.length;
      if (work > STRIDE) {
        work = 0;
        yield;
        this.#open(bytes, start, end);
      }
      const takes: number[] = [];
      const takeOrigins: number[] = [];
      const stamp = this.#newStamp();
      for (let i = 0; i < nodes.length; i++) {
        const origin = origins[i] ?? 0;
        if (found !== undefined && origin > found[0]) break;
        this.#close(nodes[i] ?? 0, at, stamp, (node) => {
          if (op[node] === TAKE) {
            takes.push(node);
            takeOrigins.push(origin);
          } else if (op[node] === MATCH) found = [origin, at];
        });
      }
      if (at === end) break;
      nodes = [];
      origins = [];
      for (let i = 0; i < takes.length; i++) {
        const node = takes[i] ?? 0;
        if (!this.#accepts(node, at)) continue;
        nodes.push(next[node] ?? 0);
        origins.push(takeOrigins[i] ?? 0);
      }
    }
    return found;
  }

  /** For each place from `from` to `to`: the nodes that are reached there and from which the end can be reached. */
  *#lattice(bytes: Buffer, start: number, end: number, from: number, to: number): Work<Lattice> {
    const lattice = new Lattice(this.#automaton.op.length, from, to);
    let work = 0;
    let reached: number[] = [this.#automaton.start];
    for (let at = from; at <= to; at++) {
      this.#open(bytes, start, end);
      const stamp = this.#newStamp();
      const takes: number[] = [];
      for (const node of reached) {
        this.#close(node, at, stamp, (n) => {
          lattice.add(at, n);
          if (this.#automaton.op[n] === TAKE) takes.push(n);
        });
      }
      reached = takes
        .filter((node) => at < to && this.#accepts(node, at))
        .map((n) => this.#automaton.next[n] ?? 0);
      work += 4 * (takes.length + 1);
      if (work > STRIDE) {
        work = 0;
        yield;
      }
    }
    for (let at = to; at >= from; at--) {
      this.#open(bytes, start, end);
      work += this.#sift(lattice, at);
      if (work > STRIDE) {
        work = 0;
        yield;
      }
    }
    return lattice;
  }

  /** Keeps at `at` only the nodes from which the end can be reached. */
  #sift(lattice: Lattice, at: number): number {
    const { op, argument, next, assertions } = this.#automaton;
    const kept: number[] = [];
    const members = lattice.membersAt(at);
    for (const node of members) {
      const good =
        op[node] === TAKE
          ? at < lattice.to && this.#accepts(node, at) && lattice.has(at + 1, next[node] ?? 0)
          : op[node] === MATCH && at === lattice.to;
      if (good) kept.push(node);
    }
    const before = this.#before(at);
    const behind = this.#behind(at);
    const stamp = this.#newStamp();
    for (const node of kept) this.#visited[node] = stamp;
    for (let i = 0; i < kept.length; i++) {
      for (const source of this.#sources[kept[i] ?? 0] ?? []) {
        if (this.#visited[source] === stamp || !lattice.has(at, source)) continue;
        const what = op[source] === ASSERT ? assertions[argument[source] ?? 0] : undefined;
        if (what !== undefined && !holds(what, before, behind)) continue;
        this.#visited[source] = stamp;
        kept.push(source);
      }
    }
    lattice.replace(at, kept);
    return members.length;
  }

  /** Goes along the lattice, preferring what the library prefers, and notes where groups begin and end. */
  #walk(lattice: Lattice, spans: Spans): void {
    const { op, next, start } = this.#automaton;
    const groups = new GroupNotes(spans);
    let node = start;
    let at = lattice.from;
    let passed = new Set<number>();
    let steps = 0;
    while (op[node] !== MATCH) {
      if (op[node] === TAKE) {
        at++;
        steps = 0;
        passed = new Set();
      } else {
        passed.add(node);
        if (++steps > 2 * op.length) {
          // The library goes round for ever here, in empty rounds of nested repetitions.
          node = this.#wayOut(lattice, node, at);
          continue;
        }
      }
      this.#note(groups, node, at);
      node = op[node] === FORK ? this.#preferred(lattice, node, at, passed) : (next[node] ?? 0);
    }
  }

  #note(groups: GroupNotes, node: number, at: number): void {
    const kind = this.#automaton.op[node];
    const group = this.#automaton.argument[node] ?? 0;
    if (kind === OPEN) groups.open(group, at);
    else if (kind === CLOSE || kind === CLOSE_OPTIONAL) groups.close(group, at, kind === CLOSE_OPTIONAL);
  }

  /** The first branch that leads to the end, unless the walk has been there since the last byte. */
  #preferred(lattice: Lattice, fork: number, at: number, passed: Set<number>): number {
    const first = this.#automaton.next[fork] ?? 0;
    const second = this.#automaton.other[fork] ?? 0;
    if (!lattice.has(at, first)) return second;
    if (!lattice.has(at, second)) return first;
    return passed.has(first) ? second : first;
  }

  /** Some node that takes the next byte or ends the match, and can be reached from here. */
  #wayOut(lattice: Lattice, from: number, at: number): number {
    let out = from;
    this.#close(from, at, this.#newStamp(), (node) => {
      const kind = this.#automaton.op[node];
      if ((kind === TAKE || kind === MATCH) && lattice.has(at, node)) out = node;
    });
    return out;
  }

  /** Calls `seen` for each node that is reached from `from` at `at` without taking a byte, `from` included. */
  #close(from: number, at: number, stamp: number, seen: (node: number) => void): void {
    const { op, argument, next, other, assertions } = this.#automaton;
    const stack = this.#stack;
    let top = 0;
    stack[top++] = from;
    while (top > 0) {
      const node = stack[--top] ?? 0;
      if (this.#visited[node] === stamp) continue;
      this.#visited[node] = stamp;
      seen(node);
      const kind = op[node] ?? 0;
      if (kind === FORK) stack[top++] = other[node] ?? 0;
      const what = kind === ASSERT ? assertions[argument[node] ?? 0] : undefined;
      if (what !== undefined && !holds(what, this.#before(at), this.#behind(at))) continue;
      if (kind >= FORK && kind !== MATCH && (next[node] ?? -1) >= 0) stack[top++] = next[node] ?? 0;
    }
  }

  #accepts(node: number, at: number): boolean {
    return this.#sets[(this.#automaton.argument[node] ?? 0) * 256 + (this.#bytes[at] ?? 0)] === 1;
  }

  #before(at: number): Before {
    if (at === this.#start) return this.#surroundings.atStart;
    return this.#surroundings.after(this.#bytes[at - 1] ?? 0, at === this.#end);
  }

  #behind(at: number): Behind {
    if (at === this.#end) return BEHIND.end;
    return this.#surroundings.ahead(this.#bytes[at] ?? 0, at + 1 === this.#end);
  }

  #newStamp(): number {
    if (++this.#stamp === 0xffffffff) {
      this.#visited.fill(0);
      this.#stamp = 1;
    }
    return this.#stamp;
  }
}

/** Where groups begin and end, as the walk comes by. */
class GroupNotes {
  readonly #spans: Spans;
  /** As it was when a group last ended with something in it. */
  readonly #accepted: Spans;

  constructor(spans: Spans) {
    this.#spans = spans;
    this.#accepted = spans.slice();
  }

  open(group: number, at: number): void {
    this.#spans[2 * group] = at;
    this.#spans[2 * group + 1] = -1;
  }

  /** An empty round of an optional group leaves what the rounds before it found. */
  close(group: number, at: number, optional: boolean): void {
    const spans = this.#spans;
    if ((spans[2 * group] ?? -1) < at) {
      spans[2 * group + 1] = at;
      this.#accepted.set(spans);
    } else if (optional && (this.#accepted[2 * group] ?? -1) >= 0) spans.set(this.#accepted);
    else spans[2 * group + 1] = at;
  }
}

function sourcesOf(automaton: Automaton): number[][] {
  const sources: number[][] = automaton.op.map(() => []);
  automaton.op.forEach((kind, node) => {
    if (kind === TAKE || kind === MATCH) return;
    for (const target of [automaton.next[node] ?? -1, automaton.other[node] ?? -1])
      sources[target]?.push(node);
  });
  return sources;
}

/** A set of nodes for each place of a match, a bit each. */
class Lattice {
  readonly from: number;
  readonly to: number;
  readonly #words: number;
  readonly #bits: Uint32Array;

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

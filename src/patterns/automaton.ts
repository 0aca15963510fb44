/**
 * A pattern as a Thompson automaton over bytes: nodes that take a byte of a set, fork, look at their surroundings or
 * note where a group begins and ends. Everything that decides in linear time runs on it (lazy-dfa.ts, longest-match.ts).
 *
 * It has a node for each repetition: `a{1,255}` is 255 copies. With more than NODE_LIMIT of them it is not built.
 */
import { assertNever } from '../mail/assert-never.ts';
import type { CharSet } from './char-set.ts';
import { firstBytes } from './first-bytes.ts';
import type { Reading } from './reading.ts';
import type { Assertion, Tree } from './syntax-tree.ts';
import { writtenSize } from './tree-size.ts';
import { type ByteGraph, utf8Graph } from './utf8-sequences.ts';

export const TAKE = 0;
export const FORK = 1;
export const ASSERT = 2;
export const OPEN = 3;
export const CLOSE = 4;
export const MATCH = 5;
/** A closing group in an optional repetition: a later empty round does not overwrite what it holds. */
export const CLOSE_OPTIONAL = 6;
export const FAIL = 7;

/** Nodes beyond those that are written out: bounds memory, and the work for one byte in the worst case. */
export const NODE_LIMIT = 10_000;

export interface Automaton {
  /** One of the constants above. */
  readonly op: Uint8Array;
  /** TAKE: index in `sets`; ASSERT: index in `assertions`; OPEN, CLOSE: group. */
  readonly argument: Int32Array;
  readonly next: Int32Array;
  /** FORK: the branch that is tried after `next`. */
  readonly other: Int32Array;
  readonly start: number;
  readonly sets: readonly CharSet[];
  readonly assertions: readonly Assertion[];
  /** Every match begins at the start of the text. */
  readonly anchored: boolean;
}

/** The repetitions of the pattern multiply to more than NODE_LIMIT nodes. */
export class TooLarge extends Error {}

/**
 * - `decide`: does it match? No groups, and the smallest sets of active nodes.
 * - `capture`: what do the groups hold? Repetitions unrolled as the GNU C library does.
 */
export type Purpose = 'decide' | 'capture';

export interface AutomatonOptions {
  readonly reading: Reading;
  readonly purpose: Purpose;
  /** The match must begin at the start of the text whatever the pattern says. */
  readonly anchored: boolean;
}

/** Builds the automaton of a tree without look-around, back-references and their like. Throws TooLarge. */
export function buildAutomaton(tree: Tree, options: AutomatonOptions): Automaton {
  return new Builder(options).build(tree);
}

class Builder {
  readonly #op: number[] = [];
  readonly #argument: number[] = [];
  readonly #next: number[] = [];
  readonly #other: number[] = [];
  readonly #sets: CharSet[] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #assertions: Assertion[] = [];
  readonly #options: AutomatonOptions;
  #limit = NODE_LIMIT;
  /** Repetitions around that are at a further copy of what they repeat. */
  #copies = 0;

  constructor(options: AutomatonOptions) {
    this.#options = options;
  }

  build(tree: Tree): Automaton {
    this.#limit = NODE_LIMIT + 2 * writtenSize(tree, this.#options.reading);
    let start = this.#emit(tree, this.#node(MATCH, 0, -1), false);
    // A match that begins with a character begins at one; any other must not begin within one.
    const { reading } = this.#options;
    const anywhere = reading.name === 'utf8' && firstBytes(tree, reading) === undefined;
    if (anywhere) start = this.#node(ASSERT, this.#assertion('characterStart'), start);
    return {
      op: Uint8Array.from(this.#op),
      argument: Int32Array.from(this.#argument),
      next: Int32Array.from(this.#next),
      other: Int32Array.from(this.#other),
      start,
      sets: this.#sets,
      assertions: this.#assertions,
      anchored: this.#options.anchored || beginsAtStart(tree),
    };
  }

  #node(op: number, argument: number, next: number, other = -1): number {
    if (this.#op.length >= this.#limit) throw new TooLarge();
    this.#op.push(op);
    this.#argument.push(argument);
    this.#next.push(next);
    this.#other.push(other);
    return this.#op.length - 1;
  }

  /** Emits the nodes of `tree` that lead to `next`; returns the first. `optional`: directly in an optional repetition. */
  #emit(tree: Tree, next: number, optional: boolean): number {
    switch (tree.kind) {
      case 'empty':
        return next;
      case 'fail':
        return this.#node(FAIL, 0, -1);
      case 'set':
        return this.#take(tree.set, next);
      case 'cat':
        return tree.parts.reduceRight((after, part) => this.#emit(part, after, false), next);
      case 'alt':
        return this.#fork(tree.branches.map((branch) => this.#emit(branch, next, false)));
      case 'repeat':
        return this.#repeat(tree.body, tree.min, tree.max, next);
      case 'group':
        return this.#group(tree.index, tree.body, next, optional);
      case 'assert':
        return this.#node(ASSERT, this.#assertion(tree.what), next);
      case 'look':
      case 'atomic':
      case 'backref':
      case 'call':
      case 'condition':
      case 'keep':
      case 'accept':
        throw new Error(`no automaton has ${tree.kind}`);
      default:
        return assertNever(tree);
    }
  }

  /** Grouped from the left, as the GNU C library does; that decides what it prefers in empty rounds. */
  #fork(entries: readonly number[]): number {
    if (entries.length === 0) return this.#node(FAIL, 0, -1);
    return entries.reduce((before, entry) => this.#node(FORK, 0, before, entry));
  }

  #group(index: number, body: Tree, next: number, optional: boolean): number {
    if (this.#options.purpose === 'decide') return this.#emit(body, next, false);
    const close = this.#node(optional ? CLOSE_OPTIONAL : CLOSE, index, next);
    return this.#node(OPEN, index, this.#emit(body, close, false));
  }

  #repeat(body: Tree, min: number, max: number, next: number): number {
    let entry = next;
    if (max === Number.POSITIVE_INFINITY) {
      entry = this.#node(FORK, 0, -1, next);
      this.#next[entry] = this.#copy(body, entry, min > 0, true);
    } else {
      entry =
        this.#options.purpose === 'decide'
          ? this.#each(body, max - min, next)
          : this.#all(body, min, max, next);
    }
    for (let i = min; i > 0; i--) entry = this.#copy(body, entry, i > 1, false);
    return entry;
  }

  /** Only the first optional copy is marked so, and the mark is lost when a repetition around copies it. */
  #copy(body: Tree, next: number, further: boolean, firstOptional: boolean): number {
    const optional = firstOptional && this.#copies === 0;
    if (further) this.#copies++;
    const entry = this.#emit(body, next, optional);
    if (further) this.#copies--;
    return entry;
  }

  /** `x{0,3}` as (x (x (x)?)?)? */
  #each(body: Tree, count: number, next: number): number {
    let entry = next;
    for (let i = 0; i < count; i++) entry = this.#node(FORK, 0, this.#emit(body, entry, false), next);
    return entry;
  }

  /** `x{0,3}` as (((x)? x)? x)?: the GNU C library prefers many rounds to long ones. */
  #all(body: Tree, min: number, max: number, next: number): number {
    const skips: number[] = [];
    let entry = next;
    for (let i = max; i > min; i--) {
      skips.push(entry);
      entry = this.#copy(body, entry, i > 1, i === min + 1);
    }
    return skips.reduceRight((inner, skip) => this.#node(FORK, 0, inner, skip), entry);
  }

  #take(set: CharSet, next: number): number {
    const ascii = (set.ranges.at(-1) ?? 0) < 0x80;
    return ascii || this.#options.reading.name === 'bytes'
      ? this.#takeByte(set, next)
      : this.#takeCodePoint(set, next);
  }

  #takeByte(set: CharSet, next: number): number {
    if (set.isEmpty) return this.#node(FAIL, 0, -1);
    let index = this.#setIndex.get(set.key);
    if (index === undefined) {
      index = this.#sets.push(set) - 1;
      this.#setIndex.set(set.key, index);
    }
    return this.#node(TAKE, index, next);
  }

  #takeCodePoint(set: CharSet, next: number): number {
    const graph = utf8Graph(set);
    return graph === undefined ? this.#node(FAIL, 0, -1) : this.#takeGraph(graph, next, new Map());
  }

  /** `known`: parts of the graph that lead to `next` already. */
  #takeGraph(graph: ByteGraph, next: number, known: Map<ByteGraph, number>): number {
    const before = known.get(graph);
    if (before !== undefined) return before;
    const entry = this.#fork(
      graph.branches.map(({ bytes, rest }) =>
        this.#takeByte(bytes, rest === undefined ? next : this.#takeGraph(rest, next, known)),
      ),
    );
    known.set(graph, entry);
    return entry;
  }

  #assertion(what: Assertion): number {
    const known = this.#assertions.indexOf(what);
    return known >= 0 ? known : this.#assertions.push(what) - 1;
  }
}

/** Whether the tree can only match at the start of the text. */
export function beginsAtStart(tree: Tree): boolean {
  switch (tree.kind) {
    case 'assert':
      return tree.what === 'textStart';
    case 'group':
    case 'atomic':
      return beginsAtStart(tree.body);
    case 'repeat':
      return tree.min > 0 && beginsAtStart(tree.body);
    case 'alt':
      return tree.branches.every(beginsAtStart);
    case 'cat':
      return tree.parts
        .slice(0, 1 + tree.parts.findIndex((part) => part.kind !== 'assert'))
        .some(beginsAtStart);
    default:
      return false;
  }
}

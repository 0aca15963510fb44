/**
 * A pattern as a program for the backtracker: nodes that take a character, fork, remember and look around. Everything
 * that PCRE2 can do has a node here; the linear engines have fewer (automaton.ts).
 */
import { assertNever } from '../mail/assert-never.ts';
import { TooLarge } from './automaton.ts';
import { type BacktrackProgram, type CountedLoop, OP, STAR } from './backtrack-ops.ts';
import type { CharSet } from './char-set.ts';
import type { Reading } from './reading.ts';
import {
  type Assertion,
  type Condition,
  childrenOf,
  type Greed,
  type Look,
  type Tree,
} from './syntax-tree.ts';
import { fixedLength, type GroupBodies, groupBodies } from './tree-length.ts';
import { unrolledSize, writtenSize } from './tree-size.ts';

/** Both count nodes beyond those that are written out. More than this are not built ... */
const NODE_LIMIT = 65_536;
/** ... and beyond this, repetitions are counted instead of unrolled. */
const UNROLLED_LIMIT = 16_384;

/** Throws TooLarge. */
export function buildBacktrackProgram(tree: Tree, groups: number, reading: Reading): BacktrackProgram {
  const written = writtenSize(tree, reading);
  const memo = remembersFailures(tree) && unrolledSize(tree, reading) <= UNROLLED_LIMIT + written;
  return new Builder(tree, groups, reading, memo, NODE_LIMIT + 4 * written).build();
}

const FORGETFUL: ReadonlySet<Tree['kind']> = new Set(['backref', 'call', 'accept']);

/** Whether failing at a node and place means to fail there always, whatever groups hold. */
function remembersFailures(tree: Tree): boolean {
  const visit = (node: Tree): boolean =>
    !FORGETFUL.has(node.kind) &&
    !(node.kind === 'condition' && node.test.kind !== 'look' && node.test.kind !== 'constant') &&
    childrenOf(node).every(visit);
  return visit(tree);
}

class Builder {
  readonly #tree: Tree;
  readonly #groups: number;
  readonly #reading: Reading;
  readonly #memo: boolean;
  readonly #limit: number;
  readonly #bodies: GroupBodies;
  readonly #op: number[] = [];
  readonly #next: number[] = [];
  readonly #a: number[] = [];
  readonly #b: number[] = [];
  readonly #c: number[] = [];
  readonly #sets: CharSet[] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #assertions: Assertion[] = [];
  readonly #lists: (readonly number[])[] = [];
  readonly #counts: CountedLoop[] = [];
  readonly #entries: number[] = [];
  #registers: number;
  #memos = 0;
  /** Groups around, innermost last, and the node where (*ACCEPT) leads. */
  #around: readonly number[] = [];
  #accept = 0;
  #inLook = false;

  constructor(tree: Tree, groups: number, reading: Reading, memo: boolean, limit: number) {
    this.#limit = limit;
    this.#tree = tree;
    this.#groups = groups;
    this.#reading = reading;
    this.#memo = memo;
    this.#bodies = groupBodies(tree);
    this.#registers = 3 * (groups + 1);
  }

  build(): BacktrackProgram {
    this.#accept = this.#node(OP.match, -1);
    const start = this.#emit(this.#tree, this.#accept);
    this.#entries[0] = start;
    return {
      reading: this.#reading,
      op: Int32Array.from(this.#op),
      next: Int32Array.from(this.#next),
      a: Int32Array.from(this.#a),
      b: Int32Array.from(this.#b),
      c: Int32Array.from(this.#c),
      start,
      sets: this.#sets,
      assertions: this.#assertions,
      lists: this.#lists,
      counts: this.#counts,
      groups: this.#groups,
      entries: this.#entries,
      registers: this.#registers,
      memos: this.#memos,
    };
  }

  #node(op: number, next: number, a = 0, b = 0, c = 0): number {
    if (this.#op.length >= this.#limit) throw new TooLarge();
    this.#op.push(op);
    this.#next.push(next);
    this.#a.push(a);
    this.#b.push(b);
    this.#c.push(c);
    return this.#op.length - 1;
  }

  #newMemo(): number {
    return this.#memo ? this.#memos++ : -1;
  }

  #fork(first: number, second: number): number {
    return this.#node(OP.fork, -1, first, second, this.#newMemo());
  }

  /** Emits the nodes of `tree` that lead to `next`; returns the first. */
  #emit(tree: Tree, next: number): number {
    switch (tree.kind) {
      case 'empty':
        return next;
      case 'fail':
        return this.#node(OP.fail, -1);
      case 'set':
        return this.#node(OP.take, next, this.#set(tree.set));
      case 'cat':
        return tree.parts.reduceRight((after, part) => this.#emit(part, after), next);
      case 'alt':
        return this.#branches(tree.branches, next);
      case 'repeat':
        return this.#repeat(tree, next);
      case 'group':
        return this.#group(tree.index, tree.body, next);
      case 'assert':
        return this.#node(OP.assert, next, this.#assertion(tree.what));
      case 'look':
        return this.#look(tree, next);
      case 'atomic':
        return this.#cut(next, OP.cutClose, (close) => this.#emit(tree.body, close));
      case 'backref':
        return this.#node(OP.backref, next, this.#lists.push(tree.groups) - 1, tree.ignoreCase ? 1 : 0);
      case 'call':
        return this.#node(OP.call, next, tree.groups[0] ?? 0);
      case 'condition':
        return this.#condition(tree.test, this.#emit(tree.yes, next), this.#emit(tree.no, next));
      case 'keep':
        return this.#node(OP.keep, next);
      case 'accept':
        return this.#acceptNode();
      default:
        return assertNever(tree);
    }
  }

  /** Closes the groups around; in a look-around that is ended, else a call or the whole match. */
  #acceptNode(): number {
    const closed = this.#around.reduce((after, group) => this.#node(OP.close, after, group), this.#accept);
    return this.#inLook ? closed : this.#node(OP.accept, closed);
  }

  #branches(branches: readonly Tree[], next: number): number {
    return branches
      .map((branch) => this.#emit(branch, next))
      .reduceRight((rest, branch) => this.#fork(branch, rest));
  }

  #group(index: number, body: Tree, next: number): number {
    const around = this.#around;
    this.#around = [...around, index];
    const entry = this.#node(OP.open, this.#emit(body, this.#node(OP.close, next, index)), index);
    this.#around = around;
    this.#entries[index] ??= entry;
    return entry;
  }

  /** `emit` is given the node that ends the body. */
  #cut(next: number, close: number, emit: (close: number) => number): number {
    const register = this.#registers;
    this.#registers += 2;
    return this.#node(OP.cutOpen, emit(this.#node(close, next, register)), register);
  }

  #look(look: Look, next: number): number {
    const accept = this.#accept;
    const around = this.#around;
    const inLook = this.#inLook;
    this.#around = [];
    this.#inLook = true;
    const body = (close: number): number => {
      this.#accept = close;
      return look.branches
        .map((branch) => this.#behind(look, branch, this.#emit(branch, close)))
        .reduceRight((rest, branch) => this.#fork(branch, rest));
    };
    let entry: number;
    if (look.negative) {
      const register = this.#registers++;
      entry = this.#node(OP.notOpen, body(this.#node(OP.notClose, -1, register)), register, next);
    } else entry = this.#cut(next, OP.lookClose, body);
    this.#accept = accept;
    this.#around = around;
    this.#inLook = inLook;
    return entry;
  }

  #behind(look: Look, branch: Tree, entry: number): number {
    return look.behind ? this.#node(OP.back, entry, fixedLength(branch, this.#bodies) ?? 0) : entry;
  }

  #condition(test: Condition, yes: number, no: number): number {
    switch (test.kind) {
      case 'constant':
        return test.value ? yes : no;
      case 'group':
        return this.#node(OP.ifGroup, yes, this.#lists.push(test.groups) - 1, no);
      case 'recursion': {
        const list = test.groups === undefined ? -1 : this.#lists.push(test.groups) - 1;
        return this.#node(OP.ifRecursion, yes, list, no);
      }
      case 'look':
        return this.#lookCondition(test.look, yes, no);
      default:
        return assertNever(test);
    }
  }

  /** `(?(?=x)yes|no)` as (?:(?=x)yes|(?!x)no), which looks at most twice. */
  #lookCondition(look: Look, yes: number, no: number): number {
    const otherwise = { ...look, negative: !look.negative };
    return this.#fork(this.#look(look, yes), this.#look(otherwise, no));
  }

  // ---- repetition ----

  #repeat(tree: Extract<Tree, { kind: 'repeat' }>, next: number): number {
    const { body, min, max, greed } = tree;
    if (max === 0) {
      // Never run here, but it may be called.
      this.#emit(body, this.#node(OP.fail, -1));
      return next;
    }
    if (body.kind === 'set' && max === Number.POSITIVE_INFINITY) {
      const star = this.#node(OP.star, next, this.#set(body.set), STAR[greed], this.#newMemo());
      let entry = star;
      for (let i = 0; i < min; i++) entry = this.#emit(body, entry);
      return entry;
    }
    if (greed === 'possessive') {
      const greedy: Tree = { ...tree, greed: 'greedy' };
      return this.#cut(next, OP.cutClose, (close) => this.#emit(greedy, close));
    }
    if (!this.#memo && unrolledSize(tree, this.#reading) > UNROLLED_LIMIT) return this.#counted(tree, next);
    const [copies, rest] =
      max === Number.POSITIVE_INFINITY ? this.#loop(tree, next) : [min, this.#optional(tree, next)];
    let entry = rest;
    for (let i = 0; i < copies; i++) entry = this.#emit(body, entry);
    return entry;
  }

  #either(greed: Greed, more: number, enough: number): number {
    return greed === 'lazy' ? this.#fork(enough, more) : this.#fork(more, enough);
  }

  #optional({ body, min, max, greed }: Extract<Tree, { kind: 'repeat' }>, next: number): number {
    let entry = next;
    for (let i = min; i < max; i++) entry = this.#either(greed, this.#emit(body, entry), next);
    return entry;
  }

  /** A loop of at least one round; an empty round ends it. Returns the copies needed in front, and the loop. */
  #loop({ body, min, greed }: Extract<Tree, { kind: 'repeat' }>, next: number): [number, number] {
    const again = this.#either(greed, 0, 0);
    let entry: number;
    if (fixedLength(body, this.#bodies) === undefined || !this.#consumes(body)) {
      const register = this.#registers++;
      const end = this.#node(OP.loopEnd, next, register, again);
      entry = this.#node(OP.loopStart, this.#emit(body, end), register);
    } else entry = this.#emit(body, again);
    const target = greed === 'lazy' ? this.#b : this.#a;
    const other = greed === 'lazy' ? this.#a : this.#b;
    target[again] = entry;
    other[again] = next;
    return min === 0 ? [0, again] : [min - 1, entry];
  }

  #consumes(body: Tree): boolean {
    return (fixedLength(body, this.#bodies) ?? 0) > 0;
  }

  #counted({ body, min, max, greed }: Extract<Tree, { kind: 'repeat' }>, next: number): number {
    const register = this.#registers;
    this.#registers += 2;
    const counts = this.#counts.push({ min, max, lazy: greed === 'lazy' }) - 1;
    const count = this.#node(OP.count, -1, register, next, counts);
    this.#next[count] = this.#emit(body, count);
    return this.#node(OP.countStart, count, register);
  }

  #set(set: CharSet): number {
    let index = this.#setIndex.get(set.key);
    if (index === undefined) {
      index = this.#sets.push(set) - 1;
      this.#setIndex.set(set.key, index);
    }
    return index;
  }

  #assertion(what: Assertion): number {
    const known = this.#assertions.indexOf(what);
    return known >= 0 ? known : this.#assertions.push(what) - 1;
  }
}

/**
 * Decides whether one pattern matches, in time linear in the text: the automaton is made deterministic while it runs,
 * one state for each set of nodes that texts really lead to. A step that is known costs two loads; a new one costs as
 * much as the automaton has active nodes.
 *
 * Does not say where it matches: longest-match.ts and backtracker.ts do.
 */
import { ASSERT, type Automaton, FORK, MATCH, TAKE } from './automaton.ts';
import { type ByteClasses, byteClasses } from './byte-classes.ts';
import { scratch, sortNodes } from './node-scratch.ts';
import { StateTable, UNKNOWN } from './state-table.ts';
import { BEHIND, type Before, type Behind, holds, Surroundings } from './surroundings.ts';

/** The answers of a scan; `paused` when it has done its share of work and wants to go on later. */
export type Scan = 'yes' | 'no' | 'paused';

/** A scan that paused, to be given to `resume`. Independent of the states, which may be forgotten in between. */
export interface Pause {
  readonly nodes: Int32Array;
  readonly before: number;
  readonly at: number;
}

/** Nodes that are visited to build states before a scan pauses: about 5 ms. */
const WORK_LIMIT = 1 << 18;
/** Bytes that are scanned before a scan pauses: about 5 ms. */
const BYTES_LIMIT = 1 << 21;

const DEAD = 0;
const NEWLINE = 10;

export class LazyDfa {
  readonly #automaton: Automaton;
  readonly #classes: ByteClasses;
  readonly #surroundings: Surroundings;
  readonly #states: StateTable;
  readonly #matched: number;
  readonly #lastNewline: number;
  readonly #end: number;
  /** What each symbol looks like to an assertion before it. */
  readonly #behind: Behind[];
  #takeCount = 0;
  #work = 0;
  #generation = -1;
  #first = 0;
  #pause: Pause | undefined;

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#surroundings = new Surroundings(automaton.assertions);
    this.#classes = byteClasses([...automaton.sets, ...this.#surroundings.told(automaton.assertions)]);
    const { count, sample } = this.#classes;
    this.#lastNewline = count;
    this.#end = count + 1;
    this.#states = new StateTable(count + 2);
    this.#matched = count + 2;
    this.#behind = sample.map((byte) => this.#surroundings.ahead(byte, false));
    this.#behind.push(BEHIND.lastNewline, BEHIND.end);
    scratch.fit(automaton.op.length);
  }

  /** The pause of the last scan that paused. */
  get pause(): Pause {
    if (this.#pause === undefined) throw new Error('the scan has not paused');
    return this.#pause;
  }

  /** Whether the pattern matches somewhere in `bytes[start..end)`. */
  scan(bytes: Buffer, start: number, end: number): Scan {
    return this.#scan(bytes, start, end, this.#firstState());
  }

  resume(bytes: Buffer, end: number, pause: Pause): Scan {
    this.#firstState();
    return this.#scan(
      bytes,
      pause.at,
      end,
      this.#states.intern(pause.nodes, pause.nodes.length, pause.before),
    );
  }

  /** The same for text; undefined when it is not pure ASCII or asks for too much work: then it has to go as bytes. */
  scanAscii(text: string): boolean | undefined {
    const classes = this.#classes.of;
    const last = text.length - 1;
    let state = this.#firstState();
    let { rows } = this.#states;
    const matched = this.#matched;
    this.#work = 0;
    for (let i = 0; i <= last; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f || this.#work > WORK_LIMIT) return undefined;
      const symbol = i === last && code === NEWLINE ? this.#lastNewline : (classes[code] ?? 0);
      let to = rows[state + symbol] ?? DEAD;
      if (to <= matched) {
        if (to === UNKNOWN) {
          to = this.#step(state, symbol);
          rows = this.#states.rows;
        }
        if (to === DEAD) return false;
        if (to === matched) return true;
      }
      state = to;
    }
    return this.#atEnd(state);
  }

  #scan(bytes: Buffer, start: number, end: number, from: number): Scan {
    const classes = this.#classes.of;
    const matched = this.#matched;
    const lastNewline = end > start && bytes[end - 1] === NEWLINE ? end - 1 : end;
    const stop = Math.min(lastNewline, start + BYTES_LIMIT);
    let state = from;
    let { rows } = this.#states;
    this.#work = 0;
    for (let i = start; i < stop; i++) {
      const symbol = classes[bytes[i] ?? 0] ?? 0;
      let to = rows[state + symbol] ?? DEAD;
      if (to <= matched) {
        if (to === UNKNOWN) {
          if (this.#work > WORK_LIMIT) return this.#pauseAt(state, i);
          to = this.#step(state, symbol);
          rows = this.#states.rows;
        }
        if (to === DEAD) return 'no';
        if (to === matched) return 'yes';
      }
      state = to;
    }
    if (stop < lastNewline) return this.#pauseAt(state, stop);
    if (lastNewline < end) {
      state = this.#follow(state, this.#lastNewline);
      if (state === DEAD) return 'no';
      if (state === matched) return 'yes';
    }
    return this.#atEnd(state) ? 'yes' : 'no';
  }

  #atEnd(state: number): boolean {
    return this.#follow(state, this.#end) === this.#matched;
  }

  #follow(state: number, symbol: number): number {
    const to = this.#states.rows[state + symbol] ?? DEAD;
    return to === UNKNOWN ? this.#step(state, symbol) : to;
  }

  #pauseAt(state: number, at: number): Scan {
    this.#pause = { nodes: this.#states.nodesOf(state), before: this.#states.tagOf(state), at };
    return 'paused';
  }

  /** The state at the start of the text; makes the table ready when it is new or forgotten. */
  #firstState(): number {
    if (this.#generation === this.#states.generation) return this.#first;
    const none = new Int32Array(0);
    // Rows 0 and 1 stand for "cannot match any more" and "matches".
    this.#states.intern(none, 0, 0x100);
    this.#states.intern(none, 0, 0x101);
    this.#first = this.#states.intern(Int32Array.of(this.#automaton.start), 1, this.#surroundings.atStart);
    this.#generation = this.#states.generation;
    return this.#first;
  }

  /** Where `symbol` leads from `state`; remembered in the row. */
  #step(state: number, symbol: number): number {
    const nodes = this.#states.nodesOf(state);
    const before = this.#states.tagOf(state) as Before;
    const { generation } = this.#states;
    const to = this.#target(nodes, before, symbol);
    if (generation === this.#states.generation) this.#states.rows[state + symbol] = to;
    return to;
  }

  #target(nodes: Int32Array, before: Before, symbol: number): number {
    if (this.#close(nodes, before, this.#behind[symbol] ?? BEHIND.other)) return this.#matched;
    if (symbol === this.#end) return DEAD;
    const last = symbol === this.#lastNewline;
    const byteClass = last ? (this.#classes.of[NEWLINE] ?? 0) : symbol;
    const length = this.#advance(byteClass);
    if (length === 0) return DEAD;
    const after = this.#surroundings.after(last ? NEWLINE : (this.#classes.sample[symbol] ?? 0), last);
    const { generation } = this.#states;
    const to = this.#states.intern(scratch.nodes, length, after);
    if (generation === this.#states.generation) return to;
    // All was forgotten to make room: the special rows have to come first again.
    this.#states.forget();
    this.#firstState();
    return this.#states.intern(scratch.nodes, length, after);
  }

  /** Follows forks and assertions from `nodes`; collects what takes a byte. True: a match ends here. */
  #close(nodes: Int32Array, before: Before, behind: Behind): boolean {
    const { op, argument, next, other, assertions } = this.#automaton;
    const { stack, takes } = scratch;
    let taking = 0;
    scratch.begin();
    for (let n = 0; n < nodes.length; n++) {
      let top = 0;
      stack[top++] = nodes[n] ?? 0;
      while (top > 0) {
        const node = stack[--top] ?? 0;
        if (!scratch.visit(node)) continue;
        this.#work++;
        const kind = op[node];
        if (kind === TAKE) takes[taking++] = node;
        else if (kind === MATCH) return true;
        else if (kind === FORK) {
          stack[top++] = other[node] ?? 0;
          stack[top++] = next[node] ?? 0;
        } else if (kind === ASSERT) {
          const what = assertions[argument[node] ?? 0];
          if (what !== undefined && holds(what, before, behind)) stack[top++] = next[node] ?? 0;
        }
      }
    }
    this.#takeCount = taking;
    return false;
  }

  /** The nodes behind those that take the class, sorted, in `scratch.nodes`; returns how many. */
  #advance(byteClass: number): number {
    const { argument, next, start, anchored } = this.#automaton;
    const { contains, count } = this.#classes;
    const { nodes, takes } = scratch;
    let length = 0;
    scratch.begin();
    if (!anchored && scratch.visit(start)) nodes[length++] = start;
    for (let i = 0; i < this.#takeCount; i++) {
      const node = takes[i] ?? 0;
      if (contains[(argument[node] ?? 0) * count + byteClass] !== 1) continue;
      const target = next[node] ?? 0;
      if (scratch.visit(target)) nodes[length++] = target;
    }
    sortNodes(nodes, length);
    return length;
  }
}

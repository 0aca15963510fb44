/**
 * Looks for the windows of thousands of patterns at once, byte by byte, in one automaton. Windows that begin alike share
 * their nodes (a trie), and the automaton is made deterministic while it runs: a known step costs two loads, whatever
 * the number of patterns.
 */
import { type ByteClasses, byteClasses } from './byte-classes.ts';
import type { CharSet } from './char-set.ts';
import { scratch, sortNodes } from './node-scratch.ts';
import { StateTable, UNKNOWN } from './state-table.ts';
import type { Times, Window } from './window.ts';

/** The windows begin anywhere, or at the start of the text. */
const ANYWHERE = 0;
const AT_START = 1;

const TIMES: Readonly<Record<Times, number>> = { once: 0, optional: 1, any: 2, some: 3 };
const NONE: readonly number[] = [];
/** Room for states; large sets need more than single patterns. */
const ROOM_BYTES = 32 * 1024 * 1024;
/** States that are built before a scan pauses: about 5 ms. */
const WORK_LIMIT = 1 << 18;
const BYTES_LIMIT = 1 << 21;

/** The nodes: what they take, and which patterns are found there. */
class WindowTrie {
  readonly set: number[] = [-1, -1];
  readonly loops: boolean[] = [false, false];
  /** The nodes behind, and of them those that may be skipped to. */
  readonly children: number[][] = [[], []];
  readonly skips: (number[] | undefined)[] = [undefined, undefined];
  readonly found: (number[] | undefined)[] = [undefined, undefined];
  readonly foundAtEnd: (number[] | undefined)[] = [undefined, undefined];
  readonly sets: CharSet[] = [];
  readonly #setIndex = new Map<string, number>();
  readonly #known = new Map<number, number>();

  add(window: Window, pattern: number): void {
    let node = window.atStart ? AT_START : ANYWHERE;
    for (const { set, times } of window.items) node = this.#child(node, this.#setOf(set), times);
    const lists = window.atEnd ? this.foundAtEnd : this.found;
    const list = lists[node];
    if (list === undefined) lists[node] = [pattern];
    else if (list.at(-1) !== pattern) list.push(pattern);
  }

  #child(parent: number, set: number, times: Times): number {
    const key = (parent * 0x10000 + set) * 4 + TIMES[times];
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const node = this.set.push(set) - 1;
    this.loops.push(times === 'any' || times === 'some');
    this.children.push([]);
    this.skips.push(undefined);
    this.found.push(undefined);
    this.foundAtEnd.push(undefined);
    this.#known.set(key, node);
    // `x*` is reached without a byte and then takes bytes on the spot.
    if (times !== 'any') this.children[parent]?.push(node);
    if (times === 'any' || times === 'optional') this.skips[parent] = [...(this.skips[parent] ?? []), node];
    return node;
  }

  #setOf(set: CharSet): number {
    let index = this.#setIndex.get(set.key);
    if (index === undefined) {
      index = this.sets.push(set) - 1;
      this.#setIndex.set(set.key, index);
    }
    return index;
  }
}

/** A scan that paused. */
export interface WindowPause {
  readonly nodes: Int32Array;
  readonly at: number;
}

export class WindowAutomaton {
  readonly #trie = new WindowTrie();
  /** These four are made when the first scan begins. */
  #classes: ByteClasses = byteClasses([]);
  #states = new StateTable(1);
  /** For each class the nodes that windows begin with anywhere. */
  #begin: (readonly number[])[] = [];
  /** Nodes that are active everywhere. */
  #always: readonly number[] = NONE;
  #isReady = false;
  /** Of the nodes in `scratch.nodes`. */
  #length = 0;
  /** The state at the start of a text, and the generation of states that it belongs to. */
  #first = 0;
  #firstGeneration = -1;
  /** For each state what is found there, by state number; of this generation of states. */
  #foundGeneration = -1;
  #found: (readonly number[])[] = [];
  #foundAtEnd: (readonly number[])[] = [];
  readonly #seenPattern: Uint32Array;
  #seenState = new Uint32Array(0);
  #scanStamp = 0;
  #work = 0;
  #hits: number[] = [];
  #pause: WindowPause | undefined;

  /** For `patterns` patterns, numbered from 0. */
  constructor(patterns: number) {
    this.#seenPattern = new Uint32Array(patterns);
  }

  /** Looks for these windows of a pattern; only before the first scan. */
  add(windows: readonly Window[], pattern: number): void {
    for (const window of windows) this.#trie.add(window, pattern);
  }

  /** Nodes of the trie and states built: for figures. */
  get size(): { readonly nodes: number; readonly states: number; readonly classes: number } {
    return { nodes: this.#trie.set.length, states: this.#states.count, classes: this.#classes.count };
  }

  get pause(): WindowPause {
    if (this.#pause === undefined) throw new Error('the scan has not paused');
    return this.#pause;
  }

  /**
   * The patterns of which a window lies in `bytes[start..end)`, each once, in no order. Undefined: the scan paused and
   * `resume` goes on; what was found so far is lost to others who scan in between, so it is given back as `hits`.
   */
  scan(bytes: Buffer, start: number, end: number): number[] | undefined {
    this.#ready();
    this.#begun(this.#trie.found[ANYWHERE] ?? NONE);
    this.#collectAt(this.#first);
    return this.#run(bytes, start, end, this.#first);
  }

  resume(bytes: Buffer, end: number, pause: WindowPause, hits: readonly number[]): number[] | undefined {
    this.#ready();
    this.#begun(hits);
    return this.#run(bytes, pause.at, end, this.#states.intern(pause.nodes, pause.nodes.length, 0));
  }

  /** What a paused scan has found so far. */
  get hits(): readonly number[] {
    return this.#hits;
  }

  #begun(hits: readonly number[]): void {
    if (++this.#scanStamp === 0xffffffff) {
      this.#seenPattern.fill(0);
      this.#seenState.fill(0);
      this.#scanStamp = 1;
    }
    this.#hits = [];
    this.#work = 0;
    if (hits.length > 0) this.#collect(hits);
  }

  #run(bytes: Buffer, start: number, end: number, from: number): number[] | undefined {
    const classes = this.#classes.of;
    const stop = Math.min(end, start + BYTES_LIMIT);
    let state = from;
    let { rows } = this.#states;
    for (let i = start; i < stop; i++) {
      const byteClass = classes[bytes[i] ?? 0] ?? 0;
      let to = rows[state + byteClass] ?? 0;
      if (to < 0) {
        if (to === UNKNOWN) {
          if (this.#work > WORK_LIMIT) return this.#pauseAt(state, i);
          to = this.#step(state, byteClass);
          rows = this.#states.rows;
        }
        if (to < 0) {
          to = ~to;
          this.#collectAt(to);
        }
      }
      state = to;
    }
    if (stop < end) return this.#pauseAt(state, stop);
    const atEnd = this.#foundAtEnd[state / this.#states.stride] ?? NONE;
    if (atEnd.length > 0) this.#collect(atEnd);
    if (this.#trie.foundAtEnd[ANYWHERE] !== undefined) this.#collect(this.#trie.foundAtEnd[ANYWHERE]);
    return this.#hits;
  }

  #pauseAt(state: number, at: number): undefined {
    this.#pause = { nodes: this.#states.nodesOf(state), at };
    return undefined;
  }

  #collectAt(state: number): void {
    const number = state / this.#states.stride;
    if (this.#seenState[number] === this.#scanStamp) return;
    this.#seenState[number] = this.#scanStamp;
    this.#collect(this.#found[number] ?? NONE);
  }

  #collect(patterns: readonly number[]): void {
    for (const pattern of patterns) {
      if (this.#seenPattern[pattern] === this.#scanStamp) continue;
      this.#seenPattern[pattern] = this.#scanStamp;
      this.#hits.push(pattern);
    }
  }

  #prepare(): void {
    this.#isReady = true;
    this.#classes = byteClasses(this.#trie.sets);
    this.#states = new StateTable(this.#classes.count, ROOM_BYTES);
    this.#begin = Array.from({ length: this.#classes.count }, (_, c) => this.#beginners(c));
    scratch.fit(this.#trie.set.length);
    this.#open();
    this.#add(ANYWHERE);
    this.#always = [...scratch.nodes.subarray(1, this.#length)];
  }

  /** Makes the state at the start of a text, when there is none or all were forgotten. */
  #ready(): void {
    if (!this.#isReady) this.#prepare();
    if (this.#firstGeneration === this.#states.generation) return;
    this.#open();
    this.#add(AT_START);
    for (const node of this.#always) this.#add(node);
    this.#first = this.#intern();
    this.#firstGeneration = this.#states.generation;
  }

  #beginners(byteClass: number): number[] {
    const { contains, count } = this.#classes;
    const { children, set } = this.#trie;
    return (children[ANYWHERE] ?? []).filter((node) => contains[(set[node] ?? 0) * count + byteClass] === 1);
  }

  // ---- building states ----

  #step(state: number, byteClass: number): number {
    const { children, set, loops } = this.#trie;
    const { contains, count } = this.#classes;
    const { generation } = this.#states;
    const nodes = this.#states.nodesOf(state);
    this.#open();
    for (const node of this.#always) this.#add(node);
    for (const node of this.#begin[byteClass] ?? NONE) this.#add(node);
    for (const node of nodes) {
      if (loops[node] === true && contains[(set[node] ?? 0) * count + byteClass] === 1) this.#add(node);
      for (const child of children[node] ?? NONE) {
        if (contains[(set[child] ?? 0) * count + byteClass] === 1) this.#add(child);
      }
    }
    this.#work += 16 + nodes.length + this.#length;
    const to = this.#intern();
    const cell = (this.#found[to / this.#states.stride] ?? NONE).length > 0 ? ~to : to;
    if (generation === this.#states.generation) this.#states.rows[state + byteClass] = cell;
    return cell;
  }

  #open(): void {
    this.#length = 0;
    scratch.begin();
  }

  /** Adds a node and those that may be skipped to from it. */
  #add(node: number): void {
    if (!scratch.visit(node)) return;
    scratch.nodes[this.#length++] = node;
    const skips = this.#trie.skips[node];
    if (skips !== undefined) for (const skip of skips) this.#add(skip);
  }

  #intern(): number {
    sortNodes(scratch.nodes, this.#length);
    const state = this.#states.intern(scratch.nodes, this.#length, 0);
    if (this.#foundGeneration !== this.#states.generation) {
      this.#foundGeneration = this.#states.generation;
      this.#found = [];
      this.#foundAtEnd = [];
      this.#seenState = new Uint32Array(64);
    }
    this.#describe(state);
    return state;
  }

  #describe(state: number): void {
    const number = state / this.#states.stride;
    if (this.#found[number] !== undefined) return;
    const found: number[] = [];
    const atEnd: number[] = [];
    for (const node of this.#states.nodesOf(state)) {
      for (const pattern of this.#trie.found[node] ?? NONE) found.push(pattern);
      for (const pattern of this.#trie.foundAtEnd[node] ?? NONE) atEnd.push(pattern);
    }
    this.#found[number] = found.length > 0 ? found : NONE;
    this.#foundAtEnd[number] = atEnd.length > 0 ? atEnd : NONE;
    if (number >= this.#seenState.length) {
      const seen = new Uint32Array(2 * number + 64);
      seen.set(this.#seenState);
      this.#seenState = seen;
    }
  }
}

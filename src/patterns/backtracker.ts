/**
 * Runs a backtrack program over a text, as PCRE2 does: tries the preferred way first and comes back when it fails. An
 * explicit stack instead of recursion, so it can pause after any step; what has failed at a place is remembered where
 * the program allows that, which keeps the time linear then.
 *
 * Gives up (BacktrackLimit) when the stack or the memory of failures would pass their bounds.
 */
import { BacktrackLimit } from './backtrack-limit.ts';
import { type BacktrackProgram, OP, STAR } from './backtrack-ops.ts';
import { CallStack } from './call-stack.ts';
import type { CharacterText } from './character-text.ts';
import { FailureMemory } from './failure-memory.ts';
import { Surroundings } from './surroundings.ts';
import { TextView } from './text-view.ts';

/** Numbers on the stack: 32 MB. */
const STACK_LIMIT = 8 * 1024 * 1024;

/** What a frame on the stack is to be done with; any other number is a node to go on at. */
const RESTORE = -1;
const FAILED = -2;
const RETREAT = -3;
const ADVANCE = -4;
const CALLER = -5;
const MORE = -6;
const FRAME = 4;

export type Outcome = 'match' | 'none' | 'paused';

export interface SearchOptions {
  /** Only at the start of the text. */
  readonly anchored: boolean;
  /** POSIX: the longest of all ways to match at the leftmost place, not the first found. */
  readonly longest: boolean;
  /** Bytes that a match can begin with. */
  readonly first: Uint8Array | undefined;
}

export class Backtracker {
  readonly #program: BacktrackProgram;
  readonly #options: SearchOptions;
  readonly #text: CharacterText;
  readonly #view: TextView;
  readonly #failures: FailureMemory;
  #stack = new Int32Array(256 * FRAME);
  #top = 0;
  readonly #registers: Int32Array;
  readonly #calls = new CallStack();
  #node = -1;
  #at: number;
  /** Where the attempt under way began. */
  #from: number;
  #best: Int32Array | undefined;

  constructor(program: BacktrackProgram, text: CharacterText, options: SearchOptions) {
    this.#program = program;
    this.#options = options;
    this.#text = text;
    const { bytes, start, end } = text;
    this.#view = new TextView(bytes, start, end, new Surroundings(program.assertions));
    this.#failures = new FailureMemory(program.memos, end - start + 1);
    this.#registers = new Int32Array(program.registers);
    this.#from = start - 1;
    this.#at = start;
  }

  /** Whether failures are remembered, so that the time is linear unless groups are atomic. */
  get remembers(): boolean {
    return this.#failures.isOn;
  }

  /** start, end of the match, then of each group; -1, -1 for a group that took no part. */
  spans(): Int32Array {
    const registers = this.#best ?? this.#registers;
    const spans = new Int32Array(2 * this.#program.groups + 2);
    for (let group = 0; group <= this.#program.groups; group++) {
      const end = registers[3 * group + 1] ?? -1;
      spans[2 * group] = end < 0 ? -1 : (registers[3 * group] ?? -1);
      spans[2 * group + 1] = end;
    }
    return spans;
  }

  /** Goes on for about `steps` steps. */
  run(steps: number): Outcome {
    let left = steps;
    for (;;) {
      if (this.#node < 0) {
        if (this.#best !== undefined) return 'match';
        if (!this.#nextAttempt()) return 'none';
      }
      left = this.#attempt(left);
      if (left <= 0) return 'paused';
      if (this.#node >= 0) return 'match';
    }
  }

  #nextAttempt(): boolean {
    const { first, anchored } = this.#options;
    const { bytes, start, end } = this.#text;
    let at = this.#text.characterFrom(this.#from + 1);
    if (first !== undefined) while (at < end && first[bytes[at] ?? 0] === 0) at++;
    if (at > end || (first !== undefined && at === end) || (anchored && at > start)) return false;
    this.#from = at;
    this.#at = at;
    this.#node = this.#program.start;
    this.#top = 0;
    this.#calls.clear();
    this.#registers.fill(-1);
    this.#registers[0] = at;
    return true;
  }

  /** Runs until the attempt matches (`#node` is the match), fails (`#node` is -1) or the steps are used up. */
  #attempt(steps: number): number {
    const { op, next, a, b, c } = this.#program;
    let left = steps;
    while (left-- > 0) {
      const node = this.#node;
      if (node < 0) return left + 1;
      switch (op[node]) {
        case OP.take:
          if (this.#takes(a[node] ?? 0)) this.#node = next[node] ?? 0;
          else this.#back();
          break;
        case OP.fork:
          this.#fork(node);
          break;
        case OP.star:
          left -= this.#star(node) >> 2;
          break;
        case OP.assert: {
          const what = this.#program.assertions[a[node] ?? 0];
          if (what !== undefined && this.#view.holds(what, this.#at)) this.#node = next[node] ?? 0;
          else this.#back();
          break;
        }
        case OP.open:
          this.#set(3 * (a[node] ?? 0) + 2, this.#at);
          this.#node = next[node] ?? 0;
          break;
        case OP.close:
          this.#close(node);
          break;
        case OP.match:
          if (this.#matched()) return left + 1;
          break;
        case OP.fail:
          this.#back();
          break;
        case OP.loopStart:
          this.#set(a[node] ?? 0, this.#at);
          this.#node = next[node] ?? 0;
          break;
        case OP.loopEnd:
          this.#node = (this.#registers[a[node] ?? 0] === this.#at ? next[node] : b[node]) ?? 0;
          break;
        case OP.cutOpen: {
          const register = a[node] ?? 0;
          this.#set(register, this.#registers[register] ?? -1);
          this.#set(register + 1, this.#at);
          this.#registers[register] = this.#top;
          this.#node = next[node] ?? 0;
          break;
        }
        case OP.cutClose:
        case OP.lookClose: {
          const register = a[node] ?? 0;
          if (op[node] === OP.lookClose) this.#at = this.#registers[register + 1] ?? 0;
          left -= this.#cut(this.#registers[register] ?? 0);
          this.#node = next[node] ?? 0;
          break;
        }
        case OP.notOpen: {
          const register = a[node] ?? 0;
          this.#push(RESTORE, register, this.#registers[register] ?? -1, 0);
          this.#registers[register] = this.#top;
          this.#push(b[node] ?? 0, this.#at, -1, 0);
          this.#node = next[node] ?? 0;
          break;
        }
        case OP.notClose:
          this.#unwind(this.#registers[a[node] ?? 0] ?? 0);
          this.#back();
          break;
        case OP.back:
          left -= this.#stepBack(node) >> 2;
          break;
        case OP.backref: {
          const length = this.#sameAs(this.#program.lists[a[node] ?? 0] ?? [], b[node] === 1);
          left -= length >> 2;
          if (length >= 0) this.#node = next[node] ?? 0;
          else this.#back();
          break;
        }
        case OP.call:
          this.#enter(a[node] ?? 0, next[node] ?? 0);
          break;
        case OP.keep:
          this.#set(0, this.#at);
          this.#node = next[node] ?? 0;
          break;
        case OP.ifGroup: {
          const list = this.#program.lists[a[node] ?? 0] ?? [];
          const isSet = list.some((group) => (this.#registers[3 * group + 1] ?? -1) >= 0);
          this.#node = (isSet ? next[node] : b[node]) ?? 0;
          break;
        }
        case OP.ifRecursion:
          this.#node = (this.#calls.isOf(this.#program.lists[a[node] ?? -1]) ? next[node] : b[node]) ?? 0;
          break;
        case OP.countStart:
          this.#set(a[node] ?? 0, 0);
          this.#set((a[node] ?? 0) + 1, -1);
          this.#node = next[node] ?? 0;
          break;
        case OP.count:
          this.#count(node, c[node] ?? 0);
          break;
        case OP.accept:
          if (this.#calls.innermost !== undefined) this.#leave();
          else this.#node = next[node] ?? 0;
          break;
        default:
          throw new Error(`no operation ${op[node]}`);
      }
    }
    return 0;
  }

  /** A way through was found. False: another one may be better. */
  #matched(): boolean {
    if (this.#calls.innermost?.group === 0) {
      this.#leave();
      return false;
    }
    this.#registers[1] = this.#at;
    if (!this.#options.longest) return true;
    if (this.#best === undefined || (this.#best[1] ?? 0) < this.#at) this.#best = this.#registers.slice();
    this.#registers[1] = -1;
    this.#back();
    return false;
  }

  /** Takes a character of the set, if one is there. */
  #takes(set: number): boolean {
    const to = this.#text.behindMember(set, this.#at);
    if (to < 0) return false;
    this.#at = to;
    return true;
  }

  /** Takes what the first set group of the list holds; its length, or -1 when it is not there. */
  #sameAs(groups: readonly number[], ignoreCase: boolean): number {
    const group = groups.find((g) => (this.#registers[3 * g + 1] ?? -1) >= 0);
    if (group === undefined) return -1;
    const from = this.#registers[3 * group] ?? 0;
    const to = this.#registers[3 * group + 1] ?? 0;
    const length = this.#text.sameLength(this.#at, from, to, ignoreCase);
    if (length >= 0) this.#at += length;
    return length;
  }

  // ---- ways and failures ----

  #hasFailed(memo: number, at: number): boolean {
    return this.#failures.has(memo, at - this.#text.start);
  }

  #remember(memo: number, at: number): void {
    this.#failures.add(memo, at - this.#text.start);
  }

  #fork(node: number): void {
    const { a, b, c } = this.#program;
    const memo = c[node] ?? -1;
    if (this.#hasFailed(memo, this.#at)) {
      this.#back();
      return;
    }
    this.#push(b[node] ?? 0, this.#at, memo, 0);
    this.#node = a[node] ?? 0;
  }

  /** Any number of characters of a set. Returns how many it looked at. */
  #star(node: number): number {
    const { next, a, b, c } = this.#program;
    const memo = c[node] ?? -1;
    const low = this.#at;
    if (this.#hasFailed(memo, low)) {
      this.#back();
      return 0;
    }
    this.#node = next[node] ?? 0;
    if (b[node] === STAR.lazy) {
      this.#push(ADVANCE, node, low, low);
      return 0;
    }
    const set = a[node] ?? 0;
    let at = low;
    for (;;) {
      const to = this.#text.behindMember(set, at);
      if (to < 0 || this.#hasFailed(memo, to)) break;
      at = to;
    }
    this.#at = at;
    if (b[node] === STAR.greedy && (at > low || memo >= 0)) this.#push(RETREAT, node, low, at);
    return at - low;
  }

  /** The way that ended at `at` failed: one character less. */
  #retreat(node: number, low: number, at: number): void {
    this.#remember(this.#program.c[node] ?? -1, at);
    if (at <= low) return;
    this.#at = this.#text.previous(at);
    this.#push(RETREAT, node, low, this.#at);
    this.#node = this.#program.next[node] ?? 0;
  }

  /** The way that ended at `at` failed: one character more. */
  #advance(node: number, low: number, at: number): void {
    const memo = this.#program.c[node] ?? -1;
    const to = this.#text.behindMember(this.#program.a[node] ?? 0, at);
    if (to < 0 || this.#hasFailed(memo, to)) {
      if (memo >= 0) for (let i = low; i <= at; i++) this.#remember(memo, i);
      return;
    }
    this.#at = to;
    this.#push(ADVANCE, node, low, to);
    this.#node = this.#program.next[node] ?? 0;
  }

  /** Goes back for a look-behind; returns how many characters. */
  #stepBack(node: number): number {
    const characters = this.#program.a[node] ?? 0;
    const to = this.#text.before(this.#at, characters);
    if (to < 0) this.#back();
    else {
      this.#at = to;
      this.#node = this.#program.next[node] ?? 0;
    }
    return characters;
  }

  #count(node: number, index: number): void {
    const { a, b, counts } = this.#program;
    const register = a[node] ?? 0;
    const loop = counts[index];
    const rounds = this.#registers[register] ?? 0;
    const exit = b[node] ?? 0;
    if (loop === undefined || rounds >= loop.max) this.#node = exit;
    else if (rounds < loop.min) this.#round(node);
    else if (rounds > 0 && this.#registers[register + 1] === this.#at) this.#node = exit;
    else if (loop.lazy) {
      this.#push(MORE, node, this.#at, 0);
      this.#node = exit;
    } else {
      this.#push(exit, this.#at, -1, 0);
      this.#round(node);
    }
  }

  #round(node: number): void {
    const register = this.#program.a[node] ?? 0;
    this.#set(register, (this.#registers[register] ?? 0) + 1);
    this.#set(register + 1, this.#at);
    this.#node = this.#program.next[node] ?? 0;
  }

  /** The way failed: goes back to the last place where there was another. */
  #back(): void {
    this.#node = -1;
    const stack = this.#stack;
    while (this.#top > 0 && this.#node < 0) {
      this.#top -= FRAME;
      const kind = stack[this.#top] ?? 0;
      const x = stack[this.#top + 1] ?? 0;
      const y = stack[this.#top + 2] ?? 0;
      const z = stack[this.#top + 3] ?? 0;
      if (kind >= 0) {
        this.#at = x;
        if (y >= 0) this.#push(FAILED, y, x, 0);
        this.#node = kind;
      } else if (kind === RESTORE) this.#registers[x] = y;
      else if (kind === FAILED) this.#remember(x, y);
      else if (kind === RETREAT) this.#retreat(x, y, z);
      else if (kind === ADVANCE) this.#advance(x, y, z);
      else if (kind === CALLER) this.#calls.backTo(x, y);
      else {
        this.#at = y;
        this.#round(x);
      }
    }
  }

  #push(kind: number, x: number, y: number, z: number): void {
    if (this.#top + FRAME > this.#stack.length) {
      if (this.#stack.length >= STACK_LIMIT) throw new BacktrackLimit('the way back is too long');
      const stack = new Int32Array(2 * this.#stack.length);
      stack.set(this.#stack);
      this.#stack = stack;
    }
    this.#stack[this.#top++] = kind;
    this.#stack[this.#top++] = x;
    this.#stack[this.#top++] = y;
    this.#stack[this.#top++] = z;
  }

  /** Sets a register so that going back restores it. */
  #set(register: number, value: number): void {
    this.#push(RESTORE, register, this.#registers[register] ?? -1, 0);
    this.#registers[register] = value;
  }

  /** Drops the ways back above `height`, but not what restores registers. Returns how many frames it looked at. */
  #cut(height: number): number {
    const stack = this.#stack;
    let to = height;
    for (let from = height; from < this.#top; from += FRAME) {
      const kind = stack[from] ?? 0;
      if (kind !== RESTORE && kind !== CALLER) continue;
      stack.copyWithin(to, from, from + FRAME);
      to += FRAME;
    }
    const looked = (this.#top - height) / FRAME;
    this.#top = to;
    return looked;
  }

  /** Undoes everything above `height`. */
  #unwind(height: number): void {
    while (this.#top > height) {
      this.#top -= FRAME;
      const kind = this.#stack[this.#top] ?? 0;
      const x = this.#stack[this.#top + 1] ?? 0;
      if (kind === RESTORE) this.#registers[x] = this.#stack[this.#top + 2] ?? -1;
      else if (kind === CALLER) this.#calls.backTo(x, this.#stack[this.#top + 2] ?? 0);
    }
  }

  // ---- groups and calls ----

  #close(node: number): void {
    const group = this.#program.a[node] ?? 0;
    this.#set(3 * group, this.#registers[3 * group + 2] ?? -1);
    this.#set(3 * group + 1, this.#at);
    if (this.#calls.innermost?.group === group) this.#leave();
    else this.#node = this.#program.next[node] ?? 0;
  }

  #enter(group: number, returnTo: number): void {
    this.#push(CALLER, this.#calls.current, this.#calls.height, 0);
    this.#calls.enter(group, returnTo, this.#at, this.#registers);
    this.#node = this.#program.entries[group] ?? 0;
  }

  /** Returns from the innermost call; groups hold again what they held before it. */
  #leave(): void {
    const call = this.#calls.innermost;
    if (call === undefined) throw new Error('no call to return from');
    call.registers.forEach((value, register) => {
      if (this.#registers[register] !== value) this.#set(register, value);
    });
    this.#push(CALLER, this.#calls.current, this.#calls.height, 0);
    this.#calls.current = call.caller;
    this.#node = call.returnTo;
  }
}

/** The patterns of a set in one reading: looks for their windows, and asks those of which one is found. */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Matcher } from './matcher.ts';
import { inTurns, type Work } from './turns.ts';
import { WindowAutomaton } from './window-automaton.ts';

const NONE: readonly number[] = [];
/** Bytes that asked patterns read between two looks at the clock: about a millisecond. */
const WORK_PER_STEP = 1 << 18;
/** What asking a pattern costs besides, in bytes; it may have to be compiled first. */
const WORK_PER_PATTERN = 1 << 14;
/** Patterns prepared between two looks at the clock. */
const PREPARED_PER_STEP = 16;

/** All that match, one of them, the first of them; or all that may match, unless an automaton knows better. */
export type Wanted = 'all' | 'any' | 'first' | 'possible';

export interface SetShape {
  readonly exact: number;
  readonly windowed: number;
  readonly always: number;
  readonly nodes: number;
  readonly states: number;
  readonly classes: number;
}

export class SetOfReading {
  readonly #matchers: readonly (Matcher | undefined)[];
  readonly #windows: WindowAutomaton;
  /** Its window is all of it: a find is a match. */
  readonly #exact: boolean[] = [];
  /** Patterns without a window: asked for every text. */
  readonly #always: number[] = [];

  /** Undefined matchers never match. */
  constructor(matchers: readonly (Matcher | undefined)[]) {
    this.#matchers = matchers;
    this.#windows = new WindowAutomaton(matchers.length);
  }

  get shape(): SetShape {
    const exact = this.#exact.filter(Boolean).length;
    const always = this.#always.length;
    return { exact, windowed: this.#exact.length - exact - always, always, ...this.#windows.size };
  }

  /** Chooses the windows. Whoever comes in between goes on where this has stopped. */
  *prepare(): Work<void> {
    while (this.#exact.length < this.#matchers.length) {
      this.#choose(this.#exact.length);
      if (this.#exact.length % PREPARED_PER_STEP === 0) yield;
    }
  }

  matches(bytes: Buffer, start: number, end: number, wanted: Wanted): MaybePromise<readonly number[]> {
    if (this.#exact.length < this.#matchers.length) drain(this.prepare());
    const found = this.#windows.scan(bytes, start, end);
    if (found !== undefined && found.length === 0 && this.#always.length === 0) return NONE;
    return inTurns(this.#settle(bytes, start, end, found, wanted));
  }

  #choose(pattern: number): void {
    const matcher = this.#matchers[pattern];
    const choice = matcher?.windows();
    this.#exact.push(choice?.exact === true);
    if (choice !== undefined) this.#windows.add(choice.windows, pattern);
    else if (matcher !== undefined) this.#always.push(pattern);
  }

  /** Which of the found patterns match. */
  *#settle(
    bytes: Buffer,
    start: number,
    end: number,
    found: readonly number[] | undefined,
    wanted: Wanted,
  ): Work<readonly number[]> {
    const candidates = this.#inOrder(found ?? (yield* this.#scanOn(bytes, end)), wanted);
    const matching: number[] = [];
    let work = 0;
    for (const pattern of candidates) {
      const known = this.#exact[pattern] === true || (wanted === 'possible' && !this.#isLinear(pattern));
      if (known || (yield* this.#isMatch(pattern, bytes, start, end))) {
        matching.push(pattern);
        if (wanted === 'any' || wanted === 'first') return matching;
      }
      work += known ? 0 : end - start + WORK_PER_PATTERN;
      if (work < WORK_PER_STEP) continue;
      work = 0;
      yield;
    }
    return matching;
  }

  /** Ascending; when any will do, those first that need no asking. */
  #inOrder(found: readonly number[], wanted: Wanted): readonly number[] {
    const all = [...found, ...this.#always];
    if (wanted !== 'any') return all.sort((a, b) => a - b);
    const exact = all.find((pattern) => this.#exact[pattern] === true);
    return exact === undefined ? all : [exact];
  }

  #isLinear(pattern: number): boolean {
    return this.#matchers[pattern]?.whyNotLinear === undefined;
  }

  *#isMatch(pattern: number, bytes: Buffer, start: number, end: number): Work<boolean> {
    const matcher = this.#matchers[pattern];
    return matcher !== undefined && (yield* matcher.decide(bytes, start, end));
  }

  /** Goes on with a scan that has just paused. */
  *#scanOn(bytes: Buffer, end: number): Work<readonly number[]> {
    for (;;) {
      const { pause, hits } = this.#windows;
      yield;
      const found = this.#windows.resume(bytes, end, pause, hits);
      if (found !== undefined) return found;
    }
  }
}

/** Does all the work at a stretch. */
function drain(work: Work<void>): void {
  while (work.next().done !== true);
}

/**
 * Thousands of patterns over one text: which of them match? One automaton looks for a window of each pattern
 * (window.ts), and only patterns whose window is there are asked themselves. So a text that nothing matches costs the
 * same for ten patterns and for ten thousand.
 *
 * Work beyond TURN_MS is done in turns; PatternOverrun of a single pattern is passed on.
 */
import { isUtf8 } from 'node:buffer';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Matcher } from './matcher.ts';
import type { Pattern } from './pattern.ts';
import { inTurns, type Work } from './turns.ts';
import { WindowAutomaton } from './window-automaton.ts';

const NONE: readonly number[] = [];
/** Bytes that asked patterns read between two looks at the clock: about a millisecond. */
const WORK_PER_STEP = 1 << 18;
/** What asking a pattern costs besides, in bytes. */
const WORK_PER_PATTERN = 64;

export class PatternSet {
  readonly #bytes: SetOfReading;
  /** Only when a pattern reads UTF-8. */
  readonly #utf8: SetOfReading | undefined;

  constructor(patterns: readonly Pattern[]) {
    this.#bytes = new SetOfReading(patterns.map((pattern) => pattern.matcher('bytes')));
    const differs = patterns.some((pattern) => pattern.matcher('utf8') !== pattern.matcher('bytes'));
    if (differs) this.#utf8 = new SetOfReading(patterns.map((pattern) => pattern.matcher('utf8')));
  }

  /** The indexes of all patterns that match in `input[start..end)`, ascending; mostly none. */
  matches(input: Buffer, start = 0, end = input.length): MaybePromise<readonly number[]> {
    return this.#setFor(input, start, end).matches(input, start, end);
  }

  /** Whether any pattern matches in `input[start..end)`. */
  any(input: Buffer, start = 0, end = input.length): MaybePromise<boolean> {
    return this.#setFor(input, start, end).any(input, start, end);
  }

  /** How many patterns have a window that is all of them, a window, none; and the automaton's size: for figures. */
  get shape(): SetShape {
    return (this.#utf8 ?? this.#bytes).shape;
  }

  #setFor(input: Buffer, start: number, end: number): SetOfReading {
    if (this.#utf8 === undefined) return this.#bytes;
    const whole = start === 0 && end === input.length;
    return isUtf8(whole ? input : input.subarray(start, end)) ? this.#utf8 : this.#bytes;
  }
}

export interface SetShape {
  readonly exact: number;
  readonly windowed: number;
  readonly always: number;
  readonly nodes: number;
  readonly states: number;
  readonly classes: number;
}

/** The set in one reading. */
class SetOfReading {
  readonly #matchers: readonly (Matcher | undefined)[];
  readonly #exact: readonly boolean[];
  /** Patterns without a window: asked for every text. */
  readonly #always: readonly number[];
  readonly #windows: WindowAutomaton;

  constructor(matchers: readonly (Matcher | undefined)[]) {
    this.#matchers = matchers;
    const choices = matchers.map((matcher) => matcher?.windows());
    this.#exact = choices.map((choice) => choice?.exact === true);
    this.#always = matchers.flatMap((matcher, i) =>
      matcher !== undefined && choices[i] === undefined ? [i] : [],
    );
    this.#windows = new WindowAutomaton(choices.map((choice) => choice?.windows ?? []));
  }

  get shape(): SetShape {
    const exact = this.#exact.filter(Boolean).length;
    const always = this.#always.length;
    return { exact, windowed: this.#matchers.length - exact - always, always, ...this.#windows.size };
  }

  matches(bytes: Buffer, start: number, end: number): MaybePromise<readonly number[]> {
    const found = this.#windows.scan(bytes, start, end);
    if (found !== undefined && found.length === 0 && this.#always.length === 0) return NONE;
    return inTurns(this.#settle(bytes, start, end, found, false));
  }

  any(bytes: Buffer, start: number, end: number): MaybePromise<boolean> {
    const found = this.#windows.scan(bytes, start, end);
    if (found !== undefined && found.length === 0 && this.#always.length === 0) return false;
    const matching = inTurns(this.#settle(bytes, start, end, found, true));
    return isPromise(matching) ? matching.then((ids) => ids.length > 0) : matching.length > 0;
  }

  /** Which of the found patterns match. `firstOnly`: one of them is enough. */
  *#settle(
    bytes: Buffer,
    start: number,
    end: number,
    found: readonly number[] | undefined,
    firstOnly: boolean,
  ): Work<readonly number[]> {
    const candidates = found ?? (yield* this.#scanOn(bytes, end));
    const matching = candidates.filter((pattern) => this.#exact[pattern] === true);
    if (firstOnly && matching.length > 0) return matching;
    const doubtful =
      candidates.length === matching.length ? NONE : candidates.filter((p) => this.#exact[p] !== true);
    let work = 0;
    for (const list of [doubtful, this.#always]) {
      for (const pattern of list) {
        if ((yield* this.#matches(pattern, bytes, start, end)) && matching.push(pattern) && firstOnly)
          return matching;
        work += end - start + WORK_PER_PATTERN;
        if (work < WORK_PER_STEP) continue;
        work = 0;
        yield;
      }
    }
    return matching.length > 1 ? matching.sort((a, b) => a - b) : matching;
  }

  *#matches(pattern: number, bytes: Buffer, start: number, end: number): Work<boolean> {
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

/**
 * Thousands of patterns over one text: which of them match? One automaton looks for a window of each pattern
 * (window.ts), and only patterns whose window is there are asked themselves. So a text that nothing matches costs the
 * same for ten patterns and for ten thousand.
 *
 * Work beyond TURN_MS is done in turns; PatternOverrun of a single pattern is passed on: then nothing is known.
 */
import { isUtf8 } from 'node:buffer';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Pattern } from './pattern.ts';
import { SetOfReading, type SetShape } from './set-of-reading.ts';
import type { Work } from './turns.ts';

export class PatternSet {
  readonly #bytes: SetOfReading;
  /** Only when a pattern reads UTF-8. */
  readonly #utf8: SetOfReading | undefined;

  /** `prepare` should follow; without it the first text pays for the set, about 40 us a pattern at a stretch. */
  constructor(patterns: readonly Pattern[]) {
    this.#bytes = new SetOfReading(patterns.map((pattern) => pattern.matcher('bytes')));
    const differs = patterns.some((pattern) => pattern.matcher('utf8') !== pattern.matcher('bytes'));
    if (differs) this.#utf8 = new SetOfReading(patterns.map((pattern) => pattern.matcher('utf8')));
  }

  /** Makes the set ready for its first text. */
  *prepare(): Work<void> {
    yield* this.#bytes.prepare();
    if (this.#utf8 !== undefined) yield* this.#utf8.prepare();
  }

  /** The indexes of all patterns that match in `input[start..end)`, ascending; mostly none. */
  matches(input: Buffer, start = 0, end = input.length): MaybePromise<readonly number[]> {
    return this.#setFor(input, start, end).matches(input, start, end, 'all');
  }

  /**
   * Like `matches`, but `bounded` patterns are not asked: they are named whenever they may match, and whoever needs the
   * answer asks them. So none of them can spoil the answers of the others.
   */
  possible(input: Buffer, start = 0, end = input.length): MaybePromise<readonly number[]> {
    return this.#setFor(input, start, end).matches(input, start, end, 'possible');
  }

  /** The lowest index of those that match; undefined: none does. Cheaper than `matches` when many would. */
  first(input: Buffer, start = 0, end = input.length): MaybePromise<number | undefined> {
    const found = this.#setFor(input, start, end).matches(input, start, end, 'first');
    return isPromise(found) ? found.then(([index]) => index) : found[0];
  }

  /** Whether any pattern matches in `input[start..end)`. */
  any(input: Buffer, start = 0, end = input.length): MaybePromise<boolean> {
    const found = this.#setFor(input, start, end).matches(input, start, end, 'any');
    return isPromise(found) ? found.then((ids) => ids.length > 0) : found.length > 0;
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

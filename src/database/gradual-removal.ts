/** Removes many rows in small steps, because a writer waits as long as a step takes; the steps adjust themselves. */
import { setTimeout } from 'node:timers/promises';

/** What a step should take; the number of rows is adjusted to it. */
const STEP_MS = 2;
const FEWEST = 10;
const MOST = 2_000;
/** Between two steps others may write. */
const PAUSE_MS = 6;

export class GradualRemoval {
  /** Milliseconds of the longest step. */
  longestMs = 0;
  readonly #between: () => void;
  #size = 100;

  /** `between` is called after each step. */
  constructor(between: () => void) {
    this.#between = between;
  }

  /** Removes up to `most` rows; `step` removes so many and says how many there were. Gives the number of them. */
  async remove(step: (size: number) => number, most = Number.POSITIVE_INFINITY): Promise<number> {
    let removed = 0;
    while (removed < most) {
      const size = Math.min(this.#size, most - removed);
      const began = performance.now();
      const gone = step(size);
      if (gone > 0) this.#adjust(performance.now() - began);
      removed += gone;
      if (gone < size) break;
      this.#between();
      await setTimeout(PAUSE_MS);
    }
    return removed;
  }

  #adjust(ms: number): void {
    this.longestMs = Math.max(this.longestMs, ms);
    const next = ms > STEP_MS ? this.#size / 2 : this.#size * 1.2;
    this.#size = Math.round(Math.min(MOST, Math.max(FEWEST, next)));
  }
}

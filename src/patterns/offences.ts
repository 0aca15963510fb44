/**
 * Keeps account of a pattern that takes too long. One that does so again and again is taken out of service for a while:
 * an attacker who knows it must not buy the processor with a mail.
 */
import { PatternOverrun } from './pattern-error.ts';

/** Processor time that one match may take. */
export const MATCH_DEADLINE_MS = 100;
/** So many overruns ... */
export const OVERRUNS_ALLOWED = 3;
/** ... within this time ... */
export const OVERRUN_MEMORY_MS = 10 * 60_000;
/** ... take it out of service for this long. */
export const OUT_OF_SERVICE_MS = 5 * 60_000;

export class Offences {
  readonly #pattern: string;
  readonly #now: () => number;
  #overruns: number[] = [];
  #outUntil = 0;

  /** `now`: milliseconds, ever rising. */
  constructor(pattern: string, now: () => number = () => performance.now()) {
    this.#pattern = pattern;
    this.#now = now;
  }

  /** Throws PatternOverrun while the pattern is out of service. */
  checkService(): void {
    const left = this.#outUntil - this.#now();
    if (left <= 0) return;
    const problem = `out of service for ${Math.ceil(left / 1000)} more seconds, because it took too long ${OVERRUNS_ALLOWED} times; rewrite it`;
    throw new PatternOverrun(this.#pattern, problem, true);
  }

  /** Notes one more; returns the error that says so. */
  overrun(problem: string): PatternOverrun {
    const now = this.#now();
    this.#overruns = [...this.#overruns.filter((at) => now - at < OVERRUN_MEMORY_MS), now];
    if (this.#overruns.length < OVERRUNS_ALLOWED) return new PatternOverrun(this.#pattern, problem);
    this.#overruns = [];
    this.#outUntil = now + OUT_OF_SERVICE_MS;
    const out = `${problem}; taken out of service for ${OUT_OF_SERVICE_MS / 1000} seconds, because that happens repeatedly: rewrite it`;
    return new PatternOverrun(this.#pattern, out, true);
  }
}

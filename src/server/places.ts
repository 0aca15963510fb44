/**
 * How many connections a service has at once, over all processes: the maxproc column of master.cf. Postfix lets the next
 * ones wait; here they are told to come back. When nearly all places are taken the service is under stress.
 * `Postfix: STRESS_README`.
 */
import type { Counters } from './client-limits.ts';

/** From this share of its places on a service is under stress. */
const STRESS_SHARE = 0.9;

export class Places {
  readonly #counters: Counters;
  readonly #key: string;
  readonly #limit: number;

  /** `limit` 0: no limit, and never any stress. */
  constructor(counters: Counters, service: string, limit: number) {
    this.#counters = counters;
    this.#key = `places ${service}`;
    this.#limit = limit;
  }

  get isLimited(): boolean {
    return this.#limit > 0;
  }

  /** Takes a place: `free` gives it back. */
  async take(): Promise<'full' | 'stress' | 'calm'> {
    if (!this.isLimited) return 'calm';
    const taken = await this.#counters.occupy(this.#key, this.#limit);
    if (taken > this.#limit) {
      this.free();
      return 'full';
    }
    return taken >= this.#limit * STRESS_SHARE ? 'stress' : 'calm';
  }

  free(): void {
    if (this.isLimited) this.#counters.release(this.#key);
  }
}

/**
 * How much a sender, a login, a recipient or a client may do in a time, as buckets that fill again: who has used up his
 * share hears when to come back. With a shared store all gateways have one bucket. A store that fails limits nobody.
 */

import type { Store } from './store.ts';
import { storeKey } from './store-key.ts';

/** Whose share it is. */
export type RateParty = 'client' | 'sender' | 'login' | 'recipient';

/** So many in a time; that many may come at once. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

export interface RateLimiterOptions {
  readonly store: Store;
  readonly rates: Partial<Record<RateParty, Rate>>;
  /** Whom no limit holds. */
  isExempt?(party: RateParty, who: string): boolean | Promise<boolean>;
}

export interface RateExcess {
  readonly party: RateParty;
  readonly who: string;
  readonly rate: Rate;
  /** Milliseconds until one more is allowed. */
  readonly waitMs: number;
}

export class RateLimiter {
  readonly #options: RateLimiterOptions;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** Takes one from each party's share; the first that has nothing left. Never rejects. */
  async take(parties: Partial<Record<RateParty, string>>): Promise<RateExcess | undefined> {
    for (const [party, who] of Object.entries(parties) as [RateParty, string][]) {
      const excess = await this.#takeOne(party, who.toLowerCase());
      if (excess) return excess;
    }
    return undefined;
  }

  async #takeOne(party: RateParty, who: string): Promise<RateExcess | undefined> {
    const { store, rates, isExempt } = this.#options;
    const rate = rates[party];
    if (!rate || rate.count <= 0 || who === '' || (await isExempt?.(party, who))) return undefined;
    try {
      const taken = await store.take('rates', storeKey(party, who), { size: rate.count, fillMs: rate.perMs });
      return taken.kind === 'taken' ? undefined : { party, who, rate, waitMs: taken.waitMs };
    } catch {
      return undefined; // the store has said it
    }
  }
}

/** Reads `100/1h`: a count, and the time in which it may be used up. Undefined when it is none. */
export function parseRate(text: string): Rate | undefined {
  const match = /^\s*(\d{1,9})\s*\/\s*(\d{0,6})\s*([smhdw])\s*$/i.exec(text);
  if (!match) return undefined;
  const [, count = '', times = '', unit = 's'] = match;
  const perMs = Number(times || '1') * (UNIT_MS[unit.toLowerCase()] ?? 0);
  return perMs > 0 ? { count: Number(count), perMs } : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

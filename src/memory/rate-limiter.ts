/**
 * How much a client, a sender, a login or a recipient may do in a time, as buckets that fill again: who has used up a
 * share hears when to come back. With a shared store all gateways have one bucket. A store that fails limits nobody.
 */
import type { Taken } from './bucket.ts';
import { type Store, StoreFailure } from './store.ts';
import { storeKey } from './store-key.ts';

/** Whose share it is. */
export type RateParty = 'client' | 'sender' | 'login' | 'recipient';

/** So many in a time, evenly; `burst`: so many may come at once. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
  readonly burst: number;
}

export type RateAnswer = Taken | { readonly kind: 'unknown'; readonly why: string };

export class RateLimiter {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes one of a share. Each rate has a share of its own: who has two of them has to keep both. Never rejects. */
  async take(party: RateParty, who: string, { count, perMs, burst }: Rate): Promise<RateAnswer> {
    const key = storeKey(party, who.toLowerCase(), `${count}/${perMs / 1_000}s`);
    try {
      return await this.#store.take('rates', key, { size: burst, fillMs: (perMs * burst) / count });
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      return { kind: 'unknown', why: error.message };
    }
  }
}

const FORM = /^(\d{1,9})\s*\/\s*(\d{0,6})\s*([smhdw])$/i;

/** Reads `100/1h`: a count, and the time in which it may be used up. Undefined when it is none. */
export function parseRate(text: string): Rate | undefined {
  const [, count = '', times = '', unit = ''] = FORM.exec(text.trim()) ?? [];
  const perMs = Number(times || '1') * (UNIT_MS[unit.toLowerCase()] ?? 0);
  return Number(count) > 0 && perMs > 0 ? { count: Number(count), perMs, burst: Number(count) } : undefined;
}

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

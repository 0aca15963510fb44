/**
 * How often strangers' mail hosts are asked, so that asking does not get us listed: a share for each host and minute,
 * and a pause for a host that shows that it does not want to be asked, longer each time. Kept in the store, so that all
 * gateways are patient together; while the store fails, nobody is held back.
 */
import type { Store } from '../memory/store.ts';
import { storeKey } from '../memory/store-key.ts';

export interface TargetBudgetOptions {
  readonly store: Store;
  /** Addresses a minute at one host; 0: no limit. */
  readonly perMinute: number;
  /** The first pause; each further one is twice as long. 0: no pauses. */
  readonly pauseMs: number;
  readonly now?: () => number;
}

/** So many refusals in a row, then there is a pause. */
const PATIENCE = 3;
const LONGEST_PAUSE_MS = 24 * 3_600_000;
/** Without refusals for so long, a host begins anew. */
const FORGOTTEN_MS = 7 * 24 * 3_600_000;

interface Refusals {
  readonly count: number;
  /** Not before. */
  readonly until: number;
}

export class TargetBudget {
  readonly #options: TargetBudgetOptions;
  readonly #now: () => number;

  constructor(options: TargetBudgetOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Whether the host may be asked about one more address now; if not, why. Never rejects. */
  async objection(host: string): Promise<string | undefined> {
    const { store, perMinute } = this.#options;
    try {
      const { until } = readRefusals((await store.get('targets', this.#key(host)))?.value);
      if (until > this.#now()) return 'it does not want to be asked';
      if (perMinute <= 0) return undefined;
      const bucket = { size: perMinute, fillMs: 60_000 };
      const { kind } = await store.take('rates', storeKey('callout', host), bucket);
      return kind === 'taken' ? undefined : 'it has been asked often enough';
    } catch {
      return undefined;
    }
  }

  /** The host refused us, and not an address. Never rejects. */
  async refused(host: string): Promise<void> {
    const { pauseMs } = this.#options;
    if (pauseMs <= 0) return;
    await this.#change(host, (before) => {
      const count = before.count + 1;
      const over = count - PATIENCE;
      const pause = over < 0 ? 0 : Math.min(pauseMs * 2 ** over, LONGEST_PAUSE_MS);
      return { count, until: this.#now() + pause };
    });
  }

  /** The host answered about an address. Never rejects. */
  async answered(host: string): Promise<void> {
    await this.#change(host, ({ count }) => (count === 0 ? undefined : { count: 0, until: 0 }));
  }

  async #change(host: string, change: (before: Refusals) => Refusals | undefined): Promise<void> {
    try {
      await this.#options.store.update('targets', this.#key(host), (entry) => {
        const after = change(readRefusals(entry?.value));
        return after && { value: `${after.count} ${after.until}`, lifetimeMs: FORGOTTEN_MS };
      });
    } catch {
      // the store has said it
    }
  }

  #key(host: string): string {
    return storeKey(host.toLowerCase());
  }
}

function readRefusals(value: string | undefined): Refusals {
  const [, count, until] = /^(\d{1,9}) (\d{1,15})$/.exec(value ?? '') ?? [];
  return { count: Number(count ?? 0), until: Number(until ?? 0) };
}

/**
 * Clients that have passed the tests before the greeting, and until when each test holds: they need not wait again.
 * Parameters: postscreen_greet_ttl, postscreen_dnsbl_min_ttl, postscreen_dnsbl_max_ttl, postscreen_cache_retention_time.
 * `Postfix: postscreen_tests.c`. A store that fails knows nobody: then all are tested, and nobody is refused for it.
 */
import { type Store, StoreFailure } from './store.ts';
import { storeKey } from './store-key.ts';

/** Until when (milliseconds since 1970) a client has passed; 0: it never has. */
export interface Passes {
  readonly greet: number;
  readonly lists: number;
}

const NEVER: Passes = { greet: 0, lists: 0 };

export class PassedClients {
  readonly #store: Store;
  readonly #retentionMs: number;
  readonly #now: () => number;

  /** `retentionMs`: so long a client whose tests are due again is no newcomer. */
  constructor(store: Store, retentionMs: number, now: () => number = Date.now) {
    this.#store = store;
    this.#retentionMs = retentionMs;
    this.#now = now;
  }

  /** Never rejects. */
  async find(address: string): Promise<Passes> {
    try {
      const entry = await this.#store.get('passed', storeKey(address));
      return readPasses(entry?.value) ?? NEVER;
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
      return NEVER; // the store has said it
    }
  }

  /** Remembers what lasts longer than what is known. Never rejects. */
  async remember(address: string, { greet, lists }: Passes): Promise<void> {
    try {
      await this.#store.update('passed', storeKey(address), (entry) => {
        const known = readPasses(entry?.value) ?? NEVER;
        const passes = { greet: Math.max(known.greet, greet), lists: Math.max(known.lists, lists) };
        const until = Math.max(passes.greet, passes.lists) + this.#retentionMs;
        return { value: writePasses(passes), lifetimeMs: until - this.#now() };
      });
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error; // it will be tested again
    }
  }
}

/** Undefined for what nobody of us has written. */
export function readPasses(value: string | undefined): Passes | undefined {
  const [, greet, lists] = /^(\d{1,15}) (\d{1,15})$/.exec(value ?? '') ?? [];
  return greet === undefined ? undefined : { greet: Number(greet), lists: Number(lists) };
}

function writePasses({ greet, lists }: Passes): string {
  return `${Math.round(greet)} ${Math.round(lists)}`;
}

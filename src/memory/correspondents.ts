/**
 * Strangers whom our users have written to: their answers are wanted. Learned where users submit mail, aged out when
 * nobody writes any more. Parameters: learn_correspondents, correspondent_lifetime.
 * Addresses are kept without tags, extensions and the ways of lists to write them (sender-form.ts). Being known here
 * proves nothing about who sends: whoever grants something must have the sender proven first.
 */
import type { Address } from '../mail/address.ts';
import { correspondentForm } from './sender-form.ts';
import type { Store } from './store.ts';
import { storeKey } from './store-key.ts';

export interface CorrespondentsOptions {
  readonly store: Store;
  readonly lifetimeMs: number;
  readonly now?: () => number;
}

export interface Correspondence {
  /** Users who have written to the stranger, and when last (milliseconds since 1970); the latest ones. */
  readonly users: Readonly<Record<string, number>>;
}

/** Users that are kept for one stranger. */
const MAX_USERS = 20;
/** The same user writing again is written down so often. */
const REFRESH_MS = 3_600_000;

export class Correspondents {
  readonly #options: CorrespondentsOptions;
  readonly #now: () => number;

  constructor(options: CorrespondentsOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** Our user has written to this address. Rejects with StoreFailure; nothing depends on it. */
  async learn(user: Address, stranger: Address): Promise<void> {
    if (user.text === '' || stranger.domain === '') return;
    const { store, lifetimeMs } = this.#options;
    const name = correspondentForm(user);
    const now = this.#now();
    await store.update('correspondents', this.#key(stranger), (entry) => {
      const { users } = readCorrespondence(entry?.value);
      if (now - (users[name] ?? 0) < REFRESH_MS) return undefined;
      const latest = Object.entries({ ...users, [name]: now })
        .sort(([, a], [, b]) => b - a)
        .slice(0, MAX_USERS);
      return { value: JSON.stringify({ users: Object.fromEntries(latest) }), lifetimeMs };
    });
  }

  /** Who has written to the sender; undefined: nobody. Rejects with StoreFailure. */
  async find(sender: Address): Promise<Correspondence | undefined> {
    if (sender.domain === '') return undefined;
    const entry = await this.#options.store.get('correspondents', this.#key(sender));
    return entry && readCorrespondence(entry.value);
  }

  /** Whether there was one. Rejects with StoreFailure. */
  async forget(stranger: Address): Promise<boolean> {
    return this.#options.store.delete('correspondents', this.#key(stranger));
  }

  #key(stranger: Address): string {
    return storeKey(correspondentForm(stranger));
  }
}

/** What is written down of a stranger; nobody for what is not ours. */
export function readCorrespondence(value: string | undefined): Correspondence {
  try {
    const read = JSON.parse(value ?? '') as { users?: unknown } | null;
    const users = Object.entries((read?.users ?? {}) as Record<string, unknown>);
    return {
      users: Object.fromEntries(users.filter(([, at]) => typeof at === 'number')) as Record<string, number>,
    };
  } catch {
    return { users: {} };
  }
}

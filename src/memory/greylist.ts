/**
 * Greylisting: who is seen for the first time is told to come back, which mail servers do and most spam senders do not.
 * Parameters: greylist_delay, greylist_retry_window, greylist_lifetime, greylist_auto_whitelist_clients. RFC 6647.
 * It remembers triplets of identity, sender and recipient. A triplet may wait under one identity and come back under a
 * better one (the DNS answered late, a signature was learned): it is recognised. A store that fails rejects with
 * StoreFailure; what that means is decided by who asks. It writes no replies.
 */
import type { Address } from '../mail/address.ts';
import { readClient, readTriplet, type TripletRecord, writeClient, writeTriplet } from './greylist-record.ts';
import type { Identity } from './identities.ts';
import { steadySender } from './sender-form.ts';
import type { Change, Entry, Store } from './store.ts';
import { storeKey } from './store-key.ts';

export interface GreylistOptions {
  readonly store: Store;
  readonly delayMs: number;
  /** A triplet that comes back later than this is new again. */
  readonly retryWindowMs: number;
  readonly lifetimeMs: number;
  /** Returns after which a client need not wait any more; 0: never. */
  readonly autoWhitelistAfter: number;
  readonly now?: () => number;
}

export interface GreylistQuestion {
  /** The best one first. */
  readonly identities: readonly [Identity, ...Identity[]];
  readonly sender: Address;
  readonly recipient: Address;
}

export type GreylistAnswer =
  /** Came back before. */
  | { readonly kind: 'known'; readonly identity: Identity }
  /** The client has come back so often that it is trusted to. */
  | { readonly kind: 'trusted'; readonly identity: Identity; readonly returns: number }
  /** Comes back now, after this time. */
  | { readonly kind: 'returned'; readonly identity: Identity; readonly delayMs: number }
  | {
      readonly kind: 'wait';
      readonly identity: Identity;
      readonly remainingMs: number;
      readonly isNew: boolean;
    };

/** Returns within this time count once. As in postgrey. */
const COUNT_MS = 3_600_000;
/** How often the time that something was last seen is written down. */
const LONGEST_REFRESH_MS = 12 * 3_600_000;

export class Greylist {
  readonly #options: GreylistOptions;
  readonly #now: () => number;
  readonly #refreshMs: number;

  constructor(options: GreylistOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#refreshMs = Math.min(LONGEST_REFRESH_MS, options.lifetimeMs / 10);
  }

  /** Remembers the triplet and says whether it must wait. Rejects with StoreFailure. */
  async judge(question: GreylistQuestion): Promise<GreylistAnswer> {
    const [identity] = question.identities;
    const { store } = this.#options;
    const key = tripletKey(identity, question);
    const [triplet, client] = await Promise.all([store.get('greylist', key), this.#clientOf(identity)]);
    const record = readTriplet(triplet?.value);
    if (record?.kind === 'passed') {
      this.#refresh(key, record);
      return { kind: 'known', identity };
    }
    const trusted = this.#trusted(identity, client) ?? (await this.#trustedByOtherNames(question));
    if (trusted) return trusted;
    const earlier = record ? undefined : await this.#underOtherNames(question);
    return this.#meet(key, identity, earlier);
  }

  /** A client that has come back often enough. */
  #trusted(identity: Identity, client: Entry | undefined): GreylistAnswer | undefined {
    const { autoWhitelistAfter } = this.#options;
    const returns = readClient(client?.value)?.returns ?? 0;
    if (autoWhitelistAfter === 0 || returns < autoWhitelistAfter) return undefined;
    this.#keepClient(identity, client);
    return { kind: 'trusted', identity, returns };
  }

  /** Trust that was earned before the client had a better name. */
  async #trustedByOtherNames({ identities }: GreylistQuestion): Promise<GreylistAnswer | undefined> {
    const others = identities.slice(1);
    const clients = await Promise.all(others.map((identity) => this.#clientOf(identity)));
    return others.map((identity, i) => this.#trusted(identity, clients[i])).find((answer) => answer);
  }

  #clientOf(identity: Identity) {
    const { store, autoWhitelistAfter } = this.#options;
    return autoWhitelistAfter > 0 ? store.get('clients', identity.clientKey) : undefined;
  }

  /** What is known of the triplet under lesser identities. */
  async #underOtherNames(question: GreylistQuestion): Promise<TripletRecord | undefined> {
    const keys = question.identities.slice(1).map((identity) => tripletKey(identity, question));
    const entries = await Promise.all(keys.map((key) => this.#options.store.get('greylist', key)));
    const records = entries
      .map((entry) => readTriplet(entry?.value))
      .filter((record) => record !== undefined);
    return records.find(({ kind }) => kind === 'passed') ?? records[0];
  }

  /** A triplet that is new, waits, or comes back. */
  async #meet(key: string, identity: Identity, earlier: TripletRecord | undefined): Promise<GreylistAnswer> {
    const now = this.#now();
    let before: TripletRecord | undefined;
    const entry = await this.#options.store.update('greylist', key, (found) => {
      before = readTriplet(found?.value) ?? earlier;
      if (before && before.firstAt > now) before = undefined; // the clock was set back
      return this.#next(before, earlier, found, now);
    });
    if (before?.kind === 'passed') return { kind: 'known', identity };
    const after = readTriplet(entry?.value);
    if (after?.kind === 'passed') {
      const delayMs = after.passedAt - after.firstAt;
      await this.#count(identity, delayMs, now);
      return { kind: 'returned', identity, delayMs };
    }
    const firstAt = after?.firstAt ?? now;
    const remainingMs = Math.max(0, firstAt + this.#options.delayMs - now);
    return { kind: 'wait', identity, remainingMs, isNew: before === undefined };
  }

  #next(
    before: TripletRecord | undefined,
    earlier: TripletRecord | undefined,
    found: Entry | undefined,
    now: number,
  ): Change | undefined {
    const { delayMs, retryWindowMs, lifetimeMs } = this.#options;
    if (before === undefined) {
      return { value: writeTriplet({ kind: 'waiting', firstAt: now }), lifetimeMs: retryWindowMs };
    }
    if (before.kind === 'passed') return found ? undefined : { value: writeTriplet(before), lifetimeMs };
    if (now - before.firstAt >= delayMs) {
      const passed = { kind: 'passed', firstAt: before.firstAt, passedAt: now, seenAt: now } as const;
      return { value: writeTriplet(passed), lifetimeMs };
    }
    if (before !== earlier) return undefined;
    return { value: writeTriplet(before), lifetimeMs: before.firstAt + retryWindowMs - now };
  }

  /** One more return of the client, and how late it was. */
  async #count(identity: Identity, delayMs: number, now: number): Promise<void> {
    const { store, lifetimeMs } = this.#options;
    await store.update('clients', identity.clientKey, (entry) => {
      const known = readClient(entry?.value);
      const isCounted = known !== undefined && Math.abs(now - known.countedAt) < COUNT_MS;
      const value = writeClient({
        returns: (known?.returns ?? 0) + (isCounted ? 0 : 1),
        countedAt: isCounted ? known.countedAt : now,
        firstAt: known?.firstAt ?? now,
        delayed: (known?.delayed ?? 0) + 1,
        delaySumMs: (known?.delaySumMs ?? 0) + delayMs,
        delayMaxMs: Math.max(known?.delayMaxMs ?? 0, delayMs),
      });
      return { value, lifetimeMs };
    });
  }

  /** In the background: it only makes the entry live longer. */
  #refresh(key: string, record: TripletRecord & { kind: 'passed' }): void {
    const now = this.#now();
    if (now - record.seenAt < this.#refreshMs) return;
    const { store, lifetimeMs } = this.#options;
    inBackground(() =>
      store.update('greylist', key, () => ({ value: writeTriplet({ ...record, seenAt: now }), lifetimeMs })),
    );
  }

  #keepClient(identity: Identity, entry: Entry | undefined): void {
    const { store, lifetimeMs } = this.#options;
    if (!entry || entry.expiresAt - this.#now() > lifetimeMs - this.#refreshMs) return;
    inBackground(() =>
      store.update('clients', identity.clientKey, (now) => now && { value: now.value, lifetimeMs }),
    );
  }
}

function tripletKey(identity: Identity, { sender, recipient }: GreylistQuestion): string {
  return storeKey(identity.key, steadySender(sender), recipient.text.toLowerCase());
}

function inBackground(work: () => unknown): void {
  Promise.resolve()
    .then(work)
    .catch(() => {}); // the store has said it
}

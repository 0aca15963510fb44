/**
 * Who signs the mail that a network brings for a sender's domain, learned from mails whose DKIM signature was good. So
 * at RCPT, long before the next mail's signature is there, its sender has a name that is more than an address.
 * What the store cannot say is not known.
 */

import { networkKey, type PrefixBits } from './network-key.ts';
import { Recent } from './recent.ts';
import type { Entry, Store } from './store.ts';
import { storeKey } from './store-key.ts';

export interface KnownSignersOptions {
  readonly store: Store;
  readonly prefixBits: PrefixBits;
  readonly lifetimeMs: number;
}

/** A well-known fact is written again only so often. */
const REFRESH_PART = 10;
/** What is known to be in the store is not looked up for every mail of a sender. */
const KNOWN = { entries: 10_000, forMs: 60_000 };

export class KnownSigners {
  readonly #options: KnownSignersOptions;
  readonly #learned = new Recent<string>(KNOWN.entries, KNOWN.forMs);

  constructor(options: KnownSignersOptions) {
    this.#options = options;
  }

  /** A mail of this sender's domain came from there with a good signature of `signer`. Never rejects. */
  async learn(clientAddress: string, senderDomain: string, signer: string): Promise<void> {
    const { store, lifetimeMs } = this.#options;
    const value = signer.toLowerCase();
    const key = this.#key(clientAddress, senderDomain);
    if (this.#learned.get(key) === value) return;
    const isFresh = (known: Entry | undefined) =>
      known?.value === value && known.expiresAt - Date.now() > lifetimeMs - lifetimeMs / REFRESH_PART;
    try {
      // mostly it is there, and others need not wait for a writer
      if (!isFresh(await store.get('signers', key)))
        await store.update('signers', key, (now) => (isFresh(now) ? undefined : { value, lifetimeMs }));
      this.#learned.set(key, value, Math.min(KNOWN.forMs, lifetimeMs / REFRESH_PART));
    } catch {
      // next time
    }
  }

  /** A mail came from there without the signature that was expected. Never rejects. */
  async forget(clientAddress: string, senderDomain: string): Promise<void> {
    const key = this.#key(clientAddress, senderDomain);
    this.#learned.delete(key);
    try {
      await this.#options.store.delete('signers', key);
    } catch {
      // it grows old
    }
  }

  /** The domain that signed last time. Never rejects. */
  async find(clientAddress: string, senderDomain: string): Promise<string | undefined> {
    if (senderDomain === '') return undefined;
    try {
      return (await this.#options.store.get('signers', this.#key(clientAddress, senderDomain)))?.value;
    } catch {
      return undefined;
    }
  }

  #key(clientAddress: string, senderDomain: string): string {
    return storeKey(networkKey(clientAddress, this.#options.prefixBits), senderDomain.toLowerCase());
  }
}

/**
 * Whether mail to an address would be accepted, asked once and remembered: what verify(8) is in Postfix.
 * Parameters: address_verify_positive_expire_time, address_verify_positive_refresh_time,
 * address_verify_negative_expire_time, address_verify_negative_refresh_time, address_verify_negative_cache,
 * address_verify_pending_request_limit, address_verify_poll_count, address_verify_poll_delay.
 * Results are renewed in the background before they expire; an address is asked about once, however many clients (of
 * all processes and gateways that share the store) wait for it. While the store fails, results are kept in this process.
 * How one asks is callout/.
 */
import { setTimeout } from 'node:timers/promises';
import type { Address } from '../mail/address.ts';
import { printable } from '../mail/reply.ts';
import { Recent } from './recent.ts';
import { type Change, type Entry, type Store, StoreFailure } from './store.ts';
import { storeKey } from './store-key.ts';
import { readVerify, type VerifyRecord, writeVerify } from './verify-record.ts';

export interface ProbeResult {
  /** `unknown`: nothing was learned about the address. */
  readonly kind: 'deliverable' | 'undeliverable' | 'unknown';
  /** What was heard, as clients may be told. */
  readonly text: string;
  /** Not worth remembering: nobody was asked. */
  readonly passing?: true;
}

export interface AddressStatus {
  /** `pending`: the answer is not there yet. */
  readonly kind: ProbeResult['kind'] | 'pending';
  readonly text: string;
}

interface Ages {
  readonly expireMs: number;
  readonly refreshMs: number;
}

export interface AddressVerifierOptions {
  readonly store: Store;
  /** Asks. Never rejects. */
  probe(address: Address): Promise<ProbeResult>;
  readonly positive: Ages;
  readonly negative: Ages;
  /** Whether anything but `deliverable` is kept. */
  readonly negativeCache: boolean;
  /** Probes under way in this process. */
  readonly pendingLimit: number;
  /** How long a client waits for a probe. */
  readonly waitMs: number;
  readonly now?: () => number;
}

const PENDING: AddressStatus = { kind: 'pending', text: 'Address verification in progress' };
/** A probe that has not come back by then is lost: its process has ended. */
const PROBE_LOST_MS = 150_000;
/** How often the result of somebody else's probe is looked for. */
const LOOK_MS = 150;
const MAX_TEXT = 1_000;
/** Without the store. */
const KEPT_RESULTS = 10_000;
const KEPT_MS = 300_000;

export class AddressVerifier {
  readonly #options: AddressVerifierOptions;
  readonly #now: () => number;
  readonly #underWay = new Map<string, Promise<AddressStatus>>();
  readonly #kept: Recent<AddressStatus>;

  constructor(options: AddressVerifierOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#kept = new Recent(KEPT_RESULTS, KEPT_MS, options.now);
  }

  /** What is known of the address, after a little while if need be. Never rejects. */
  async status(address: Address): Promise<AddressStatus> {
    const key = storeKey(`${address.local}@${address.domain.toLowerCase()}`);
    try {
      return await this.#remembered(key, address);
    } catch (error) {
      if (!(error instanceof StoreFailure)) throw error;
    }
    const kept = this.#kept.get(key);
    return kept ?? this.#inTime(this.#ask(key, () => this.#probeAlone(key, address)));
  }

  async #remembered(key: string, address: Address): Promise<AddressStatus> {
    const record = readVerify((await this.#options.store.get('verify', key))?.value);
    const isUsable = record !== undefined && record.status !== 'todo' && !this.#isExpired(record);
    const isFresh = isUsable && !this.#isDueForRefresh(record);
    if (isFresh) return { kind: record.status as ProbeResult['kind'], text: record.text };
    const asked = this.#ask(key, () => this.#probe(key, address));
    if (!isUsable) return this.#inTime(asked);
    asked.catch(() => {}); // in the background; the store has said it
    return { kind: record.status as ProbeResult['kind'], text: record.text };
  }

  /** One question for all who want to know. */
  #ask(key: string, work: () => Promise<AddressStatus>): Promise<AddressStatus> {
    const known = this.#underWay.get(key);
    if (known) return known;
    if (this.#underWay.size >= this.#options.pendingLimit) return Promise.resolve(PENDING);
    const asked = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, asked);
    return asked;
  }

  async #inTime(asked: Promise<AddressStatus>): Promise<AddressStatus> {
    asked.catch(() => {}); // when it comes too late
    const { waitMs } = this.#options;
    if (waitMs <= 0) return PENDING;
    const over = new AbortController();
    try {
      return await Promise.race([asked, setTimeout(waitMs, PENDING, { signal: over.signal })]);
    } finally {
      over.abort();
    }
  }

  /** Asks, unless another process does so already: then waits for what it writes. Rejects with StoreFailure. */
  async #probe(key: string, address: Address): Promise<AddressStatus> {
    if (!(await this.#claim(key))) return this.#lookFor(key);
    const result = await this.#options.probe(address);
    const status = this.#told(result);
    await this.#write(key, result);
    return status;
  }

  async #probeAlone(key: string, address: Address): Promise<AddressStatus> {
    const result = await this.#options.probe(address);
    const status = this.#told(result);
    if (!result.passing && status !== PENDING) this.#kept.set(key, status);
    return status;
  }

  /** As in Postfix, a bad result that is not kept is never told. */
  #told({ kind, text }: ProbeResult): AddressStatus {
    if (kind !== 'deliverable' && !this.#options.negativeCache) return PENDING;
    return { kind, text: printable(text, '?').slice(0, MAX_TEXT) };
  }

  /** Writes down that a probe is under way. False: somebody else has. */
  async #claim(key: string): Promise<boolean> {
    const { store, negativeCache } = this.#options;
    let isOurs = false;
    await store.update('verify', key, (entry) => {
      const now = this.#now();
      const record = readVerify(entry?.value);
      isOurs = record === undefined || now - record.probedAt > PROBE_LOST_MS;
      if (!isOurs) return undefined;
      if (record && entry && record.status !== 'todo') {
        return { value: writeVerify({ ...record, probedAt: now }), lifetimeMs: entry.expiresAt - now };
      }
      if (!negativeCache) return undefined;
      const todo = { status: 'todo', probedAt: now, updatedAt: 0, text: PENDING.text } as const;
      return { value: writeVerify(todo), lifetimeMs: PROBE_LOST_MS };
    });
    return isOurs;
  }

  async #lookFor(key: string): Promise<AddressStatus> {
    const deadline = performance.now() + this.#options.waitMs;
    while (performance.now() < deadline) {
      await setTimeout(LOOK_MS);
      const record = readVerify((await this.#options.store.get('verify', key))?.value);
      if (record && record.status !== 'todo') return { kind: record.status, text: record.text };
    }
    return PENDING;
  }

  async #write(key: string, result: ProbeResult): Promise<void> {
    const { store } = this.#options;
    if (result.passing || (result.kind !== 'deliverable' && !this.#options.negativeCache)) {
      await this.#withdraw(key);
      return;
    }
    await store.update('verify', key, (entry) => this.#change(entry, result));
  }

  /** A good result is not lost because one probe went wrong: it stays until it expires. */
  #change(entry: Entry | undefined, { kind, text }: ProbeResult): Change | undefined {
    const before = readVerify(entry?.value);
    if (kind !== 'deliverable' && before?.status === 'deliverable' && !this.#isExpired(before))
      return undefined;
    const { positive, negative } = this.#options;
    const told = printable(text, '?').slice(0, MAX_TEXT);
    const record = { status: kind, probedAt: 0, updatedAt: this.#now(), text: told } as const;
    const { expireMs } = kind === 'deliverable' ? positive : negative;
    return { value: writeVerify(record), lifetimeMs: expireMs };
  }

  /** The claim of a probe that brought nothing. */
  async #withdraw(key: string): Promise<void> {
    const { store } = this.#options;
    const entry = await store.get('verify', key);
    if (readVerify(entry?.value)?.status === 'todo') await store.delete('verify', key);
  }

  #isExpired(record: VerifyRecord): boolean {
    return this.#now() - record.updatedAt > this.#ages(record).expireMs;
  }

  #isDueForRefresh(record: VerifyRecord): boolean {
    return this.#now() - record.updatedAt > this.#ages(record).refreshMs;
  }

  #ages({ status }: VerifyRecord): Ages {
    return status === 'deliverable' ? this.#options.positive : this.#options.negative;
  }
}

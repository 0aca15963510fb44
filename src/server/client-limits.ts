/**
 * How much one client may do, over all processes of the gateway.
 * Parameters: smtpd_client_connection_count_limit, smtpd_client_*_rate_limit, anvil_rate_time_unit,
 * smtpd_client_event_limit_exceptions, smtpd_client_ipv4_prefix_length, smtpd_client_ipv6_prefix_length.
 * `Postfix: anvil(8)`. Counters that cannot be reached limit nobody.
 */
import { isIPv4 } from 'node:net';
import { ipv6Nibbles } from '../dns/reverse-name.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';

/** What is counted per time unit (`connection` also as long as it lasts). */
export type Counted = 'connection' | 'mail' | 'recipient' | 'auth' | 'tls';

type Host = { readonly name: string; readonly address: string };

export interface ClientLimits {
  /** Counts one more; if that is too many, the number and the limit. */
  exceeded(what: Counted, client: Host): MaybePromise<Excess | undefined>;
  /** Whether there have been too many already; counts nothing. */
  isOver(what: Counted, client: Host): MaybePromise<boolean>;
  /** A connection that `exceeded` has counted is over. */
  release(client: Host): void;
}

export interface Excess {
  readonly count: number;
  readonly limit: number;
  readonly kind: 'concurrency' | 'rate';
}

export interface Count {
  /** In the current time unit. */
  readonly rate: number;
  /** Now; only connections last. */
  readonly concurrency: number;
}

/** Where the counts are: in this process, or in the one that all share. */
export interface Counters {
  /** Counts one more; a connection lasts until `release`. */
  add(key: string, what: Counted): MaybePromise<Count>;
  /** How many there have been in the current time unit. */
  rate(key: string, what: Counted): MaybePromise<number>;
  /** A connection that lasts until `release`: how many there are now, exact from half of `limit` on. */
  occupy(key: string, limit: number): MaybePromise<number>;
  release(key: string): void;
}

export interface ClientLimiterOptions {
  readonly service: string;
  readonly counters: Counters;
  /** 0: no limit. */
  readonly concurrency: number;
  readonly rates: Readonly<Record<Counted, number>>;
  readonly exceptions: { has(host: Host): MaybePromise<boolean> };
  readonly ipv4PrefixBits: number;
  readonly ipv6PrefixBits: number;
}

export class ClientLimiter implements ClientLimits {
  readonly #options: ClientLimiterOptions;

  constructor(options: ClientLimiterOptions) {
    this.#options = options;
  }

  exceeded(what: Counted, client: Host): MaybePromise<Excess | undefined> {
    return this.#isLimited(what) ? this.#count(what, client) : undefined;
  }

  isOver(what: Counted, client: Host): MaybePromise<boolean> {
    return this.#isLimited(what) && this.#isBeyond(what, client);
  }

  release(client: Host): void {
    if (this.#isLimited('connection')) this.#options.counters.release(this.#key(client.address));
  }

  #isLimited(what: Counted): boolean {
    return this.#options.rates[what] > 0 || (what === 'connection' && this.#options.concurrency > 0);
  }

  async #isBeyond(what: Counted, client: Host): Promise<boolean> {
    const { counters, exceptions, rates } = this.#options;
    const rate = await counters.rate(this.#key(client.address), what);
    return rate > rates[what] && !(await exceptions.has(client));
  }

  async #count(what: Counted, client: Host): Promise<Excess | undefined> {
    const { counters, exceptions, rates, concurrency } = this.#options;
    const key = this.#key(client.address);
    const { rate, concurrency: now } =
      what === 'connection' && rates.connection === 0
        ? { rate: 0, concurrency: await counters.occupy(key, concurrency) }
        : await counters.add(key, what);
    const tooManyNow = what === 'connection' && concurrency > 0 && now > concurrency;
    const tooMany = rates[what] > 0 && rate > rates[what];
    if ((!tooManyNow && !tooMany) || (await exceptions.has(client))) return undefined;
    return tooManyNow
      ? { count: now, limit: concurrency, kind: 'concurrency' }
      : { count: rate, limit: rates[what], kind: 'rate' };
  }

  #key(address: string): string {
    const { service, ipv4PrefixBits, ipv6PrefixBits } = this.#options;
    return `${service} ${networkOf(address, isIPv4(address) ? ipv4PrefixBits : ipv6PrefixBits)}`;
  }
}

/** The network that an address is counted with. */
export function networkOf(address: string, bits: number): string {
  if (isIPv4(address)) {
    if (bits >= 32) return address;
    const number = address.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0);
    return `${Math.floor(number / 2 ** (32 - bits))}/${bits}`;
  }
  if (bits >= 128 || !address.includes(':')) return address;
  const binary = BigInt(`0x${ipv6Nibbles(address)}`) >> BigInt(128 - bits);
  return `${binary.toString(16)}/${bits}`;
}

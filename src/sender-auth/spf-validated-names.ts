/**
 * The names of a client that lead back to its address, for `ptr` and `%{p}`. RFC 7208 5.5, 7.3.
 * Asked for once, when first wanted. A name that cannot be checked now is left out, as the RFC has it.
 */
import type { Dns } from '../dns/dns.ts';
import type { Deadline } from './deadline.ts';
import { isAtOrBelow } from './domain-name.ts';
import { addressDigits } from './ip-network.ts';
import { queryName } from './spf-macro.ts';

const MAX_NAMES = 10;

export class ValidatedNames {
  readonly #address: string;
  readonly #dns: Dns;
  readonly #deadline: Deadline;
  #names: Promise<string[]> | undefined;

  constructor(address: string, dns: Dns, deadline: Deadline) {
    this.#address = address;
    this.#dns = dns;
    this.#deadline = deadline;
  }

  all(): Promise<string[]> {
    this.#names ??= this.#lookUp();
    return this.#names;
  }

  /** The domain itself, else a name below it, else any name, else `unknown`. */
  async best(domain: string): Promise<string> {
    const names = await this.all();
    if (names.includes(domain)) return domain;
    return names.find((name) => isAtOrBelow(name, domain)) ?? names[0] ?? 'unknown';
  }

  async #lookUp(): Promise<string[]> {
    const pointers = await this.#deadline.within(this.#dns.ptr(this.#address));
    if (pointers.kind !== 'found') return [];
    const names = pointers.records.slice(0, MAX_NAMES).flatMap((name) => queryName(name) ?? []);
    const confirmed = await Promise.all(names.map((name) => this.#leadsBack(name)));
    return names.filter((_, i) => confirmed[i]);
  }

  async #leadsBack(name: string): Promise<boolean> {
    const isIpv6 = this.#address.includes(':');
    const answer = await this.#deadline.within(isIpv6 ? this.#dns.aaaa(name) : this.#dns.a(name));
    const own = addressDigits(this.#address);
    return answer.kind === 'found' && answer.records.some((address) => addressDigits(address) === own);
  }
}

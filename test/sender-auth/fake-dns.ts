/** A DNS out of an object: names in lower case, each with its records by type, or `unknown` for a name that times out. */
import type { Answer, Dns, MailExchanger } from '../../src/dns/dns.ts';
import { reverseName } from '../../src/dns/reverse-name.ts';

export interface FakeRecords {
  readonly A?: readonly string[];
  readonly AAAA?: readonly string[];
  readonly MX?: readonly string[];
  readonly TXT?: readonly string[];
  readonly PTR?: readonly string[];
}

export type FakeZone = Readonly<Record<string, FakeRecords | 'unknown'>>;

export class FakeDns implements Dns {
  readonly asked: string[] = [];
  readonly #zone: FakeZone;
  readonly #delayMs: number;

  constructor(zone: FakeZone, delayMs = 0) {
    this.#zone = zone;
    this.#delayMs = delayMs;
  }

  a(name: string): Promise<Answer<string>> {
    return this.#answer(name, 'A');
  }
  aaaa(name: string): Promise<Answer<string>> {
    return this.#answer(name, 'AAAA');
  }
  txt(name: string): Promise<Answer<string>> {
    return this.#answer(name, 'TXT');
  }
  ns(name: string): Promise<Answer<string>> {
    return Promise.reject(new Error(`nobody should ask for the name servers of ${name}`));
  }
  ptr(address: string): Promise<Answer<string>> {
    return this.#answer(reverseName(address), 'PTR');
  }
  async mx(name: string): Promise<Answer<MailExchanger>> {
    const answer = await this.#answer(name, 'MX');
    if (answer.kind !== 'found') return answer;
    return { kind: 'found', records: answer.records.map((exchange, i) => ({ preference: i, exchange })) };
  }

  async #answer(name: string, type: keyof FakeRecords): Promise<Answer<string>> {
    this.asked.push(`${type} ${name}`);
    if (this.#delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.#delayMs));
    const node = this.#zone[name.toLowerCase()];
    if (node === 'unknown') return { kind: 'unknown', why: 'ETIMEOUT' };
    if (!node) return { kind: 'absent', why: this.#isAbove(name) ? 'nodata' : 'nxdomain' };
    const records = node[type];
    return records ? { kind: 'found', records } : { kind: 'absent', why: 'nodata' };
  }

  #isAbove(name: string): boolean {
    return Object.keys(this.#zone).some((known) => known.endsWith(`.${name.toLowerCase()}`));
  }
}

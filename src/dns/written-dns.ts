/**
 * A DNS that is written down: lines of `name TYPE data`, as in the tests beside a configuration. An address on the left
 * stands for its reverse name, `192.0.2.5@list.example` for the name that a DNS list is asked by. `name SERVFAIL` cannot be
 * known now; what is not written does not exist.
 */
import { isIP } from 'node:net';
import type { Answer, Dns, MailExchanger } from './dns.ts';
import { plainName, reversedAddress, reverseName } from './reverse-name.ts';

const TYPES: ReadonlySet<string> = new Set(['A', 'AAAA', 'MX', 'NS', 'PTR', 'TXT']);

export class WrittenDns implements Dns {
  /** By `TYPE name`. */
  readonly #records = new Map<string, string[]>();
  readonly #names = new Set<string>();
  readonly #unknown = new Set<string>();

  /** Throws a RangeError that says what is wrong with a line. */
  constructor(lines: Iterable<string> = []) {
    for (const line of lines) this.#add(line);
  }

  a(name: string): Promise<Answer<string>> {
    return this.#ask('A', name, (data) => data);
  }

  aaaa(name: string): Promise<Answer<string>> {
    return this.#ask('AAAA', name, (data) => data);
  }

  async mx(name: string): Promise<Answer<MailExchanger>> {
    const answer = await this.#ask('MX', name, readExchanger);
    if (answer.kind !== 'found') return answer;
    return { ...answer, records: answer.records.toSorted((a, b) => a.preference - b.preference) };
  }

  ns(name: string): Promise<Answer<string>> {
    return this.#ask('NS', name, plainName);
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#ask('TXT', name, (data) => data.replace(/^"(.*)"$/, '$1').replaceAll('" "', ''));
  }

  ptr(address: string): Promise<Answer<string>> {
    return this.#ask('PTR', reverseName(address), plainName);
  }

  #add(line: string): void {
    const [, written = '', type = '', data = ''] = /^(\S+)\s+(\S+)\s*(.*)$/.exec(line.trim()) ?? [];
    const name = ownName(written).toLowerCase();
    const kind = type.toUpperCase();
    if (kind === 'SERVFAIL') this.#unknown.add(name);
    else if (!TYPES.has(kind))
      throw new RangeError(`unknown type "${type}"; use ${[...TYPES].join(', ')}, SERVFAIL`);
    else if (data === '') throw new RangeError(`there is nothing behind ${type}`);
    else this.#records.set(`${kind} ${name}`, [...(this.#records.get(`${kind} ${name}`) ?? []), data]);
    this.#names.add(name);
  }

  async #ask<T>(type: string, asked: string, read: (data: string) => T): Promise<Answer<T>> {
    const name = plainName(asked).toLowerCase();
    if (this.#unknown.has(name)) return { kind: 'unknown', why: 'ESERVFAIL' };
    const found = this.#records.get(`${type} ${name}`);
    if (found) return { kind: 'found', records: found.map(read) };
    return { kind: 'absent', why: this.#names.has(name) ? 'nodata' : 'nxdomain' };
  }
}

function ownName(written: string): string {
  const [address = '', zone] = written.split('@');
  if (zone !== undefined) return `${isIP(address) > 0 ? reversedAddress(address) : address}.${zone}`;
  return isIP(written) > 0 ? reverseName(written) : plainName(written);
}

function readExchanger(data: string): MailExchanger {
  const [preference = '', exchange = ''] = data.split(/\s+/);
  return { preference: Number(preference), exchange: plainName(exchange) };
}

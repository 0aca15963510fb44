/** The zones of the RFC 7208 test suite as a `Dns`; how the suite means them is described in test/suites/README.md. */
import type { Answer, Dns, MailExchanger } from '../../src/dns/dns.ts';
import { reverseName } from '../../src/dns/reverse-name.ts';

/** `TIMEOUT`, or `{ type: value }`; an MX value is `[preference, name]`, a TXT value one or more strings. */
type SuiteRecord = string | Readonly<Record<string, unknown>>;

export interface SuiteScenario {
  readonly description: string;
  readonly zonedata: Readonly<Record<string, readonly SuiteRecord[]>>;
  readonly tests: Readonly<Record<string, SuiteCase>>;
}

export interface SuiteCase {
  readonly host: string;
  readonly helo: string;
  readonly mailfrom: string;
  readonly receiver?: string;
  readonly result: string | readonly string[];
  readonly explanation?: string;
}

const TIME_OUT: Answer<never> = { kind: 'unknown', why: 'ETIMEOUT' };

export class SuiteDns implements Dns {
  readonly #names = new Map<string, readonly SuiteRecord[]>();

  constructor(zone: SuiteScenario['zonedata']) {
    for (const [name, records] of Object.entries(zone)) {
      this.#names.set(name.toLowerCase(), withTxt(records));
    }
  }

  async a(name: string): Promise<Answer<string>> {
    return this.#texts(name, 'A');
  }
  async aaaa(name: string): Promise<Answer<string>> {
    return this.#texts(name, 'AAAA');
  }
  async ns(name: string): Promise<Answer<string>> {
    return this.#texts(name, 'NS');
  }
  async ptr(address: string): Promise<Answer<string>> {
    return this.#texts(reverseName(address), 'PTR');
  }
  async txt(name: string): Promise<Answer<string>> {
    return mapped(this.#answer(name, 'TXT'), (value) => [value].flat().join(''));
  }
  async mx(name: string): Promise<Answer<MailExchanger>> {
    return mapped(this.#answer(name, 'MX'), (value) => {
      const [preference, exchange] = value as [number, string];
      return { preference, exchange: exchange.toLowerCase() };
    });
  }

  #texts(name: string, type: string): Answer<string> {
    return mapped(this.#answer(name, type), String);
  }

  #answer(name: string, type: string, depth = 0): Answer<unknown> {
    const records = this.#names.get(name.toLowerCase());
    if (!records) return { kind: 'absent', why: 'nxdomain' };
    const found: unknown[] = [];
    for (const record of records) {
      if (typeof record === 'string') {
        if (found.length === 0) return TIME_OUT;
        break;
      }
      const alias = record.CNAME;
      if (alias !== undefined) return depth > 3 ? TIME_OUT : this.#answer(String(alias), type, depth + 1);
      if (record[type] === 'TIMEOUT') return TIME_OUT;
      if (type in record) found.push(record[type]);
    }
    return found.length > 0 ? { kind: 'found', records: found } : { kind: 'absent', why: 'nodata' };
  }
}

/** An SPF record stands for a TXT record of the same text where the name has no TXT entry of its own. */
function withTxt(records: readonly SuiteRecord[]): SuiteRecord[] {
  const own = records.some((record) => typeof record !== 'string' && 'TXT' in record);
  const all = records.flatMap((record): SuiteRecord[] => {
    if (typeof record === 'string' || !('SPF' in record)) return [record];
    return own ? [] : [{ TXT: record.SPF }];
  });
  return all.filter((record) => typeof record === 'string' || record.TXT !== 'NONE');
}

function mapped<T>(answer: Answer<unknown>, each: (value: unknown) => T): Answer<T> {
  return answer.kind === 'found' ? { kind: 'found', records: answer.records.map(each) } : answer;
}

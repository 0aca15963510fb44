/**
 * Asks name servers, and answers found, absent or unknown. Parameters: dns_servers, dns_timeout, dns_tries. RFC 1035,
 * RFC 2308. SERVFAIL, REFUSED and silence go to the next server; when none answers the result is unknown, kept for a
 * moment so that a dead zone does not stall every mail. Servers that have been silent for a while are asked last.
 */
import { getServers } from 'node:dns';
import { AnswerCache, type Timed } from './cache.ts';
import type { Answer, Dns, MailExchanger } from './dns.ts';
import { NameServer } from './name-server.ts';
import { A, AAAA, MX, NS, PTR, type RecordType, TXT } from './record-types.ts';
import { plainName, reverseName } from './reverse-name.ts';

export interface ResolverOptions {
  /** `127.0.0.1:5353`, `[::1]:53`; empty: those of the system. */
  readonly servers: readonly string[];
  /** For one question to one server. */
  readonly timeoutMs: number;
  readonly tries: number;
  /** Questions under way at once, per server. */
  readonly concurrency?: number;
  readonly cacheEntries?: number;
  readonly now?: () => number;
  /** Hears every answer of a name server: `A mail.example.com`. */
  readonly onAnswer?: (question: string, answer: Answer<unknown>) => void;
}

const CACHE_ENTRIES = 20_000;
const CONCURRENCY = 64;
const UNKNOWN_TTL_MS = 2_000;
const NO_NAME: Answer<never> = { kind: 'absent', why: 'nxdomain' };

export class Resolver implements Dns {
  readonly #cache: AnswerCache;
  readonly #servers: readonly NameServer[];
  readonly #tries: number;
  readonly #onAnswer: ResolverOptions['onAnswer'];

  constructor(options: ResolverOptions) {
    const { servers, timeoutMs, concurrency = CONCURRENCY } = options;
    this.#cache = new AnswerCache(options.cacheEntries ?? CACHE_ENTRIES, options.now);
    this.#tries = Math.max(1, options.tries);
    this.#onAnswer = options.onAnswer;
    const addresses = servers.length > 0 ? servers : getServers();
    this.#servers = addresses.map((address) => new NameServer(address, timeoutMs, concurrency));
  }

  a(name: string): Promise<Answer<string>> {
    return this.#ask(A, name);
  }

  aaaa(name: string): Promise<Answer<string>> {
    return this.#ask(AAAA, name);
  }

  mx(name: string): Promise<Answer<MailExchanger>> {
    return this.#ask(MX, name);
  }

  ns(name: string): Promise<Answer<string>> {
    return this.#ask(NS, name);
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#ask(TXT, name);
  }

  ptr(address: string): Promise<Answer<string>> {
    return this.#ask(PTR, reverseName(address));
  }

  /** Forgets what it knows, on reload. */
  forget(): void {
    this.#cache.clear();
  }

  #ask<T>(type: RecordType<T>, name: string): Promise<Answer<T>> {
    const asked = plainName(name);
    if (!isAskable(asked)) return Promise.resolve(NO_NAME);
    const question = `${type.name} ${asked.toLowerCase()}`;
    return this.#cache.get(question, () => this.#askAll(question, asked, type));
  }

  async #askAll<T>(question: string, name: string, type: RecordType<T>): Promise<Timed<T>> {
    let last: Timed<T> = { answer: { kind: 'unknown', why: 'no name server' }, ttlMs: UNKNOWN_TTL_MS };
    const servers = this.#servers.toSorted((a, b) => Number(a.isSilent) - Number(b.isSilent));
    for (let asked = 0; asked < this.#tries * servers.length; asked++) {
      const server = servers[asked % servers.length] as NameServer;
      last = await server.ask(type, name);
      if (last.answer.kind !== 'unknown') break;
    }
    this.#onAnswer?.(question, last.answer);
    return last.answer.kind === 'unknown' ? { answer: last.answer, ttlMs: UNKNOWN_TTL_MS } : last;
  }
}

function isAskable(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 253 &&
    name.split('.').every((label) => label.length > 0 && label.length <= 63)
  );
}

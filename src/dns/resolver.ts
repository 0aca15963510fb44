/**
 * Asks name servers over node:dns, one resolver for each server, and answers found, absent or unknown.
 * Parameters: dns_servers, dns_timeout, dns_tries. RFC 1035, RFC 2308.
 * SERVFAIL, REFUSED and silence go to the next server (c-ares alone only moves on after silence); when none
 * answers the result is unknown, kept for a moment so that a dead zone does not stall every mail.
 */
import { Resolver as NodeResolver } from 'node:dns/promises';
import { AnswerCache, type Timed } from './cache.ts';
import type { Answer, Dns, MailExchanger } from './dns.ts';
import { reverseName } from './reverse-name.ts';

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
const MAX_TTL_MS = 3_600_000;
/** node:dns tells no time to live for these. */
const OTHER_TTL_MS = 60_000;
const ABSENT_TTL_MS = 60_000;
const UNKNOWN_TTL_MS = 2_000;

interface Question<T> {
  readonly key: string;
  ask(resolver: NodeResolver): Promise<{ records: T[]; ttlMs: number }>;
}

export class Resolver implements Dns {
  readonly #cache: AnswerCache;
  readonly #servers: readonly { resolver: NodeResolver; gate: Gate }[];
  readonly #timeoutMs: number;
  readonly #tries: number;
  readonly #onAnswer: NonNullable<ResolverOptions['onAnswer']>;

  constructor(options: ResolverOptions) {
    this.#cache = new AnswerCache(options.cacheEntries ?? CACHE_ENTRIES, options.now);
    this.#timeoutMs = options.timeoutMs;
    this.#tries = Math.max(1, options.tries);
    this.#onAnswer = options.onAnswer ?? (() => {});
    const addresses = options.servers.length > 0 ? options.servers : new NodeResolver().getServers();
    this.#servers = addresses.map((address) => {
      const resolver = new NodeResolver({ timeout: options.timeoutMs, tries: 1 });
      resolver.setServers([address]);
      return { resolver, gate: new Gate(options.concurrency ?? CONCURRENCY) };
    });
  }

  a(name: string): Promise<Answer<string>> {
    return this.#ask(
      name,
      'A',
      addressesOf((resolver, asked) => resolver.resolve4(asked, { ttl: true })),
    );
  }

  aaaa(name: string): Promise<Answer<string>> {
    return this.#ask(
      name,
      'AAAA',
      addressesOf((resolver, asked) => resolver.resolve6(asked, { ttl: true })),
    );
  }

  mx(name: string): Promise<Answer<MailExchanger>> {
    return this.#ask(name, 'MX', async (resolver, asked) => {
      const records = await resolver.resolveMx(asked);
      const list = records.map(({ priority, exchange }) => ({
        preference: priority,
        exchange: plainName(exchange),
      }));
      return { records: list.sort((a, b) => a.preference - b.preference), ttlMs: OTHER_TTL_MS };
    });
  }

  ns(name: string): Promise<Answer<string>> {
    return this.#ask(
      name,
      'NS',
      namesOf((resolver, asked) => resolver.resolveNs(asked)),
    );
  }

  txt(name: string): Promise<Answer<string>> {
    return this.#ask(name, 'TXT', async (resolver, asked) => {
      const records = await resolver.resolveTxt(asked);
      return { records: records.map((strings) => strings.join('')), ttlMs: OTHER_TTL_MS };
    });
  }

  ptr(address: string): Promise<Answer<string>> {
    return this.#ask(
      reverseName(address),
      'PTR',
      namesOf((resolver, asked) => resolver.resolvePtr(asked)),
    );
  }

  /** Forgets what it knows, on reload. */
  forget(): void {
    this.#cache.clear();
  }

  #ask<T>(
    name: string,
    type: string,
    ask: (resolver: NodeResolver, name: string) => Promise<{ records: T[]; ttlMs: number }>,
  ): Promise<Answer<T>> {
    const asked = plainName(name);
    if (!isAskable(asked)) return Promise.resolve({ kind: 'absent', why: 'nxdomain' });
    const question: Question<T> = {
      key: `${type} ${asked.toLowerCase()}`,
      ask: (resolver) => ask(resolver, asked),
    };
    return this.#cache.get(question.key, async () => {
      const timed = await this.#askAll(question);
      this.#onAnswer(question.key, timed.answer);
      return timed;
    });
  }

  async #askAll<T>(question: Question<T>): Promise<Timed<T>> {
    let why = 'no name server';
    for (let round = 0; round < this.#tries; round++) {
      for (const server of this.#servers) {
        const answer = await server.gate.through(() => this.#askOne(question, server.resolver));
        if (answer.answer.kind !== 'unknown') return answer;
        why = answer.answer.why;
      }
    }
    return { answer: { kind: 'unknown', why }, ttlMs: UNKNOWN_TTL_MS };
  }

  async #askOne<T>(question: Question<T>, resolver: NodeResolver): Promise<Timed<T>> {
    try {
      const { records, ttlMs } = await withDeadline(question.ask(resolver), this.#timeoutMs);
      if (records.length === 0) return absence('nodata');
      const keptMs = Math.min(ttlMs, MAX_TTL_MS);
      return { answer: { kind: 'found', records, ttlMs: keptMs }, ttlMs: keptMs };
    } catch (error) {
      return failure(error);
    }
  }
}

/** What each code of node:dns means. Anything else cannot be known now. */
const ABSENT_CODES = new Map<string, 'nxdomain' | 'nodata'>([
  ['ENOTFOUND', 'nxdomain'],
  ['ENODATA', 'nodata'],
  ['EBADNAME', 'nxdomain'],
]);

function failure<T>(error: unknown): Timed<T> {
  const code = String((error as { code?: unknown }).code ?? error);
  const why = ABSENT_CODES.get(code);
  return why ? absence(why) : { answer: { kind: 'unknown', why: code }, ttlMs: 0 };
}

/** node:dns does not tell for how long (RFC 2308 5). */
function absence(why: 'nxdomain' | 'nodata'): Timed<never> {
  return { answer: { kind: 'absent', why, ttlMs: ABSENT_TTL_MS }, ttlMs: ABSENT_TTL_MS };
}

function addressesOf(
  ask: (resolver: NodeResolver, name: string) => Promise<{ address: string; ttl: number }[]>,
) {
  return async (resolver: NodeResolver, name: string) => {
    const records = await ask(resolver, name);
    const ttl = Math.min(...records.map((record) => record.ttl));
    return { records: records.map((record) => record.address), ttlMs: ttl * 1000 };
  };
}

function namesOf(ask: (resolver: NodeResolver, name: string) => Promise<string[]>) {
  return async (resolver: NodeResolver, name: string) => {
    const records = await ask(resolver, name);
    return { records: records.map(plainName), ttlMs: OTHER_TTL_MS };
  };
}

/** Upper and lower case stay as the name server wrote them: patterns of operators can tell them apart, as in Postfix. */
function plainName(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

function isAskable(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= 253 &&
    name.split('.').every((label) => label.length > 0 && label.length <= 63)
  );
}

/** node:dns time-outs are coarse: three hundred milliseconds may take six hundred. */
function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(Object.assign(new Error('time-out'), { code: 'ETIMEOUT' })),
      timeoutMs,
    );
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Lets so many through at once; the others wait in line. */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  async through<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/**
 * One name server, asked over node:dns: so many questions at once, each with a deadline. What it says is a value, and so
 * is its silence: three of four questions to block lists have no answer, and an exception for each would cost twice the
 * question itself.
 */
import { Resolver as NodeResolver, type RecordWithTtl } from 'node:dns';
import type { Timed } from './cache.ts';
import type { MailExchanger } from './dns.ts';

/** Asks a question; `heard` is called once, with an error or with records. */
export type Ask<T> = (resolver: NodeResolver, name: string, heard: Heard<T>) => void;
type Heard<T> = (error: Error | null, records?: readonly T[], ttlMs?: number) => void;

const MAX_TTL_MS = 3_600_000;
/** node:dns tells no time to live for these. */
const OTHER_TTL_MS = 60_000;
const ABSENT_TTL_MS = 60_000;

export class NameServer {
  readonly #resolver: NodeResolver;
  readonly #timeoutMs: number;
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** `places`: questions under way at once; the others wait in line. */
  constructor(address: string, timeoutMs: number, places: number) {
    this.#resolver = new NodeResolver({ timeout: timeoutMs, tries: 1 });
    this.#resolver.setServers([address]);
    this.#timeoutMs = timeoutMs;
    this.#free = places;
  }

  /** Never rejects. */
  ask<T>(ask: Ask<T>, name: string): Promise<Timed<T>> {
    return new Promise((resolve) => {
      if (this.#free > 0) this.#begin(ask, name, resolve);
      else this.#waiting.push(() => this.#begin(ask, name, resolve));
    });
  }

  #begin<T>(ask: Ask<T>, name: string, resolve: (answer: Timed<T>) => void): void {
    this.#free -= 1;
    let isOver = false;
    const end = (answer: Timed<T>) => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      this.#free += 1;
      resolve(answer);
      this.#waiting.shift()?.();
    };
    // node:dns time-outs are coarse: three hundred milliseconds may take six hundred
    const timer = setTimeout(end, this.#timeoutMs, SILENCE);
    try {
      ask(this.#resolver, name, (error, records, ttlMs) => end(answerOf(error, records, ttlMs)));
    } catch (error) {
      end(answerOf<T>(error as Error)); // a name that c-ares does not even ask for
    }
  }
}

const SILENCE: Timed<never> = { answer: { kind: 'unknown', why: 'ETIMEOUT' }, ttlMs: 0 };

/** What each code of node:dns means. Anything else cannot be known now. */
const ABSENT_CODES = new Map<string, 'nxdomain' | 'nodata'>([
  ['ENOTFOUND', 'nxdomain'],
  ['ENODATA', 'nodata'],
  ['EBADNAME', 'nxdomain'],
]);

function answerOf<T>(error: Error | null, records: readonly T[] = [], ttlMs = OTHER_TTL_MS): Timed<T> {
  if (error) return failure(error);
  if (records.length === 0) return absence('nodata');
  const keptMs = Math.min(ttlMs, MAX_TTL_MS);
  return { answer: { kind: 'found', records, ttlMs: keptMs }, ttlMs: keptMs };
}

function failure(error: Error): Timed<never> {
  const code = String((error as NodeJS.ErrnoException).code ?? error);
  const why = ABSENT_CODES.get(code);
  return why ? absence(why) : { answer: { kind: 'unknown', why: code }, ttlMs: 0 };
}

/** node:dns does not tell for how long (RFC 2308 5). */
function absence(why: 'nxdomain' | 'nodata'): Timed<never> {
  return { answer: { kind: 'absent', why, ttlMs: ABSENT_TTL_MS }, ttlMs: ABSENT_TTL_MS };
}

const WITH_TTL = { ttl: true } as const;

export const askA: Ask<string> = (resolver, name, heard) =>
  resolver.resolve4(name, WITH_TTL, (error, found) => addresses(error, found, heard));

export const askAaaa: Ask<string> = (resolver, name, heard) =>
  resolver.resolve6(name, WITH_TTL, (error, found) => addresses(error, found, heard));

export const askMx: Ask<MailExchanger> = (resolver, name, heard) =>
  resolver.resolveMx(name, (error, found) => {
    const list = error ? [] : found.map(mailExchanger);
    heard(
      error,
      list.sort((a, b) => a.preference - b.preference),
    );
  });

export const askNs: Ask<string> = (resolver, name, heard) =>
  resolver.resolveNs(name, (error, found) => heard(error, error ? [] : found.map(plainName)));

export const askPtr: Ask<string> = (resolver, name, heard) =>
  resolver.resolvePtr(name, (error, found) => heard(error, error ? [] : found.map(plainName)));

export const askTxt: Ask<string> = (resolver, name, heard) =>
  resolver.resolveTxt(name, (error, found) =>
    heard(error, error ? [] : found.map((strings) => strings.join(''))),
  );

function addresses(error: Error | null, found: readonly RecordWithTtl[], heard: Heard<string>): void {
  if (error) heard(error);
  else {
    const ttls = found.map((record) => record.ttl);
    const texts = found.map((record) => record.address);
    heard(null, texts, Math.min(...ttls) * 1000);
  }
}

function mailExchanger({ priority, exchange }: { priority: number; exchange: string }): MailExchanger {
  return { preference: priority, exchange: plainName(exchange) };
}

/** Upper and lower case stay as the name server wrote them: patterns of operators can tell them apart, as in Postfix. */
export function plainName(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

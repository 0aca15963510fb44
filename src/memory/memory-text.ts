/** Entries of the memory as facts for people: what list and show print. */
import { readCorrespondence } from './correspondents.ts';
import { readClient, readTriplet } from './greylist-record.ts';
import type { Entry } from './store.ts';
import { readVerify } from './verify-record.ts';

export type Facts = Readonly<Record<string, string | number | readonly string[] | undefined>>;

const time = (at: number) => new Date(at).toISOString();
const seconds = (ms: number) => Math.round(ms / 1_000);

/** A triplet: `identity sender recipient`. Undefined for what is none. */
export function tripletFacts({ key, value, expiresAt }: Entry): Facts | undefined {
  const record = readTriplet(value);
  if (!record) return undefined;
  const [identity, sender, recipient] = key.split(' ');
  const common = { key, identity, sender, recipient, state: record.kind, first: time(record.firstAt) };
  if (record.kind === 'waiting') return { ...common, expires: time(expiresAt) };
  return {
    ...common,
    passed: time(record.passedAt),
    seen: time(record.seenAt),
    delay_seconds: seconds(record.passedAt - record.firstAt),
    expires: time(expiresAt),
  };
}

/** A client that came back. Undefined for what is none. */
export function clientFacts({ key, value, expiresAt }: Entry): Facts | undefined {
  const record = readClient(value);
  if (!record) return undefined;
  const { returns, delayed, delaySumMs, delayMaxMs } = record;
  return {
    key,
    returns,
    first: time(record.firstAt),
    last: time(record.countedAt),
    delayed,
    delay_mean_seconds: delayed > 0 ? seconds(delaySumMs / delayed) : 0,
    delay_max_seconds: seconds(delayMaxMs),
    expires: time(expiresAt),
  };
}

/** An address that was verified. Undefined for what is none. */
export function verifyFacts({ key, value, expiresAt }: Entry): Facts | undefined {
  const record = readVerify(value);
  if (!record) return undefined;
  return {
    key,
    status: record.status,
    ...(record.updatedAt > 0 ? { asked: time(record.updatedAt) } : {}),
    text: record.text,
    expires: time(expiresAt),
  };
}

/** A stranger whom our users write to. */
export function correspondentFacts({ key, value, expiresAt }: Entry): Facts {
  const users = Object.entries(readCorrespondence(value).users).sort(([, a], [, b]) => b - a);
  const [latest] = users;
  return {
    key,
    users: users.map(([user]) => user),
    ...(latest ? { last: time(latest[1]) } : {}),
    expires: time(expiresAt),
  };
}

/** One line: the key, and the rest in words. */
export function factsLine({ key, ...facts }: Facts): string {
  const words = Object.entries(facts).flatMap(([name, fact]) =>
    fact === undefined || String(key).split(' ').includes(String(fact)) ? [] : [`${name}=${wordOf(fact)}`],
  );
  return [key, ...words].join('  ');
}

/** Several lines, for show. */
export function factsLines(facts: Facts): string {
  const rows = Object.entries(facts).filter(([, fact]) => fact !== undefined);
  return rows.map(([name, fact]) => `${name.padEnd(20)}${wordOf(fact)}`).join('\n');
}

function wordOf(fact: Facts[string]): string {
  return Array.isArray(fact) ? fact.join(',') : String(fact);
}

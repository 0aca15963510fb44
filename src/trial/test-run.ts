/**
 * Runs the tests beside a configuration. Each lives in a world of its own: the DNS that it writes down, no memory, nobody to
 * ask. A test that is not passed is a complaint about its line, with what came instead.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { World } from '../assembly/world.ts';
import type { Dns } from '../dns/dns.ts';
import { WrittenDns } from '../dns/written-dns.ts';
import { dunno } from '../mail/verdict.ts';
import { MapStore } from '../memory/map-store.ts';
import type { Attempt } from '../record/attempt.ts';
import { silentLog } from '../record/log.ts';
import type { Complaint } from '../settings/complaint.ts';
import { ComplaintBook } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import { confirmedNames, HYPOTHETICAL_TLS, type Hypothesis } from './hypothesis.ts';
import { type PolicyTest, readTests } from './test-file.ts';
import { NoSuchService, Trial } from './trial.ts';

export const TEST_FILE = 'tests';

export interface TestReport {
  /** How many tests there were. */
  readonly count: number;
  readonly complaints: readonly Complaint[];
}

/** The tests of a configuration directory, if it has any. */
export async function runTests(configuration: Configuration): Promise<TestReport> {
  const path = join(configuration.directory, TEST_FILE);
  if (!existsSync(path)) return { count: 0, complaints: [] };
  const book = new ComplaintBook();
  const tests = readTests(readFileSync(path, 'utf8'), TEST_FILE, book.add);
  const world = new TestWorld();
  const trial = await Trial.prepare({ configuration, world, log: silentLog });
  try {
    for (const test of tests) {
      world.become(test);
      const problem = await problemOf(test, trial, configuration.directory);
      if (problem) book.add({ source: test.source, severity: 'error', ...problem });
    }
  } finally {
    await trial.close();
  }
  return { count: tests.length, complaints: book.all() };
}

type Problem = Pick<Complaint, 'problem' | 'remedy'>;

async function problemOf(test: PolicyTest, trial: Trial, directory: string): Promise<Problem | undefined> {
  const failed = (what: string): Problem => ({ problem: `test "${test.name}" failed: ${what}`, remedy: '' });
  try {
    const attempts = await trial.judge(hypothesisOf(test, directory));
    const wrong = attempts.find((attempt) => !isAsExpected(attempt, test));
    return wrong && { ...failed(`${wanted(test)}, but ${told(wrong)}`), remedy: 'mend the rule or the test' };
  } catch (error) {
    if (error instanceof NoSuchService) return failed(error.message);
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return failed(`${path}: ${(error as Error).message}`);
  }
}

function hypothesisOf(test: PolicyTest, directory: string): Hypothesis {
  const { client, clientName, message } = test;
  return {
    service: test.service,
    client: { address: client, names: clientName === undefined ? undefined : confirmedNames(clientName) },
    helo: test.helo,
    tls: test.tls ? HYPOTHETICAL_TLS : undefined,
    saslUsername: test.user,
    sender: test.from,
    recipients: test.to,
    message: message === undefined ? undefined : readFileSync(join(directory, message)),
  };
}

function isAsExpected({ verdict, restriction = '', rule, reply }: Attempt, test: PolicyTest): boolean {
  if (verdict !== test.expect) return false;
  if (test.by !== undefined && test.by !== rule && !restriction.startsWith(test.by)) return false;
  return test.reply === undefined || isLike(reply, test.reply);
}

/** Whether the reply begins so. */
function isLike(reply: string, pattern: string): boolean {
  let at = 0;
  for (const [i, part] of pattern.split('*').entries()) {
    const found = reply.indexOf(part, at);
    if (found < 0 || (i === 0 && found > 0)) return false;
    at = found + part.length;
  }
  return true;
}

function wanted({ expect, by, reply }: PolicyTest): string {
  return [`expected ${expect}`, by && `by ${by}`, reply && `with "${reply}"`].filter(Boolean).join(' ');
}

function told({ verdict, restriction, rule, reply, stage }: Attempt): string {
  const by = restriction ? ` by ${restriction} (${rule})` : '';
  return `got ${verdict} at ${stage}${by} with "${reply}"`;
}

/** The world of one test after the other. */
class TestWorld implements World {
  readonly dns: Dns;
  readonly trustsLists = true;
  readonly asksPolicyServices = false;
  readonly asksOthers = false;
  #zone: Dns = new WrittenDns();
  #store = new MapStore();
  #known = true;

  constructor() {
    this.dns = {
      a: (name) => this.#zone.a(name),
      aaaa: (name) => this.#zone.aaaa(name),
      mx: (name) => this.#zone.mx(name),
      ns: (name) => this.#zone.ns(name),
      txt: (name) => this.#zone.txt(name),
      ptr: (address) => this.#zone.ptr(address),
    };
  }

  become({ dns, known }: PolicyTest): void {
    this.#zone = new WrittenDns(dns);
    this.#known = known;
    this.#store.clear();
  }

  store(): MapStore {
    return this.#store;
  }

  /** Who is known has no trouble with memory. */
  recorded(restriction: string) {
    return this.#known || restriction.startsWith('sleep ') ? dunno : undefined;
  }
}

/**
 * Whether a DNS list is in service: tested when it is first used, then every half hour, sooner when it is out of service.
 * A list that lists the whole world, or refuses to answer, goes out of service by itself and comes back by itself; the
 * log tells it once. A list that is silent stays in service, since silence refuses no mail, but after some questions
 * without an answer nobody waits for it any more, until it answers a test.
 */
import type { Log } from '../record/log.ts';
import type { Dns } from './dns.ts';
import { shownZone } from './list-key.ts';
import { type ListKind, type TestResult, testList } from './list-test.ts';

export interface ListHealthOptions {
  readonly zone: string;
  readonly kind: ListKind;
  readonly dns: Dns;
  readonly log: Log;
  readonly now: () => number;
  /** It is never tested, and always in service. */
  readonly trusted: boolean;
}

export const TEST_EVERY_MS = 1_800_000;
/** A list that is out of service is tested so often. */
export const RETEST_EVERY_MS = 300_000;
/** Mail waits so long for the first test of a list; the answer of the list itself takes about as long. */
const FIRST_TEST_MS = 3_000;
/** Strange answers start a test of their own, but not more often than this. */
const RECHECK_AFTER_MS = 60_000;
/** So many questions in a row without an answer, and the list is not waited for. */
const SILENT_AFTER = 5;
/** Then it is tested so often, as long as there is mail to ask about. */
const RETEST_SILENT_MS = 5_000;

/** What the last test found, and how long the list took. */
export type Tested = TestResult & { readonly ms: number };

export class ListHealth {
  readonly #options: ListHealthOptions;
  #problem: string | undefined;
  /** What is noteworthy about a list in service. */
  #note: string | undefined;
  #since: number;
  /** Why the last questions were not answered, and how many of them there were in a row. */
  #silence: { readonly why: string; readonly questions: number } | undefined;
  #last: Tested | undefined;
  #testedAt = Number.NEGATIVE_INFINITY;
  #testing: Promise<void> | undefined;

  constructor(options: ListHealthOptions) {
    this.#options = options;
    this.#since = options.now();
  }

  /** Why the list is out of service; undefined: it is in service. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get note(): string | undefined {
    return this.#note;
  }

  /** Why it is not worth waiting for an answer; undefined: it is. */
  get silence(): string | undefined {
    const { questions = 0, why } = this.#silence ?? {};
    return questions >= SILENT_AFTER ? `no answer to the last ${questions} questions: ${why}` : undefined;
  }

  get lastTest(): Tested | undefined {
    return this.#last;
  }

  /** Since when it has been in this state, milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  get isTested(): boolean {
    return this.#testedAt > Number.NEGATIVE_INFINITY;
  }

  /** Resolves when a first opinion is there; at once when there is one. */
  known(): Promise<void> | undefined {
    if (this.#options.trusted) return undefined;
    if (this.isTested) {
      if (this.isDue) void this.test();
      return undefined;
    }
    return withinTime(this.test(), FIRST_TEST_MS);
  }

  get isDue(): boolean {
    return this.#options.now() - this.#testedAt >= this.#testEveryMs;
  }

  get #testEveryMs(): number {
    if (this.silence !== undefined) return RETEST_SILENT_MS;
    return this.#problem === undefined ? TEST_EVERY_MS : RETEST_EVERY_MS;
  }

  /** A question was answered, with whatever. */
  answered(): void {
    const { silence } = this;
    this.#silence = undefined;
    if (silence !== undefined) this.#options.log.info(`DNS list ${this.#shown} answers again`);
  }

  unanswered(why: string): void {
    if (this.#options.trusted) return;
    const wasSilent = this.silence !== undefined;
    this.#silence = { why, questions: (this.#silence?.questions ?? 0) + 1 };
    if (wasSilent || this.silence === undefined) return;
    this.#options.log.warn(
      `DNS list ${this.#shown} is not waited for until it answers a test: ${this.silence}`,
      { event: 'dns list silent', list: this.#shown },
    );
  }

  /** Tests again, after an answer that makes one wonder. */
  recheck(): Promise<void> | undefined {
    if (this.#options.trusted) return undefined;
    const isFresh = this.#options.now() - this.#testedAt < RECHECK_AFTER_MS;
    return isFresh && !this.#testing ? undefined : withinTime(this.test(), FIRST_TEST_MS);
  }

  /** One test at a time, for all who wait for it. Never rejects. */
  test(): Promise<void> {
    this.#testing ??= this.#test().finally(() => {
      this.#testing = undefined;
    });
    return this.#testing;
  }

  /** Takes the list out of service: it was caught in the act. */
  outOfService(problem: string): void {
    if (this.#problem === problem) return;
    const wasInService = this.#problem === undefined;
    this.#problem = problem;
    this.#note = undefined;
    if (wasInService) this.#since = this.#options.now();
    this.#options.log.warn(`DNS list ${this.#shown} is out of service: ${problem}`, {
      event: 'dns list out of service',
      list: this.#shown,
    });
  }

  async #test(): Promise<void> {
    const { zone, kind, dns, now } = this.#options;
    const began = now();
    const result = await testList(zone, kind, dns);
    this.#testedAt = now();
    this.#last = { ...result, ms: this.#testedAt - began };
    if (result.kind !== 'unknown') this.answered();
    switch (result.kind) {
      case 'bad':
        return this.outOfService(result.why);
      case 'unknown':
        return;
      case 'good':
        return this.#inService(undefined);
      case 'untested':
        return this.#inService(result.why);
    }
  }

  get #shown(): string {
    return shownZone(this.#options.zone);
  }

  #inService(note: string | undefined): void {
    const { log, now } = this.#options;
    const name = this.#shown;
    if (this.#problem !== undefined) {
      this.#problem = undefined;
      this.#since = now();
      log.info(`DNS list ${name} is in service again`, { event: 'dns list in service', list: name });
    }
    if (note !== undefined && note !== this.#note) log.info(`DNS list ${name} is used untested: ${note}`);
    this.#note = note;
  }
}

/** Waits for the work, but not longer than this. */
function withinTime(work: Promise<void>, atMostMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, atMostMs);
    void work.finally(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/**
 * Whether a DNS list is in service: tested when it is first used, then every half hour, sooner when it is out of service.
 * A list that lists the whole world, or refuses to answer, goes out of service by itself and comes back by itself; the
 * log tells it once. A list that is silent stays in service: silence refuses no mail.
 */
import type { Log } from '../record/log.ts';
import type { Dns } from './dns.ts';
import { shownZone } from './list-key.ts';
import { type ListKind, testList } from './list-test.ts';

export interface ListHealthOptions {
  readonly zone: string;
  readonly kind: ListKind;
  readonly dns: Dns;
  readonly log: Log;
  readonly now: () => number;
}

export const TEST_EVERY_MS = 1_800_000;
/** A list that is out of service is tested so often. */
export const RETEST_EVERY_MS = 300_000;
/** Mail waits so long for the first test of a list; the answer of the list itself takes about as long. */
const FIRST_TEST_MS = 3_000;
/** Strange answers start a test of their own, but not more often than this. */
const RECHECK_AFTER_MS = 60_000;

export class ListHealth {
  readonly #options: ListHealthOptions;
  #problem: string | undefined;
  /** What is noteworthy about a list in service. */
  #note: string | undefined;
  #since: number;
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

  /** Since when it has been in this state, milliseconds since 1970. */
  get since(): number {
    return this.#since;
  }

  get isTested(): boolean {
    return this.#testedAt > Number.NEGATIVE_INFINITY;
  }

  /** Resolves when a first opinion is there; at once when there is one. */
  known(): Promise<void> | undefined {
    if (this.isTested) {
      if (this.isDue) void this.test();
      return undefined;
    }
    return withinTime(this.test(), FIRST_TEST_MS);
  }

  get isDue(): boolean {
    const every = this.#problem === undefined ? TEST_EVERY_MS : RETEST_EVERY_MS;
    return this.#options.now() - this.#testedAt >= every;
  }

  /** Tests again, after an answer that makes one wonder. */
  recheck(): Promise<void> | undefined {
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
    const name = shownZone(this.#options.zone);
    this.#options.log.warn(`DNS list ${name} is out of service: ${problem}`, {
      event: 'dns list out of service',
      list: name,
    });
  }

  async #test(): Promise<void> {
    const { zone, kind, dns, now } = this.#options;
    const result = await testList(zone, kind, dns);
    this.#testedAt = now();
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

  #inService(note: string | undefined): void {
    const { zone, log, now } = this.#options;
    const name = shownZone(zone);
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

/**
 * Who fails to log in has to wait: a session after each failure, and an address that keeps failing before each further
 * attempt, one after the other however many connections it opens. The waits grow and are bounded, and they are constants
 * because nobody needs them otherwise: who types a password wrong does not notice them, who tries thousands does.
 * How many attempts are allowed at all is said by smtpd_client_auth_rate_limit, smtpd_hard_error_limit and fail2ban.
 * Each process counts by itself.
 */

/** The first wait; each further one is twice as long. */
const FIRST_MS = 250;
/** Of a session, after a failure. Below the time-outs of clients, even twenty times in a row. */
const MOST_AFTER_MS = 2_000;
/** Of an address, before an attempt. */
const MOST_BEFORE_MS = 4_000;
/** Failures that an address has free: several people behind one address mistype at times. */
const FREE_FAILURES = 10;
/** Attempts of one address that would have to wait longer than this for their turn are turned away for now. */
const LONGEST_QUEUE_MS = 10_000;
/** An address is forgotten when it has not failed for so long. */
const FORGET_MS = 600_000;
/** Addresses kept in mind; beyond that, those that have failed least recently are forgotten. */
const MAX_ADDRESSES = 20_000;

interface Record {
  failures: number;
  failedAt: number;
  /** When its next attempt may begin. */
  freeAt: number;
}

export class FailureDelay {
  readonly #records = new Map<string, Record>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** How long an attempt of this address has to wait, milliseconds; undefined: too many are waiting already. */
  beforeAttempt(address: string): number | undefined {
    const record = this.#current(address);
    if (!record || record.failures <= FREE_FAILURES) return 0;
    const now = this.#now();
    const pause = growing(record.failures - FREE_FAILURES, MOST_BEFORE_MS);
    const beginsAt = Math.max(now, record.freeAt) + pause;
    if (beginsAt - now > LONGEST_QUEUE_MS) return undefined;
    record.freeAt = beginsAt;
    return beginsAt - now;
  }

  /** Notes a failure; how long the session has to wait for its answer, milliseconds. */
  afterFailure(address: string, failuresOfSession: number): number {
    const record = this.#current(address) ?? { failures: 0, failedAt: 0, freeAt: 0 };
    record.failures += 1;
    record.failedAt = this.#now();
    this.#records.delete(address);
    this.#records.set(address, record); // the one that failed last stands last
    const [oldest] = this.#records.keys();
    if (this.#records.size > MAX_ADDRESSES && oldest !== undefined) this.#records.delete(oldest);
    return growing(failuresOfSession, MOST_AFTER_MS);
  }

  #current(address: string): Record | undefined {
    const record = this.#records.get(address);
    if (!record || this.#now() - record.failedAt <= FORGET_MS) return record;
    this.#records.delete(address);
    return undefined;
  }
}

function growing(times: number, mostMs: number): number {
  return Math.min(mostMs, FIRST_MS * 2 ** Math.min(times - 1, 20));
}

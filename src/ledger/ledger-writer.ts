/**
 * Writes what happens into the ledger, a little later and many at once: mail never waits for its story. What cannot be
 * written for a while waits in a line with a bound; beyond it, stories are lost, and the log says how many.
 * Parameters: ledger_retention, data_directory.
 */
import type { DatabaseSync } from 'node:sqlite';
import { Keeper } from '../database/keeper.ts';
import { DatabaseFailure, SharedDatabase } from '../database/shared-database.ts';
import type { Attempt } from '../record/attempt.ts';
import type { Log } from '../record/log.ts';
import { threadProgram } from '../thread-program.ts';
import { AnswerNews } from './answer-news.ts';
import { ledgerFormat } from './ledger-format.ts';
import { type KeptAnswer, LedgerStatements } from './ledger-statements.ts';

/** Stories are collected for so long. */
const COLLECT_MS = 250;
/**
 * Written in one go: some milliseconds. Rows of answers lie all over the file, so that a hundred of them write nearly as
 * many pages as six hundred, which is what a hundred refused clients ask.
 */
const BATCH = { attempts: 100, answers: 600 };
/** Until the next go: when it went well, when another process is writing, when the database cannot be used. */
const PAUSES_MS = { done: 1, busy: 10, failed: 5_000 };
/** Stories that wait at most, and answers of the DNS. */
const MOST_WAITING = 20_000;

export interface LedgerWriterOptions {
  readonly path: string;
  /** ledger_retention, milliseconds. */
  readonly retentionMs: number;
  /** ledger_size_limit, bytes. */
  readonly sizeLimitBytes: number;
  readonly log: Log;
  /** Whether this process may look after the file. */
  readonly housekeeping: boolean;
}

export class LedgerWriter {
  readonly #options: LedgerWriterOptions;
  readonly #database: SharedDatabase<LedgerStatements>;
  readonly #keeper: Keeper | undefined;
  readonly #news = new AnswerNews();
  #attempts: Attempt[] = [];
  #answers: KeptAnswer[] = [];
  #lost = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LedgerWriterOptions) {
    this.#options = options;
    this.#database = new SharedDatabase({
      path: options.path,
      format: ledgerFormat,
      prepare: (db: DatabaseSync) => new LedgerStatements(db),
      log: options.log,
      whileClosed: 'stories of mails wait in memory',
      whenLost: 'mail goes on, but history and explain begin anew',
    });
    if (options.housekeeping) this.#keeper = this.#employKeeper();
  }

  /** Takes the story of an attempt; it is written soon. */
  keep(attempt: Attempt): void {
    if (this.#attempts.length >= MOST_WAITING) this.#lost += 1;
    else this.#attempts.push(attempt);
    this.#timer ??= this.#later(COLLECT_MS);
  }

  /** A name server has answered; kept when it is news. `answer` as in dns/answer-text.ts. */
  answered(question: string, answer: string, now = Date.now()): void {
    if (this.#answers.length >= MOST_WAITING || !this.#news.isNews(question, answer, now)) return;
    this.#answers.push({ question, answer, time: now });
    this.#timer ??= this.#later(COLLECT_MS);
  }

  /** Writes what is waiting, as far as that can be done now. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#keeper?.close();
    while (this.#isWaiting && this.#writeSome() === 'done');
    this.#database.close();
  }

  get #isWaiting(): boolean {
    return this.#attempts.length + this.#answers.length > 0;
  }

  #later(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#write(), ms).unref();
  }

  #write(): void {
    const how = this.#writeSome();
    this.#timer = this.#isWaiting ? this.#later(PAUSES_MS[how]) : undefined;
  }

  #writeSome(): 'done' | 'busy' | 'failed' {
    const attempts = this.#attempts.slice(0, BATCH.attempts);
    const answers = this.#answers.slice(0, BATCH.answers);
    try {
      const { kind } = this.#database.attempt((statements) => statements.add(attempts, answers));
      if (kind === 'busy') return kind;
    } catch (error) {
      if (!(error instanceof DatabaseFailure)) throw error;
      return 'failed';
    }
    this.#attempts.splice(0, BATCH.attempts);
    this.#answers.splice(0, BATCH.answers);
    if (this.#lost > 0) {
      const { log } = this.#options;
      log.warn(
        `${this.#database.name}: ${this.#lost} stories of mails were lost while it could not be written`,
      );
      this.#lost = 0;
    }
    return 'done';
  }

  #employKeeper(): Keeper {
    const { path, retentionMs, sizeLimitBytes, log } = this.#options;
    return new Keeper({
      name: this.#database.name,
      program: threadProgram(import.meta.url, 'ledger-keeper-thread'),
      workerData: { path, retentionMs, sizeLimitBytes },
      log,
      look: () => this.#database.lookAtFile(),
      lease: (token, lifetimeMs) => {
        const taken = this.#database.attempt((statements) => statements.lease(token, lifetimeMs, Date.now()));
        return taken.kind === 'done' && taken.value;
      },
    });
  }
}

/**
 * The statements of the ledger for those who write, prepared once for each time the file is opened. A mail whose DATA was
 * refused may come to another end in the same transaction: the later record takes the place of the earlier one.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Attempt } from '../record/attempt.ts';
import { recordText } from './record-text.ts';

export interface KeptAnswer {
  readonly question: string;
  readonly answer: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** Recipients of one mail that can be searched for. */
const MOST_RECIPIENTS = 1_000;

export class LedgerStatements {
  readonly #db: DatabaseSync;
  readonly #attempt: StatementSync;
  readonly #record: StatementSync;
  readonly #answer: StatementSync;
  readonly #lease: StatementSync;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#attempt = db.prepare(
      `INSERT OR REPLACE INTO attempts (id, time, client, sender, recipients, verdict) VALUES (?, ?, ?, ?, ?, ?)`,
    );
    this.#record = db.prepare('INSERT OR REPLACE INTO records (id, record) VALUES (?, ?)');
    this.#answer = db.prepare('INSERT OR REPLACE INTO answers (question, time, answer) VALUES (?, ?, ?)');
    this.#lease = db.prepare(
      `INSERT INTO keeper (one, token, until) VALUES (1, ?, ?)
       ON CONFLICT DO UPDATE SET token = excluded.token, until = excluded.until
       WHERE token = excluded.token OR until < ?`,
    );
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  /** All or nothing. */
  add(attempts: readonly Attempt[], answers: readonly KeptAnswer[]): void {
    this.#begin.run();
    try {
      for (const attempt of attempts) this.#addAttempt(attempt);
      for (const { question, time, answer } of answers) this.#answer.run(question, time, answer);
      this.#commit.run();
    } catch (error) {
      if (this.#db.isTransaction) this.#rollback.run();
      throw error;
    }
  }

  /** Whether the lease is ours now. */
  lease(token: string, lifetimeMs: number, now: number): boolean {
    return Number(this.#lease.run(token, now + lifetimeMs, now).changes) > 0;
  }

  #addAttempt(attempt: Attempt): void {
    const { id, time, client_address, client_name, reverse_client_name, sender = '', verdict } = attempt;
    const names = client_name === 'unknown' ? reverse_client_name : client_name;
    const recipients = attempt.recipients.slice(0, MOST_RECIPIENTS).join(' ');
    const client = `${client_address} ${names}`.toLowerCase();
    this.#attempt.run(id, Date.parse(time), client, sender.toLowerCase(), recipients.toLowerCase(), verdict);
    this.#record.run(id, recordText(attempt));
  }
}

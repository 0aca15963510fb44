/**
 * What stands in the ledger's file: a narrow row for each attempt, to be searched quickly, its whole record beside it, who
 * its recipients are, and what the DNS answered. Texts to search in are in lower case.
 */
import type { DatabaseFormat } from '../database/database-file.ts';

export const ledgerFormat: DatabaseFormat = {
  schema: `
    CREATE TABLE attempts (
      seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, client TEXT NOT NULL,
      sender TEXT NOT NULL, recipients TEXT NOT NULL, verdict TEXT NOT NULL);
    CREATE INDEX attempts_by_time ON attempts (time);
    CREATE TABLE records (seq INTEGER PRIMARY KEY, record TEXT NOT NULL);
    CREATE TABLE recipients (
      address TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (address, seq)) WITHOUT ROWID;
    CREATE TABLE answers (
      question TEXT NOT NULL, time INTEGER NOT NULL, answer TEXT NOT NULL,
      PRIMARY KEY (question, time)) WITHOUT ROWID;
    CREATE INDEX answers_by_time ON answers (time);
    CREATE TABLE keeper (one INTEGER PRIMARY KEY CHECK (one = 1), token TEXT NOT NULL, until INTEGER NOT NULL);`,
  version: 1,
  cacheKiB: 8_192,
  pageSizeBytes: 16_384,
};

/** The name of the file in data_directory. */
export const LEDGER_FILE = 'ledger.db';

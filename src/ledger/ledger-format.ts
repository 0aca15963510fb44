/**
 * What stands in the ledger's file: a narrow row for each attempt, to be searched quickly, its whole record beside it, and
 * what the DNS answered. Ids are in the order of time (record/ids.ts), so that rows are appended, and a time is found by its
 * id without an index of its own. Texts to search in are in lower case.
 */
import type { DatabaseFormat } from '../database/database-file.ts';

export const ledgerFormat: DatabaseFormat = {
  schema: `
    CREATE TABLE attempts (
      id TEXT NOT NULL PRIMARY KEY, time INTEGER NOT NULL, client TEXT NOT NULL, sender TEXT NOT NULL,
      recipients TEXT NOT NULL, verdict TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE records (id TEXT NOT NULL PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID;
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

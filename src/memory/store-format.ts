/** What stands in the SQLite file of the store: one table without row ids, sorted by space and key, and by expiry. */
import type { DatabaseFormat } from '../database/database-file.ts';

export const storeFormat: DatabaseFormat = {
  schema: `
    CREATE TABLE IF NOT EXISTS entries (
      space INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, expires INTEGER NOT NULL,
      PRIMARY KEY (space, key)) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS entries_by_expiry ON entries (space, expires);`,
  version: 1,
  cacheKiB: 16_384,
  pageSizeBytes: 4_096,
};

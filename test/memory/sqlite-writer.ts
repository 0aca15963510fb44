/** A process that writes into an SQLite store and says what it has written, until it is killed. */

import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { silentLog } from '../../src/record/log.ts';

const [, , path = '', name = ''] = process.argv;
const store = new SqliteStore({ path, log: silentLog, housekeeping: true });
for (let i = 0; ; i++) {
  await store.update('greylist', `${name} ${i}`, (now) =>
    now ? undefined : { value: String(i), lifetimeMs: 3_600_000 },
  );
  process.stdout.write(`${i}\n`);
  if (i % 64 === 0) await new Promise(setImmediate);
}

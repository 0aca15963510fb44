/** The thread of the store's keeper: does the housework of the database named in its workerData until it is ended. */
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../database/database-file.ts';
import { type Housework, SqliteHousework } from './sqlite-housework.ts';
import { storeFormat } from './store-format.ts';

const FOLD_MS = 1_000;
const TIDY_MS = 30_000;
/** Nobody waits for this thread, so it may wait for others. */
const BUSY_MS = 10_000;

const { path } = workerData as { path: string };
const { db } = openDatabase(path, storeFormat);
db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
const housework = new SqliteHousework(db);
let tidiedAt = Number.NEGATIVE_INFINITY;

for (;;) {
  if (performance.now() - tidiedAt >= TIDY_MS) {
    report(await housework.tidy(Date.now()));
    tidiedAt = performance.now();
  }
  housework.fold();
  await setTimeout(FOLD_MS);
}

/** Only what an operator should know: a space was full. */
function report({ crowdedOut }: Housework): void {
  for (const [space, count] of Object.entries(crowdedOut)) {
    parentPort?.postMessage(`the space "${space}" is full: ${count} of the oldest entries were forgotten`);
  }
}

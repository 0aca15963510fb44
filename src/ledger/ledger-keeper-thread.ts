/** The thread of the ledger's keeper: does the housework of the file named in its workerData until it is ended. */
import { setTimeout } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { openDatabase } from '../database/database-file.ts';
import { ledgerFormat } from './ledger-format.ts';
import { LedgerHousework, type Retention } from './ledger-housework.ts';

const FOLD_MS = 1_000;
const TIDY_MS = 60_000;
/** Nobody waits for this thread, so it may wait for others. */
const BUSY_MS = 10_000;

const { path, ...retention } = workerData as { path: string } & Retention;
const { db } = openDatabase(path, ledgerFormat);
db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
const housework = new LedgerHousework(db, retention);
let tidiedAt = Number.NEGATIVE_INFINITY;

for (;;) {
  if (performance.now() - tidiedAt >= TIDY_MS) {
    const early = await housework.tidy(Date.now());
    if (early > 0)
      parentPort?.postMessage(`ledger_size_limit is reached: the ${early} oldest stories were forgotten`);
    tidiedAt = performance.now();
  }
  housework.fold();
  await setTimeout(FOLD_MS);
}

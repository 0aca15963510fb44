import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { openDatabase } from '../../src/database/database-file.ts';
import { spaces } from '../../src/memory/spaces.ts';
import { SqliteHousework } from '../../src/memory/sqlite-housework.ts';
import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { storeFormat } from '../../src/memory/store-format.ts';
import { silentLog } from '../../src/record/log.ts';
import { costOf, costText } from './cost.ts';

const HOUR = 3_600_000;
const directory = mkdtempSync(join(tmpdir(), 'sqlite-housework-'));
after(() => rmSync(directory, { recursive: true }));

describe('housework', () => {
  test('what is expired goes, and what is too much goes in the order of expiry', async () => {
    const path = join(directory, 'small.db');
    const store = new SqliteStore({ path, log: silentLog, housekeeping: false });
    for (let i = 0; i < 500; i++) await store.put('greylist', `old ${i}`, { value: '', lifetimeMs: 1 });
    for (let i = 0; i < 300; i++) await store.put('clients', `c ${i}`, { value: '', lifetimeMs: HOUR + i });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const { db } = openDatabase(path, storeFormat);
    const done = await new SqliteHousework(db, { clients: 100 }).tidy(Date.now());
    assert.equal(done.expired, 500);
    assert.deepEqual(done.crowdedOut, { clients: 200 });
    assert.equal(await store.count('clients'), 100);
    assert.equal(await store.get('clients', 'c 199'), undefined);
    assert.notEqual(await store.get('clients', 'c 200'), undefined);
    db.close();
    await store.close();
  });

  test('one process has the lease, and does the work in a thread', { timeout: 60_000 }, async () => {
    const path = join(directory, 'kept.db');
    const stores = [0, 1].map(() => new SqliteStore({ path, log: silentLog, housekeeping: true }));
    const [one, two] = stores as [SqliteStore, SqliteStore];
    for (let i = 0; i < 3_000; i++)
      await one.put('verify', `short ${i}`, { value: 'x'.repeat(500), lifetimeMs: 1 });
    const { db } = openDatabase(path, storeFormat);
    const left = db.prepare('SELECT count(*) AS n FROM entries WHERE space = ?');
    const began = performance.now();
    while (Number(left.get(spaces.verify.id)?.n) > 0) {
      assert.ok(performance.now() - began < 20_000, 'nobody tidied');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await two.put('verify', 'more', { value: 'x'.repeat(500), lifetimeMs: HOUR });
    db.close();
    await Promise.all(stores.map((store) => store.close()));
  });
});

describe('two hundred thousand triplets', () => {
  const path = join(directory, 'many.db');
  const COUNT = 200_000;
  const key = (i: number) =>
    `spf:sender${i % 5_000}.example.com bounces-${i}@mail.sender${i % 5_000}.example.com user${i % 999}@home.example`;

  test('cost what few cost, and their expiry makes nobody wait', { timeout: 300_000 }, async () => {
    const store = new SqliteStore({ path, log: silentLog, housekeeping: false });
    await store.put('greylist', 'known', { value: 'p 1 2 3', lifetimeMs: HOUR });
    const few = await costOf(() => store.get('greylist', 'known'), 20_000);
    const filling = performance.now();
    fill(COUNT, key);
    console.log(`    filled in ${((performance.now() - filling) / 1000).toFixed(0)} s`);
    const random = () => Math.floor(Math.random() * COUNT);
    const read = await costOf(() => store.get('greylist', key(random())), 50_000);
    let n = 0;
    const written = await costOf(
      () =>
        store.update('greylist', `new ${random()} ${n++}`, (now) =>
          now ? undefined : { value: 'w 1', lifetimeMs: HOUR },
        ),
      5_000,
    );
    const megabytes = statSync(path).size / 1e6;
    console.log(
      `    read: ${costText(few)} among few, ${costText(read)} among many; new: ${costText(written)}; ` +
        `${megabytes.toFixed(0)} MB`,
    );
    assert.ok(read.cpuUs < 100);
    assert.ok(megabytes < 100);
    await expire(store);
    await store.close();
  });

  function fill(count: number, keyOf: (i: number) => string): void {
    const { db } = openDatabase(path, storeFormat);
    db.exec('PRAGMA cache_size = -500000; PRAGMA synchronous = OFF');
    const insert = db.prepare('INSERT INTO entries (space, key, value, expires) VALUES (?, ?, ?, ?)');
    const now = Date.now();
    for (let i = 0; i < count; ) {
      db.exec('BEGIN');
      for (const end = i + 20_000; i < end; i++) {
        insert.run(spaces.greylist.id, keyOf(i), `p ${now} ${now} ${now}`, i % 2 ? now + HOUR : now - 1);
      }
      db.exec('COMMIT');
    }
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.close();
  }

  /** Half of them have expired; the keeper's thread removes them while mail comes in. */
  async function expire(store: SqliteStore): Promise<void> {
    const program = new URL('../../src/memory/sqlite-keeper-thread.ts', import.meta.url);
    const stall = eventLoopStall();
    const began = performance.now();
    const thread = new Worker(program, { workerData: { path } });
    const { db } = openDatabase(path, storeFormat);
    const left = db.prepare('SELECT 1 FROM entries WHERE space = ? AND expires < ? LIMIT 1');
    let waits = 0;
    let longestWait = 0;
    while (left.get(spaces.greylist.id, Date.now())) {
      const start = performance.now();
      await store.put('clients', `client ${waits++}`, { value: '1', lifetimeMs: HOUR });
      longestWait = Math.max(longestWait, performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    const seconds = (performance.now() - began) / 1000;
    await thread.terminate();
    const held = stall();
    console.log(
      `    ${COUNT / 2} entries expired in ${seconds.toFixed(0)} s: event loop held ${held.toFixed(1)} ms at most, ` +
        `${waits} writes meanwhile waited ${longestWait.toFixed(1)} ms at most`,
    );
    assert.ok(held < 500); // on a machine that others use, too
    db.close();
  }
});

/** The longest time that the event loop did not turn. */
function eventLoopStall(): () => number {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

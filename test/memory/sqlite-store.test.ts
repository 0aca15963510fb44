import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { StoreFailure } from '../../src/memory/store.ts';
import type { Log } from '../../src/record/log.ts';
import { Clock, storeContract } from './store-contract.ts';

const HOUR = 3_600_000;
const directory = mkdtempSync(join(tmpdir(), 'sqlite-store-'));
after(() => rmSync(directory, { recursive: true }));
let files = 0;
const newPath = () => join(directory, `state-${files++}.db`);

export class Lines implements Log {
  readonly all: string[] = [];
  info(sentence: string): void {
    this.all.push(`info ${sentence}`);
  }
  warn(sentence: string): void {
    this.all.push(`warn ${sentence}`);
  }
  error(sentence: string): void {
    this.all.push(`error ${sentence}`);
  }
}

function open(path: string, log: Log = new Lines(), now?: () => number): SqliteStore {
  return new SqliteStore({ path, log, housekeeping: false, ...(now ? { now } : {}) });
}

describe('the store in a file', () => {
  storeContract(() => {
    const clock = new Clock();
    return { store: open(newPath(), new Lines(), clock.now), wait: async (ms) => clock.advance(ms) };
  });

  test('two connections see each other, and the file is for its owner only', async () => {
    const path = newPath();
    const one = open(path);
    const two = open(path);
    await one.put('greylist', 'k', { value: 'from one', lifetimeMs: HOUR });
    assert.equal((await two.get('greylist', 'k'))?.value, 'from one');
    await Promise.all([one.close(), two.close()]);
    const three = open(path);
    assert.equal((await three.get('greylist', 'k'))?.value, 'from one');
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await three.close();
    await assert.rejects(async () => three.get('greylist', 'k'), StoreFailure);
  });

  test('while another connection writes, reads go on, and writes wait without blocking', async () => {
    const path = newPath();
    const store = open(path);
    await store.put('greylist', 'k', { value: 'before', lifetimeMs: HOUR });
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    assert.equal((await store.get('greylist', 'k'))?.value, 'before');
    const began = performance.now();
    const waiting = store.put('greylist', 'k', { value: 'after', lifetimeMs: HOUR });
    assert.ok(performance.now() - began < 500, 'the event loop is free');
    let longest = 0;
    let last = performance.now();
    const timer = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    await new Promise((resolve) => setTimeout(resolve, 150));
    other.exec('COMMIT');
    await waiting;
    clearInterval(timer);
    console.log(`    longest stall of the event loop while waiting: ${longest.toFixed(1)} ms`);
    assert.ok(longest < 500);
    assert.equal((await store.get('greylist', 'k'))?.value, 'after');
    other.close();
    await store.close();
  });

  test('a writer that does not end makes a clear failure', async () => {
    const path = newPath();
    const store = open(path);
    await store.get('greylist', 'k');
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await assert.rejects(
      async () => store.update('greylist', 'k', () => ({ value: '', lifetimeMs: 1 })),
      /others have been writing for 1000 ms/,
    );
    other.close();
    await store.close();
  });

  for (const [what, content] of [
    ['no database at all', Buffer.from('this is no database\n'.repeat(500))],
    ['an empty file', Buffer.alloc(0)],
  ] as const) {
    test(`the file is ${what}`, async () => {
      const path = newPath();
      writeFileSync(path, content);
      const log = new Lines();
      const store = open(path, log);
      await store.put('greylist', 'k', { value: 'v', lifetimeMs: HOUR });
      assert.equal((await store.get('greylist', 'k'))?.value, 'v');
      await store.close();
      const aside = readdirSync(directory).filter(
        (name) => path.endsWith(name.replace(/\.broken-.*/, '')) && name.includes('.broken-'),
      );
      assert.equal(aside.length, content.length === 0 ? 0 : 1);
      if (content.length > 0)
        assert.match(log.all.join('\n'), /^error .*the database is broken .* is now called .*\.broken-/);
    });
  }

  test('a file that breaks while it is used is moved aside, and a second process follows', async () => {
    const path = newPath();
    const log = new Lines();
    const one = open(path, log);
    const two = open(path, log);
    for (let i = 0; i < 2_000; i++)
      await one.put('greylist', `key ${i}`, { value: 'v'.repeat(50), lifetimeMs: HOUR });
    await two.get('greylist', 'key 1');
    const tool = new DatabaseSync(path);
    tool.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    tool.close();
    const size = statSync(path).size;
    const { openSync, writeSync, closeSync } = await import('node:fs');
    const fd = openSync(path, 'r+');
    for (let at = 4096; at + 4096 <= size; at += 4096) writeSync(fd, Buffer.alloc(4096, 0x5a), 0, 4096, at);
    closeSync(fd);
    const fresh = open(path, log); // its cache holds nothing
    await fresh.put('greylist', 'new', { value: 'v', lifetimeMs: HOUR });
    assert.equal(await fresh.get('greylist', 'key 1'), undefined);
    assert.equal(log.all.filter((line) => line.startsWith('error')).length, 1, log.all.join('\n'));
    for (const store of [one, two, fresh]) await store.close();
  });

  test('a place that cannot be written is a failure, said once, and used when it can be', async () => {
    const path = join(directory, 'file', 'state.db');
    writeFileSync(join(directory, 'file'), 'not a directory');
    const log = new Lines();
    const store = open(path, log);
    for (let i = 0; i < 3; i++) await assert.rejects(async () => store.get('greylist', 'k'), StoreFailure);
    assert.equal(log.all.length, 1);
    assert.match(log.all[0] ?? '', /^error sqlite:.*cannot be opened: /);
    renameSync(join(directory, 'file'), join(directory, 'was-file'));
    await store.close();
    const later = open(path, log);
    await later.put('greylist', 'k', { value: '', lifetimeMs: HOUR });
    await later.close();
  });

  test('a database of a newer version is left alone', async () => {
    const path = newPath();
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE t (a); PRAGMA user_version = 99');
    db.close();
    const store = open(path);
    await assert.rejects(async () => store.get('greylist', 'k'), /newer version/);
    await store.close();
    assert.ok(statSync(path).size > 0);
  });
});

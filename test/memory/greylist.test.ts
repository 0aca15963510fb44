import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { Greylist, type GreylistAnswer, type GreylistOptions } from '../../src/memory/greylist.ts';
import type { Identity } from '../../src/memory/identities.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import { silentLog } from '../../src/record/log.ts';
import { costOf, costText } from './cost.ts';
import { Clock } from './store-contract.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const byNetwork: Identity = { kind: 'network', key: 'net:192.0.2.0/24', clientKey: 'address:192.0.2.5' };
const byName: Identity = { kind: 'name', key: 'name:a.example', clientKey: 'name:a.example' };
const bySpf: Identity = { kind: 'spf', key: 'spf:a.example', clientKey: 'spf:a.example' };

class Scene {
  readonly clock = new Clock();
  readonly store: Store;
  readonly greylist: Greylist;
  constructor(options: Partial<GreylistOptions> = {}) {
    this.store = options.store ?? new MapStore(this.clock.now);
    this.greylist = new Greylist({
      store: this.store,
      delayMs: 5 * MINUTE,
      retryWindowMs: 2 * DAY,
      lifetimeMs: 35 * DAY,
      autoWhitelistAfter: 5,
      now: this.clock.now,
      ...options,
    });
  }
  ask(
    who: readonly [Identity, ...Identity[]] = [bySpf],
    recipient = 'joe@home.example',
    sender = 'ann@a.example',
  ): Promise<GreylistAnswer> {
    return this.greylist.judge({ identities: who, sender: address(sender), recipient: address(recipient) });
  }
}

const brief = (answer: GreylistAnswer) =>
  answer.kind === 'wait'
    ? `wait ${answer.remainingMs / 1000}${answer.isNew ? ' new' : ''}`
    : answer.kind === 'returned'
      ? `returned ${answer.delayMs / 1000}`
      : answer.kind;

describe('greylisting', () => {
  test('waits, hears how long, comes back, and is known from then on', async () => {
    const scene = new Scene();
    const story: [number, string][] = [
      [0, 'wait 300 new'],
      [60_000, 'wait 240'],
      [239_000, 'wait 1'],
      [1_000, 'returned 300'],
      [0, 'known'],
      [30 * DAY, 'known'],
      [30 * DAY, 'known'],
      [36 * DAY, 'wait 300 new'],
    ];
    for (const [ms, expected] of story) {
      scene.clock.advance(ms);
      assert.equal(brief(await scene.ask()), expected);
      await new Promise(setImmediate); // what is written in the background
    }
  });

  test('who comes back too late is new; a triplet is client, sender and recipient', async () => {
    const scene = new Scene();
    assert.equal(brief(await scene.ask()), 'wait 300 new');
    scene.clock.advance(2 * DAY + 1);
    assert.equal(brief(await scene.ask()), 'wait 300 new');
    assert.equal(brief(await scene.ask([byNetwork])), 'wait 300 new');
    assert.equal(brief(await scene.ask([bySpf], 'other@home.example')), 'wait 300 new');
    assert.equal(brief(await scene.ask([bySpf], 'joe@home.example', 'bob@a.example')), 'wait 300 new');
    assert.equal(brief(await scene.ask([bySpf], 'JOE@Home.example', 'Ann+x@A.example')), 'wait 300');
    assert.equal(brief(await scene.ask([bySpf], 'joe@home.example', '')), 'wait 300 new');
  });

  test('who was seen under a lesser identity is recognised under a better one', async () => {
    const scene = new Scene();
    assert.equal(brief(await scene.ask([byNetwork])), 'wait 300 new');
    scene.clock.advance(2 * MINUTE);
    assert.equal(brief(await scene.ask([byName, byNetwork])), 'wait 180');
    scene.clock.advance(3 * MINUTE);
    assert.equal(brief(await scene.ask([bySpf, byName, byNetwork])), 'returned 300');
    const other = new Scene();
    await other.ask([byNetwork]);
    other.clock.advance(HOUR);
    assert.equal(brief(await other.ask([byNetwork])), 'returned 3600');
    assert.equal(brief(await other.ask([bySpf, byNetwork])), 'known');
    assert.equal(brief(await other.ask([bySpf])), 'known');
  });

  test('a client that came back often enough is trusted; one return an hour counts', async () => {
    const scene = new Scene();
    for (let i = 0; i < 3; i++) {
      await scene.ask([bySpf], `quick${i}@home.example`);
      scene.clock.advance(6 * MINUTE);
      assert.match(brief(await scene.ask([bySpf], `quick${i}@home.example`)), /^returned/);
    }
    for (let i = 0; i < 4; i++) {
      assert.equal(brief(await scene.ask([bySpf], `slow${i}@home.example`)), 'wait 300 new');
      scene.clock.advance(HOUR);
      assert.match(brief(await scene.ask([bySpf], `slow${i}@home.example`)), /^returned/);
    }
    assert.equal(brief(await scene.ask([bySpf], 'new@home.example')), 'trusted');
    scene.clock.advance(34 * DAY);
    assert.equal(brief(await scene.ask([bySpf], 'newer@home.example')), 'trusted');
    await new Promise(setImmediate);
    scene.clock.advance(34 * DAY);
    assert.equal(brief(await scene.ask([bySpf], 'newest@home.example')), 'trusted');
    const signed: Identity = { kind: 'dkim', key: 'dkim:b.example', clientKey: 'dkim:b.example' };
    assert.equal(brief(await scene.ask([signed, bySpf], 'other@home.example')), 'trusted', 'a better name');
    assert.equal(brief(await scene.ask([signed, byName], 'other@home.example')), 'wait 300 new');
    assert.equal(brief(await scene.ask([byNetwork], 'new@home.example')), 'wait 300 new');
  });

  test('never trusted when that is switched off', async () => {
    const scene = new Scene({ autoWhitelistAfter: 0 });
    for (let i = 0; i < 9; i++) {
      assert.equal(brief(await scene.ask([bySpf], `${i}@home.example`)), 'wait 300 new');
      scene.clock.advance(HOUR);
      assert.equal(brief(await scene.ask([bySpf], `${i}@home.example`)), 'returned 3600');
    }
  });

  test('a clock that was set back makes nobody wait for years', async () => {
    const scene = new Scene();
    scene.clock.advance(365 * DAY);
    await scene.ask();
    scene.clock.advance(-365 * DAY);
    assert.equal(brief(await scene.ask()), 'wait 300 new');
  });

  test('rubbish in the store is no record', async () => {
    const scene = new Scene();
    await scene.ask();
    await scene.store.put('greylist', 'spf:a.example ann@a.example joe@home.example', {
      value: 'rubbish',
      lifetimeMs: DAY,
    });
    await scene.store.put('clients', 'spf:a.example', { value: '99', lifetimeMs: DAY });
    assert.equal(brief(await scene.ask()), 'wait 300 new');
  });

  test('many at the same time: one is new, all wait, all are known', async () => {
    const scene = new Scene();
    const first = await Promise.all(Array.from({ length: 20 }, () => scene.ask()));
    assert.equal(first.filter((answer) => answer.kind === 'wait' && answer.isNew).length, 1);
    scene.clock.advance(HOUR);
    const second = (await Promise.all(Array.from({ length: 20 }, () => scene.ask()))).map(brief);
    assert.equal(second.filter((text) => text === 'returned 3600').length, 1);
    assert.equal(second.filter((text) => text === 'known').length, 19);
  });

  test('a store that fails is told', async () => {
    const failing = { get: async () => Promise.reject(new StoreFailure('x', 'gone')) } as unknown as Store;
    await assert.rejects(new Scene({ store: failing }).ask(), StoreFailure);
  });

  test('figures: a known triplet in SQLite', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'greylist-'));
    t.after(() => rmSync(directory, { recursive: true }));
    const store = new SqliteStore({ path: join(directory, 'state.db'), log: silentLog, housekeeping: false });
    const scene = new Scene({ store, delayMs: 0 });
    await scene.ask([bySpf]);
    await scene.ask([bySpf]);
    const cost = await costOf(() => scene.ask([bySpf]), 20_000);
    console.log(`    a known triplet: ${costText(cost)}`);
    assert.equal((await scene.ask([bySpf])).kind, 'known');
    assert.ok(cost.cpuUs < 100);
    await store.close();
  });
});

/** What DNS lists have been worth, written down by several processes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListStatistics } from '../../src/dns/list-statistics.ts';
import { readListRecord, writeListRecord } from '../../src/memory/list-record-text.ts';
import { type ListRecord, ListRecords } from '../../src/memory/list-records.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import { Clock } from './store-contract.ts';

const DAY = 86_400_000;

function list(more: Partial<ListStatistics>): ListStatistics {
  return {
    ...{ zone: 'bl.test', asks: 'address', state: 'in service', why: undefined, since: 5 },
    ...{ queries: 0, hits: 0, uniqueHits: 0, errors: 0, totalMs: 0, slowestMs: 0 },
    ...more,
  };
}

test('workers add to one record a day, each what is new', async () => {
  const clock = new Clock();
  const store = new MapStore(clock.now);
  const [one, two] = [new ListRecords(store, clock.now), new ListRecords(store, clock.now)];
  await one.add([list({ queries: 10, hits: 4, uniqueHits: 2, totalMs: 100, slowestMs: 50 })]);
  await two.add([list({ queries: 1, errors: 1, totalMs: 900, slowestMs: 900 })]);
  await one.add([list({ queries: 12, hits: 5, uniqueHits: 1, totalMs: 110, slowestMs: 50 })]);
  await one.add([list({ queries: 12, hits: 5, uniqueHits: 1, totalMs: 110, slowestMs: 50 })]);
  const [today] = await one.of(1);
  const { queries, hits, uniqueHits, errors, totalMs, slowestMs } = today ?? {};
  assert.deepEqual([queries, hits, uniqueHits, errors, totalMs, slowestMs], [13, 5, 1, 1, 1010, 900]);
  clock.advance(DAY);
  await one.add([
    list({
      queries: 20,
      hits: 5,
      uniqueHits: 1,
      totalMs: 150,
      state: 'out of service',
      why: 'it lies, always',
    }),
  ]);
  assert.deepEqual(
    (await two.of(1)).map((record) => record.queries),
    [8],
  );
  const [both] = await two.of(7);
  assert.deepEqual([both?.queries, both?.state, both?.why], [21, 'out of service', 'it lies, always']);
  clock.advance(40 * DAY);
  assert.deepEqual(await two.of(32), []);
});

test('a list that is not asked is told of once a day', async () => {
  const clock = new Clock();
  const store = new MapStore(clock.now);
  const records = new ListRecords(store, clock.now);
  const idle = list({ state: 'out of service', why: 'closed' });
  await records.add([idle]);
  const told = (await records.of(1))[0]?.toldAt;
  clock.advance(60_000);
  await records.add([idle]);
  assert.equal((await records.of(1))[0]?.toldAt, told);
  clock.advance(DAY);
  await records.add([idle]);
  assert.equal((await records.of(1))[0]?.toldAt, (told ?? 0) + DAY + 60_000);
});

test('what a broken store did not take is written when it works again', async () => {
  const store = new MapStore();
  let isBroken = true;
  const update: Store['update'] = (...args) => {
    if (isBroken) throw new StoreFailure('x', 'gone');
    return store.update(...args);
  };
  const records = new ListRecords(Object.assign(Object.create(store) as Store, { update }));
  await records.add([list({ queries: 3 })]);
  isBroken = false;
  await records.add([list({ queries: 5 })]);
  assert.equal((await new ListRecords(store).of(1))[0]?.queries, 5);
});

test('the text of a record', () => {
  const record: ListRecord = {
    ...{ zone: 'bl.test', asks: 'name', state: 'silent', why: 'no answer: "ETIMEOUT"', since: 7, toldAt: 9 },
    ...{ queries: 6, hits: 5, uniqueHits: -1, errors: 3, totalMs: 2, slowestMs: 1 },
  };
  assert.equal(writeListRecord(record), '6 5 -1 3 2 1 9 7 silent no answer: "ETIMEOUT"');
  assert.deepEqual(readListRecord('bl.test', 'name', writeListRecord(record)), record);
  for (const text of ['', '1 2 3', '1 2 3 4 5 6 7 8 happy x', 'x 2 3 4 5 6 7 8 silent x'])
    assert.equal(readListRecord('bl.test', 'name', text), undefined, text);
  assert.equal(readListRecord('bl.test', 'nonsense', writeListRecord(record)), undefined);
});

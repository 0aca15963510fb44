import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { CounterKeeper, RemoteCounters } from '../../src/process/shared-counters.ts';
import { LocalCounters } from '../../src/server/counters.ts';

const UNIT_MS = 60_000;
/** Longer than changes wait before they are told. */
const TOLD_MS = 60;

/** Workers that write to a keeper as over a pipe: later, and in order. */
function house(workers: number) {
  const keeper = new CounterKeeper(new LocalCounters(UNIT_MS), (id, answer) => {
    setImmediate(() => all[id]?.answered(structuredClone(answer)));
  });
  const all = Array.from({ length: workers }, (_, id) => {
    return new RemoteCounters((letter) => setImmediate(() => void keeper.take(id, structuredClone(letter))));
  });
  return { keeper, all };
}

test('connections of one client are counted over all workers', async () => {
  const { all } = house(3);
  const counts: number[] = [];
  for (let i = 0; i < 9; i++) counts.push(await (all[i % 3] as RemoteCounters).occupy('client', 4));
  assert.ok((counts[4] as number) > 4, `the fifth is over the limit: ${counts}`);
  assert.equal(counts[8], 9);
});

test('far below the limit nobody is asked', () => {
  const { all } = house(2);
  assert.equal(all[0]?.occupy('client', 50), 1);
  assert.equal(all[0]?.occupy('client', 50), 2);
});

test('a worker hears what the others hold, and that they hold it no more', async () => {
  const { all } = house(2);
  const [one, two] = all as [RemoteCounters, RemoteCounters];
  for (let i = 0; i < 20; i++) void two.occupy('client', 50);
  assert.equal(one.occupy('client', 50), 1, 'not told yet');
  await wait(TOLD_MS);
  assert.equal(one.occupy('client', 200), 22);
  for (let i = 0; i < 20; i++) two.release('client');
  await wait(TOLD_MS);
  assert.equal(one.occupy('client', 200), 3);
});

test('rates are exact, and a window ends', async () => {
  const { all } = house(2);
  const [one, two] = all as [RemoteCounters, RemoteCounters];
  const counts = await Promise.all([one.add('c', 'mail'), two.add('c', 'mail'), one.add('c', 'mail')]);
  assert.deepEqual(counts.map(({ rate }) => rate).sort(), [1, 2, 3]);
});

test('rates can be looked at without being counted', async () => {
  const { all } = house(2);
  const [one, two] = all as [RemoteCounters, RemoteCounters];
  assert.equal(await one.rate('c', 'tls'), 0);
  await one.add('c', 'tls');
  assert.deepEqual([await two.rate('c', 'tls'), await one.rate('c', 'tls')], [1, 1]);
});

test('what a dead worker held is free again', async () => {
  const { keeper, all } = house(2);
  const [one, two] = all as [RemoteCounters, RemoteCounters];
  for (let i = 0; i < 8; i++) await one.occupy('client', 10);
  await wait(TOLD_MS);
  keeper.forget(0);
  assert.equal(await two.occupy('client', 2), 1);
});

test('a keeper that does not answer limits nobody', async () => {
  const deaf = new RemoteCounters(() => {});
  assert.equal(await deaf.occupy('client', 1), 0);
});

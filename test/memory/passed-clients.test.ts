import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapStore } from '../../src/memory/map-store.ts';
import { PassedClients, readPasses } from '../../src/memory/passed-clients.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import { Clock } from './store-contract.ts';

const DAY = 86_400_000;

test('a client is remembered for each test, and a while longer', async () => {
  const clock = new Clock();
  const store = new MapStore(clock.now);
  const clients = new PassedClients(store, 7 * DAY, clock.now);
  assert.deepEqual(await clients.find('192.0.2.1'), { greet: 0, lists: 0 });
  const until = { greet: clock.now() + DAY, lists: clock.now() + 60_000 };
  await clients.remember('192.0.2.1', until);
  assert.deepEqual(await clients.find('192.0.2.1'), until);
  await clients.remember('192.0.2.1', { greet: 0, lists: until.lists + 60_000 });
  assert.deepEqual(
    await clients.find('192.0.2.1'),
    { ...until, lists: until.lists + 60_000 },
    'the later one',
  );
  assert.deepEqual(await clients.find('192.0.2.2'), { greet: 0, lists: 0 });
  clock.advance(7 * DAY);
  assert.equal((await clients.find('192.0.2.1')).greet, until.greet, 'no newcomer');
  clock.advance(DAY + 1);
  assert.deepEqual(await clients.find('192.0.2.1'), { greet: 0, lists: 0 });
});

test('a store that fails knows nobody and stops nobody', async () => {
  const gone = () => Promise.reject(new StoreFailure('redis://x', 'gone'));
  const clients = new PassedClients({ get: gone, update: gone } as unknown as Store, DAY);
  await clients.remember('192.0.2.1', { greet: 1, lists: 1 });
  assert.deepEqual(await clients.find('192.0.2.1'), { greet: 0, lists: 0 });
});

test('what is written, and what is not ours', () => {
  assert.deepEqual(readPasses('12 345'), { greet: 12, lists: 345 });
  for (const text of [undefined, '', '12', '12;345;0;0;0', '-1 2', '1 2 3'])
    assert.equal(readPasses(text), undefined);
});

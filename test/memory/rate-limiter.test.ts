import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapStore } from '../../src/memory/map-store.ts';
import { parseRate, RateLimiter } from '../../src/memory/rate-limiter.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import { Clock } from './store-contract.ts';

test('each party has its share, which fills again', async () => {
  const clock = new Clock();
  const limiter = new RateLimiter({
    store: new MapStore(clock.now),
    rates: { sender: { count: 2, perMs: 60_000 }, login: { count: 3, perMs: 60_000 } },
    isExempt: (_party, who) => who === 'boss@home.example',
  });
  const take = (sender: string) => limiter.take({ login: 'ann', sender, recipient: 'nobody counts these' });
  assert.equal(await take('a@home.example'), undefined);
  assert.equal(await take('A@home.example'), undefined);
  const third = await take('a@home.example');
  assert.equal(third?.party, 'sender');
  assert.equal(Math.round(third?.waitMs ?? 0), 30_000);
  const fourth = await take('other@home.example');
  assert.deepEqual([fourth?.party, fourth?.who, fourth?.rate.count], ['login', 'ann', 3]);
  clock.advance(30_001);
  assert.equal(await take('a@home.example'), undefined);
  for (let i = 0; i < 9; i++) assert.equal(await limiter.take({ sender: 'boss@home.example' }), undefined);
});

test('a store that fails limits nobody', async () => {
  const store = { take: async () => Promise.reject(new StoreFailure('x', 'gone')) } as unknown as Store;
  const limiter = new RateLimiter({ store, rates: { sender: { count: 1, perMs: 1 } } });
  for (let i = 0; i < 3; i++) assert.equal(await limiter.take({ sender: 'a@b' }), undefined);
});

test('rates as they are written', () => {
  for (const [text, rate] of [
    ['100/1h', { count: 100, perMs: 3_600_000 }],
    ['5/m', { count: 5, perMs: 60_000 }],
    [' 7 / 2 d ', { count: 7, perMs: 172_800_000 }],
    ['0/1h', { count: 0, perMs: 3_600_000 }],
    ['100', undefined],
    ['x/1h', undefined],
    ['1/0h', undefined],
    ['1/1y', undefined],
  ] as const) {
    assert.deepEqual(parseRate(text), rate, text);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MapStore } from '../../src/memory/map-store.ts';
import { parseRate, type Rate, RateLimiter } from '../../src/memory/rate-limiter.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import { Clock } from './store-contract.ts';

const rate = (text: string, more: Partial<Rate> = {}): Rate => ({ ...(parseRate(text) as Rate), ...more });

test('each party has its share, which fills again', async () => {
  const clock = new Clock();
  const limiter = new RateLimiter(new MapStore(clock.now));
  const take = async (who: string, of = rate('2/1m')) => {
    const answer = await limiter.take('sender', who, of);
    return answer.kind === 'refused' ? Math.round(answer.waitMs / 1_000) : answer.kind;
  };
  assert.equal(await take('a@home.example'), 'taken');
  assert.equal(await take('A@home.example'), 'taken');
  assert.equal(await take('a@home.example'), 30);
  assert.equal(await take('b@home.example'), 'taken');
  assert.equal(await take('a@home.example', rate('9/1h')), 'taken', 'another rate is another share');
  assert.equal((await limiter.take('login', 'a@home.example', rate('2/1m'))).kind, 'taken');
  clock.advance(20_000);
  assert.equal(await take('a@home.example'), 10);
  clock.advance(10_001);
  assert.equal(await take('a@home.example'), 'taken');
  assert.equal(await take('a@home.example'), 30);
});

test('a burst is what may come at once, the rate is what may come in the long run', async () => {
  const clock = new Clock();
  const limiter = new RateLimiter(new MapStore(clock.now));
  const of = rate('60/1h', { burst: 3 });
  let taken = 0;
  for (let minute = 0; minute < 60; minute++) {
    for (let i = 0; i < 5; i++) if ((await limiter.take('client', 'x', of)).kind === 'taken') taken++;
    clock.advance(60_000);
  }
  assert.equal(taken, 60 + 2);
});

test('a store that fails limits nobody, and says why', async () => {
  const store = { take: async () => Promise.reject(new StoreFailure('x', 'gone')) } as unknown as Store;
  const limiter = new RateLimiter(store);
  for (let i = 0; i < 3; i++) {
    const answer = await limiter.take('sender', 'a@b', rate('1/1w'));
    assert.deepEqual(answer, { kind: 'unknown', why: 'x: gone' });
  }
});

test('rates as they are written', () => {
  for (const [text, wanted] of [
    ['100/1h', { count: 100, perMs: 3_600_000, burst: 100 }],
    ['5/m', { count: 5, perMs: 60_000, burst: 5 }],
    [' 7 / 2 D ', { count: 7, perMs: 172_800_000, burst: 7 }],
    ['0/1h', undefined],
    ['100', undefined],
    ['x/1h', undefined],
    ['1/0h', undefined],
    ['1/1y', undefined],
    ['-1/1h', undefined],
  ] as const) {
    assert.deepEqual(parseRate(text), wanted, text);
  }
});

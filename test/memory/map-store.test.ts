import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MapStore } from '../../src/memory/map-store.ts';
import { spaces } from '../../src/memory/spaces.ts';
import { Clock, storeContract } from './store-contract.ts';

describe('the store in memory', () => {
  storeContract(() => {
    const clock = new Clock();
    return { store: new MapStore(clock.now), wait: async (ms) => clock.advance(ms) };
  });

  test('expired entries make room while others are written, and a full space loses its oldest', () => {
    const clock = new Clock();
    const store = new MapStore(clock.now);
    const { bound } = spaces.targets;
    for (let i = 0; i < 1_000; i++) store.put('targets', `short ${i}`, { value: '', lifetimeMs: 10 });
    clock.advance(20);
    for (let i = 0; i < 1_000; i++) store.put('targets', `long ${i}`, { value: '', lifetimeMs: 1e9 });
    assert.ok(store.count('targets') <= 1_200, `${store.count('targets')}`);
    for (let i = 0; i < bound; i++) store.put('targets', `more ${i}`, { value: '', lifetimeMs: 1e9 });
    assert.ok(store.count('targets') <= bound);
    assert.equal(store.get('targets', 'long 0'), undefined);
    assert.notEqual(store.get('targets', `more ${bound - 1}`), undefined);
  });
});

/** What every store must do; each implementation's test hands its own in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bucket } from '../../src/memory/bucket.ts';
import type { Entry, Store } from '../../src/memory/store.ts';

const HOUR = 3_600_000;

/** A clock that is moved by hand, where the store lets itself be told the time. */
export class Clock {
  #now = Date.now();
  readonly now = () => this.#now;
  advance(ms: number): void {
    this.#now += ms;
  }
}

/** `wait`: lets so much time pass for this store. */
export function storeContract(
  make: () => { readonly store: Store; readonly wait: (ms: number) => Promise<void> },
): void {
  test('an entry is there until its time is over', async () => {
    const { store, wait } = make();
    assert.equal(await store.get('verify', 'a@x'), undefined);
    await store.put('verify', 'a@x', { value: 'text with blanks: ä\u{1f600}', lifetimeMs: 200 });
    const found = await store.get('verify', 'a@x');
    assert.equal(found?.value, 'text with blanks: ä\u{1f600}');
    assert.equal(found?.key, 'a@x');
    assert.equal(await store.get('greylist', 'a@x'), undefined, 'another space');
    await wait(250);
    assert.equal(await store.get('verify', 'a@x'), undefined);
  });

  test('put replaces, delete removes and says whether there was something', async () => {
    const { store } = make();
    await store.put('clients', 'k', { value: '1', lifetimeMs: HOUR });
    await store.put('clients', 'k', { value: '2', lifetimeMs: HOUR });
    assert.equal((await store.get('clients', 'k'))?.value, '2');
    assert.equal(await store.delete('clients', 'k'), true);
    assert.equal(await store.delete('clients', 'k'), false);
    assert.equal(await store.get('clients', 'k'), undefined);
  });

  test('update sees what is there and gives what is there then', async () => {
    const { store, wait } = make();
    const first = await store.update('greylist', 'u', (now) => {
      assert.equal(now, undefined);
      return { value: 'first', lifetimeMs: 200 };
    });
    assert.equal(first?.value, 'first');
    const same = await store.update('greylist', 'u', () => undefined);
    assert.equal(same?.value, 'first');
    const second = await store.update('greylist', 'u', (now) => ({
      value: `${now?.value} second`,
      lifetimeMs: 200,
    }));
    assert.equal(second?.value, 'first second');
    await wait(250);
    assert.equal(
      (await store.update('greylist', 'u', (now) => (now ? undefined : { value: 'anew', lifetimeMs: HOUR })))
        ?.value,
      'anew',
    );
    assert.equal(await store.update('greylist', 'absent', () => undefined), undefined);
  });

  test('updates at the same time are all counted', async () => {
    const { store } = make();
    const count = (now: Entry | undefined) => ({
      value: String(Number(now?.value ?? 0) + 1),
      lifetimeMs: HOUR,
    });
    await Promise.all(Array.from({ length: 15 }, async () => store.update('clients', 'count', count)));
    assert.equal((await store.get('clients', 'count'))?.value, '15');
  });

  test('a bucket gives what is in it and says when there is more', async () => {
    const { store, wait } = make();
    const bucket: Bucket = { size: 3, fillMs: 900 };
    for (let i = 0; i < 3; i++) assert.deepEqual(await store.take('rates', 'b', bucket), { kind: 'taken' });
    const refused = await store.take('rates', 'b', bucket);
    assert.equal(refused.kind, 'refused');
    const waitMs = refused.kind === 'refused' ? refused.waitMs : 0;
    assert.ok(waitMs > 100 && waitMs <= 301, `${waitMs}`);
    await wait(330);
    assert.deepEqual(await store.take('rates', 'b', bucket), { kind: 'taken' });
    assert.equal((await store.take('rates', 'b', bucket)).kind, 'refused');
    assert.deepEqual(await store.take('rates', 'another', bucket), { kind: 'taken' });
  });

  test('entries are listed by prefix, each once, and counted', async () => {
    const { store, wait } = make();
    const keys = Array.from({ length: 1_234 }, (_, i) => `p${i % 2} ${i}`);
    for (const key of keys) await store.put('passed', key, { value: `v ${key}`, lifetimeMs: HOUR });
    await store.put('passed', 'p0', { value: 'the prefix itself', lifetimeMs: HOUR });
    await store.put('passed', 'p0*?[x]', { value: 'no pattern', lifetimeMs: 100 });
    assert.deepEqual(await keysOf(store.entries('passed', 'p0*')), ['p0*?[x]']);
    await wait(150);
    const listed = await keysOf(store.entries('passed', 'p0'));
    assert.deepEqual(listed, ['p0', ...keys.filter((key) => key.startsWith('p0 '))].sort());
    assert.equal((await keysOf(store.entries('passed'))).length, 1_235);
    assert.deepEqual(await keysOf(store.entries('correspondents')), []);
    assert.equal(await store.count('passed'), 1_235);
    assert.equal(await store.count('correspondents'), 0);
  });
}

async function keysOf(entries: AsyncIterable<Entry>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of entries) keys.push(key);
  return keys.sort();
}

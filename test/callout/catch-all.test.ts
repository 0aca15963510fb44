import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withCatchAll } from '../../src/callout/catch-all.ts';
import { type Address, address } from '../../src/mail/address.ts';
import type { ProbeResult } from '../../src/memory/address-verify.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';

const YES: ProbeResult = { kind: 'deliverable', text: '250 ok' };
const NO: ProbeResult = { kind: 'undeliverable', text: '550 no' };

function scene(answer: (of: Address) => ProbeResult, store: Store = new MapStore()) {
  const asked: string[] = [];
  const probe = withCatchAll(
    async (of) => {
      asked.push(of.text);
      return answer(of);
    },
    { store, keptMs: 60_000 },
  );
  return { asked, ask: async (who: string) => (await probe(address(who))).kind };
}

test('a domain that takes everything is asked twice, and then no more', async () => {
  const { asked, ask } = scene(() => YES);
  for (const who of ['joe@a.example', 'jim@a.example', 'jam@A.example'])
    assert.equal(await ask(who), 'deliverable');
  assert.equal(asked.length, 2);
  assert.match(asked[1] ?? '', /^[0-9a-f]{24}@a\.example$/);
  await ask('joe@b.example');
  assert.equal(asked.length, 4);
});

test('a domain that knows its addresses is asked about each', async () => {
  const { asked, ask } = scene(({ local }) => (local.startsWith('j') ? YES : NO));
  assert.equal(await ask('nobody@a.example'), 'undeliverable');
  assert.equal(await ask('joe@a.example'), 'deliverable');
  assert.equal(await ask('jim@a.example'), 'deliverable');
  assert.equal(await ask('x@a.example'), 'undeliverable');
  assert.equal(asked.length, 5);
});

test('without its store it asks', async () => {
  const gone = () => Promise.reject(new StoreFailure('x', 'gone'));
  const { ask } = scene(() => YES, { get: gone, put: gone } as unknown as Store);
  assert.equal(await ask('joe@a.example'), 'deliverable');
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import {
  AddressVerifier,
  type AddressVerifierOptions,
  type ProbeResult,
} from '../../src/memory/address-verify.ts';
import { MapStore } from '../../src/memory/map-store.ts';
import { type Store, StoreFailure } from '../../src/memory/store.ts';
import { readVerify } from '../../src/memory/verify-record.ts';
import { Clock } from './store-contract.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const GOOD: ProbeResult = { kind: 'deliverable', text: '250 ok' };
const BAD: ProbeResult = { kind: 'undeliverable', text: 'host a[1] said: 550 5.1.1 no' };
const LATER: ProbeResult = { kind: 'unknown', text: 'host a[1] said: 450 4.2.0 later' };

class Scene {
  readonly clock = new Clock();
  readonly store: Store;
  readonly verifier: AddressVerifier;
  probes = 0;
  next: ProbeResult = GOOD;
  delayMs = 0;
  constructor(more: Partial<AddressVerifierOptions> = {}) {
    this.store = more.store ?? new MapStore(this.clock.now);
    this.verifier = this.another(more);
  }
  another(more: Partial<AddressVerifierOptions> = {}): AddressVerifier {
    return new AddressVerifier({
      store: this.store,
      probe: () => this.#probe(),
      positive: { expireMs: 31 * DAY, refreshMs: 7 * DAY },
      negative: { expireMs: 3 * DAY, refreshMs: 3 * HOUR },
      negativeCache: true,
      pendingLimit: 100,
      waitMs: 1_000,
      now: this.clock.now,
      ...more,
    });
  }
  async #probe(): Promise<ProbeResult> {
    this.probes++;
    const result = this.next;
    await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    return result;
  }
  async ask(who = 'joe@a.example', verifier = this.verifier): Promise<string> {
    const { kind, text } = await verifier.status(address(who));
    await new Promise((resolve) => setTimeout(resolve, 5)); // what goes on in the background
    return `${kind} ${text}`;
  }
}

describe('address verification', () => {
  test('good results are kept, renewed after a week and forgotten after a month', async () => {
    const scene = new Scene();
    const story: [number, ProbeResult, RegExp, number][] = [
      [0, GOOD, /^deliverable/, 1],
      [6 * DAY, BAD, /^deliverable/, 1],
      [2 * DAY, BAD, /^deliverable/, 2], // renewed in the background; one bad probe does not spoil a good address
      [HOUR, BAD, /^deliverable/, 3],
      [24 * DAY, BAD, /^undeliverable/, 4],
      [0, GOOD, /^undeliverable/, 4],
    ];
    for (const [ms, next, expected, probes] of story) {
      scene.clock.advance(ms);
      scene.next = next;
      assert.match(await scene.ask(), expected);
      assert.equal(scene.probes, probes, `after ${ms}`);
    }
  });

  test('bad and unknown results are kept, too, and renewed sooner', async () => {
    for (const [result, expected] of [
      [BAD, /^undeliverable host a\[1\] said: 550/],
      [LATER, /^unknown host a\[1\] said: 450/],
    ] as const) {
      const scene = new Scene();
      scene.next = result;
      assert.match(await scene.ask(), expected);
      scene.clock.advance(2 * HOUR);
      assert.match(await scene.ask(), expected);
      assert.equal(scene.probes, 1);
      scene.clock.advance(2 * HOUR);
      scene.next = GOOD;
      assert.match(await scene.ask(), expected, 'the old answer while the new one is asked for');
      assert.equal(scene.probes, 2);
      assert.match(await scene.ask(), /^deliverable/);
    }
  });

  test('what is not worth keeping is asked for again', async () => {
    const scene = new Scene();
    scene.next = { kind: 'unknown', text: 'not asked now', passing: true };
    assert.match(await scene.ask(), /^unknown not asked now/);
    scene.next = GOOD;
    assert.match(await scene.ask(), /^deliverable/);
    assert.equal(scene.probes, 2);
  });

  test('without a negative cache bad results are neither kept nor told', async () => {
    const scene = new Scene({ negativeCache: false });
    scene.next = BAD;
    for (const probes of [1, 2]) {
      assert.equal(await scene.ask(), 'pending Address verification in progress');
      assert.equal(scene.probes, probes);
    }
    scene.next = GOOD;
    assert.match(await scene.ask(), /^deliverable/);
  });

  test('who cannot wait hears that it is in progress, and the answer next time', async () => {
    const scene = new Scene({ waitMs: 0 });
    assert.match(await scene.ask(), /^pending/);
    assert.match(await scene.ask(), /^deliverable/);
    const slow = new Scene({ waitMs: 50 });
    slow.delayMs = 150;
    assert.match(await slow.ask(), /^pending/);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.match(await slow.ask(), /^deliverable/);
    assert.equal(slow.probes, 1);
  });

  test('many who ask at once make one probe, in one process and in several', async () => {
    const scene = new Scene();
    scene.delayMs = 60;
    const verifiers = [scene.verifier, scene.another(), scene.another()];
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) => scene.ask('joe@a.example', verifiers[i % 3])),
    );
    assert.ok(all.every((text) => text.startsWith('deliverable')));
    assert.equal(scene.probes, 1);
    assert.match(await scene.ask('joe@A.EXAMPLE'), /^deliverable/);
    assert.equal(scene.probes, 1);
    await scene.ask('Joe@a.example');
    assert.equal(scene.probes, 2, 'local parts may differ in case');
  });

  test('a probe whose process died is made again', async () => {
    const scene = new Scene();
    await scene.store.put('verify', 'joe@a.example', {
      value: `todo ${scene.clock.now()} 0 Address verification in progress`,
      lifetimeMs: DAY,
    });
    const impatient = scene.another({ waitMs: 200 });
    assert.match(await scene.ask('joe@a.example', impatient), /^pending/);
    assert.equal(scene.probes, 0);
    await new Promise((resolve) => setTimeout(resolve, 200)); // nobody looks for its result any more
    scene.clock.advance(151_000);
    assert.match(await scene.ask('joe@a.example', impatient), /^deliverable/);
  });

  test('more probes than may be under way are put off', async () => {
    const scene = new Scene({ pendingLimit: 2 });
    scene.delayMs = 50;
    const all = await Promise.all(['a@a', 'b@a', 'c@a', 'd@a'].map((who) => scene.ask(who)));
    assert.equal(all.filter((text) => text.startsWith('pending')).length, 2);
  });

  test('without its store it still asks, and keeps what it hears for a while', async () => {
    const gone = () => Promise.reject(new StoreFailure('x', 'gone'));
    const scene = new Scene({ store: { get: gone, update: gone } as unknown as Store });
    scene.next = BAD;
    assert.match(await scene.ask(), /^undeliverable/);
    assert.match(await scene.ask(), /^undeliverable/);
    assert.equal(scene.probes, 1);
    scene.clock.advance(301_000);
    await scene.ask();
    assert.equal(scene.probes, 2);
  });

  test('texts are made harmless and kept short', async () => {
    const scene = new Scene();
    scene.next = { kind: 'unknown', text: `a\r\nb\0${'x'.repeat(5_000)}` };
    const told = await scene.ask();
    assert.match(told, /^unknown a\?\?b\?x/);
    assert.ok(told.length < 1_100);
    assert.equal(readVerify('nonsense'), undefined);
  });
});

/** Files cut, damaged, and arriving in any pieces: never an error, and never another answer for other pieces. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf, keysWith, noise } from '../attachment-look.ts';
import { rareSamples, samples } from './samples.ts';

/** Repeatable. */
function dice(seed: number) {
  const bytes = noise(1 << 16, seed);
  let at = 0;
  return (below: number): number => {
    at = (at + 3) % (bytes.length - 4);
    return bytes.readUInt32LE(at) % below;
  };
}

for (const [name, bytes] of Object.entries({ ...samples, ...rareSamples })) {
  test(`${name}: the same keys, however it is cut`, async () => {
    const whole = await keysOf(name, bytes, {}, () => bytes.length);
    assert.ok(whole.length > 4, String(whole));
    assert.ok(!keysWith('flag=', whole).includes('broken'), String(whole));
    const next = dice(7);
    const sizes: (() => number)[] = [
      () => 1,
      () => 7,
      () => 512,
      () => 36_864,
      () => next(5_000),
      () => next(50),
    ];
    for (const size of bytes.length > 50_000 ? sizes.slice(1) : sizes) {
      assert.deepEqual(await keysOf(name, bytes, {}, size), whole);
    }
    assert.deepEqual(
      await keysOf(name, bytes, { memoryLimitBytes: 0 }),
      whole,
      'in a file instead of memory',
    );
  });

  const cuts = name in rareSamples ? 12 : 60;
  test(`${name}: cut off anywhere`, async () => {
    for (let i = 0; i < cuts; i++) {
      const keys = await keysOf(name, bytes.subarray(0, Math.floor((bytes.length * i) / cuts)));
      assert.equal(keys[0], name);
    }
  });

  const rounds = name in rareSamples ? 15 : 150;
  test(`${name}: damaged anywhere`, async () => {
    const next = dice(name.length);
    const began = performance.now();
    for (let round = 0; round < rounds; round++) {
      const bad = Buffer.from(bytes);
      for (let i = next(8); i >= 0; i--) {
        const at = next(bad.length);
        if (next(3) === 0) bad.fill(next(2) * 255, at, Math.min(bad.length, at + next(8)));
        else bad[at] = next(256);
      }
      const keys = await keysOf(name, bad);
      assert.equal(keys[0], name);
    }
    const each = (performance.now() - began) / rounds;
    assert.ok(each < 500, `${each} ms each`);
  });
}

test('noise under every name', async () => {
  for (const name of [
    'a.zip',
    'a.rar',
    'a.7z',
    'a.iso',
    'a.tar',
    'a.gz',
    'a.cab',
    'a.doc',
    'a.eml',
    'winmail.dat',
  ]) {
    for (const size of [0, 1, 22, 512, 40_000]) await keysOf(name, noise(size, size + 1));
  }
});

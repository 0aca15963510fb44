import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storeKey } from '../../src/memory/store-key.ts';

test('keys can be read, and no part can pretend to be two', () => {
  for (const [parts, key] of [
    [['net:192.0.2.0/24', 'a@b.example', 'c@d.example'], 'net:192.0.2.0/24 a@b.example c@d.example'],
    [['', 'x'], '<> x'],
    [['a b', 'c\td\n'], 'a%20b c%09d%0A'],
    [['100%'], '100%25'],
    [['\udcff\udc80@x', 'ü'], '%FF%80@x ü'],
    [['\u2028\u00a0'], '%E2%80%A8%C2%A0'],
  ] as const) {
    assert.equal(storeKey(...parts), key);
  }
  assert.notEqual(storeKey('a', 'b c'), storeKey('a b', 'c'));
  assert.notEqual(storeKey('<>', 'a'), undefined);
});

test('long keys become short ones, each its own', () => {
  const long = storeKey('first', 'x'.repeat(5_000));
  assert.match(long, /^first sha256:[\w-]{43}$/);
  assert.notEqual(long, storeKey('first', `${'x'.repeat(5_000)}y`));
  assert.match(storeKey('y'.repeat(5_000)), /^sha256:/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kept } from '../../src/sender-auth/kept.ts';

test('values are made once, and the oldest go first', () => {
  const kept = new Kept<string>(2);
  const made: string[] = [];
  const get = (text: string) =>
    kept.get(text, () => {
      made.push(text);
      return text.toUpperCase();
    });
  assert.deepEqual(['a', 'b', 'a', 'c', 'b', 'a'].map(get), ['A', 'B', 'A', 'C', 'B', 'A']);
  assert.deepEqual(made, ['a', 'b', 'c', 'a']);
});

test('what throws is not kept', () => {
  const kept = new Kept<number>(2);
  const fail = (): number => {
    throw new Error('broken');
  };
  assert.throws(() => kept.get('a', fail), /broken/);
  assert.equal(
    kept.get('a', () => 1),
    1,
  );
});

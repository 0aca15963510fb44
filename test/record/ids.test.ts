import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstIdAt, newId } from '../../src/record/ids.ts';

test('ids are all different, and in their order, even when the clock goes back', () => {
  const now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
  const times = [
    now,
    now,
    now - 5_000,
    now - 5_000,
    now + 1,
    now,
    ...Array<number>(3_000).fill(now + 2),
    now + 9_000,
  ];
  const ids = times.map((time) => newId(time));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids.toSorted(), ids);
  for (const id of ids) assert.match(id, /^[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10}z[0-9A-Za-z]{4}$/);
});

test('the first id of a time is not greater than those made then', () => {
  const later = Date.now() + 60_000;
  const id = newId(later);
  assert.ok(firstIdAt(later) <= id && id < firstIdAt(later + 1_000), id);
  assert.ok(firstIdAt(0) < firstIdAt(later));
});

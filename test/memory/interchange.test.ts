import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportLines, importLines } from '../../src/memory/interchange.ts';
import { MapStore } from '../../src/memory/map-store.ts';

const HOUR = 3_600_000;

test('what one store exports, another one imports', async () => {
  const now = Date.now();
  const [from, to] = [new MapStore(() => now), new MapStore(() => now)];
  from.put('greylist', 'spf:a.example b@a.example c@d.example', { value: 'p 1 2 3', lifetimeMs: HOUR });
  from.put('correspondents', 'ü@a.example', { value: '{"a":1}', lifetimeMs: HOUR });
  from.put('rates', 'not carried', { value: '1', lifetimeMs: HOUR });
  const lines = await linesOf(from);
  assert.equal(lines.length, 2);
  assert.deepEqual(await importLines(to, lines, () => now), { taken: 2, expired: 0, complaints: [] });
  assert.deepEqual(await linesOf(to), lines);
  assert.equal((await importLines(to, lines, () => now + 2 * HOUR)).expired, 2);
});

test('bad lines are complained of, the others taken', async () => {
  const store = new MapStore();
  const good = '{"space":"verify","key":"a@x","value":"v","expires":"2999-01-01T00:00:00Z"}';
  const bad: [string, RegExp][] = [
    ['rubbish', /^line 2: no JSON/],
    ['null', /^line 3: no object/],
    [
      '{"space":"toString","key":"a","value":"","expires":"2999-01-01"}',
      /^line 4: space "toString"; should be one of greylist/,
    ],
    ['{"space":"keeper","key":"a","value":"","expires":"2999-01-01"}', /^line 5: space/],
    ['{"space":"verify","key":"a\\nb","value":"","expires":"2999-01-01"}', /^line 6: key/],
    ['{"space":"verify","key":"a","value":7,"expires":"2999-01-01"}', /^line 7: value 7/],
    ['{"space":"verify","key":"a","value":"","expires":"soon"}', /^line 8: expires "soon"/],
    [`{"space":"verify","key":"a","value":"${'x'.repeat(30_000)}"}`, /^line 9: more than/],
  ];
  const { taken, complaints } = await importLines(store, [good, ...bad.map(([line]) => line), '', good]);
  assert.equal(taken, 2);
  assert.equal(complaints.length, bad.length);
  for (const [i, [line, pattern]] of bad.entries()) assert.match(complaints[i] ?? '', pattern, line);
});

async function linesOf(store: MapStore): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of exportLines(store)) lines.push(line);
  return lines;
}

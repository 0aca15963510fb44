/** The words that bound a worker's memory are known to the V8 that we run on. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { heapFlags } from '../../src/process/worker-memory.ts';

test('the flags are known, and keep the young generation small', () => {
  const program = `let kept; for (let i = 0; i < 3e6; i++) kept = [kept && i, { i }];
    console.log(v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)`;
  const { stdout, stderr } = spawnSync(process.execPath, [...heapFlags(), '-e', program], {
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  assert.ok(Number(stdout) > 0 && Number(stdout) <= 16 * 1024 * 1024, stdout);
  assert.deepEqual(heapFlags('26.0.0'), []);
});

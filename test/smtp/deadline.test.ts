import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline } from '../../src/smtp/deadline.ts';

test('a deadline expires once, not before its time', async () => {
  let expired = 0;
  const deadline = new Deadline(() => expired++);
  deadline.arm(30);
  await sleep(15);
  assert.equal(expired, 0);
  await sleep(60);
  assert.equal(expired, 1);
});

test('it can be moved later and earlier', async () => {
  const from = performance.now();
  for (const [first, second] of [
    [20, 120],
    [500, 60],
  ] as const) {
    const started = performance.now();
    await new Promise<void>((resolve) => {
      const deadline = new Deadline(resolve);
      deadline.arm(first);
      deadline.arm(second);
    });
    const took = performance.now() - started;
    assert.ok(took > second - 5 && took < second + 150, `${took} ms instead of ${second}`);
  }
  assert.ok(performance.now() - from < 600);
});

test('disarmed it is quiet, and can be armed again', async () => {
  let expired = 0;
  const deadline = new Deadline(() => expired++);
  deadline.arm(10);
  deadline.disarm();
  await sleep(40);
  assert.equal(expired, 0);
  deadline.arm(10);
  await sleep(40);
  assert.equal(expired, 1);
  deadline.arm(10);
  deadline.cancel();
  await sleep(40);
  assert.equal(expired, 1);
});

test('a deadline of months does not expire at once', async () => {
  let expired = 0;
  const deadline = new Deadline(() => expired++);
  deadline.arm(90 * 86_400_000);
  await sleep(20);
  assert.equal(expired, 0);
  deadline.cancel();
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPromise } from '../../src/mail/maybe-promise.ts';
import { inTurns, TURN_MS, type Work } from '../../src/patterns/turns.ts';

/** Busy for so many steps, of a millisecond unless said. */
function* busy(steps: number, result: string, stepMs = 1): Work<string> {
  for (let i = 0; i < steps; i++) {
    const until = performance.now() + stepMs;
    while (performance.now() < until);
    yield;
  }
  return result;
}

function* failing(steps: number, stepMs = 1): Work<never> {
  yield* busy(steps, '', stepMs);
  throw new Error('broken');
}

test('short work is done at once', () => {
  assert.equal(inTurns(busy(3, 'done', 0)), 'done');
  assert.throws(() => inTurns(failing(3, 0)), /broken/);
});

test('long work comes back as a promise and leaves room for others', async () => {
  const before = performance.now();
  const answers = [inTurns(busy(40, 'a')), inTurns(busy(40, 'b')), inTurns(failing(20))];
  assert.ok(answers.every(isPromise));
  const first = performance.now() - before;
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  assert.deepEqual(
    (await Promise.allSettled(answers)).map((result) =>
      result.status === 'fulfilled' ? result.value : 'failed',
    ),
    ['a', 'b', 'failed'],
  );
  clearImmediate(timer);
  assert.ok(turns >= 4, `${turns} turns of the loop for others`);
  console.log(`3 works of 40 ms: ${first.toFixed(0)} ms at first (${TURN_MS} each), then ${turns} turns`);
});

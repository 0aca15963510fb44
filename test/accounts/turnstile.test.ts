import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Busy, Turnstile } from '../../src/accounts/turnstile.ts';

/** Work that ends when it is told to. */
function held(): { work: () => Promise<string>; end: () => void } {
  let end = () => {};
  const promise = new Promise<string>((resolve) => {
    end = () => resolve('done');
  });
  return { work: () => promise, end: () => end() };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test('turnstile: so many at once, the others in the order they came', async () => {
  const turnstile = new Turnstile({ atOnce: 2, mostWaiting: 10, patienceMs: 1_000 });
  const jobs = Array.from({ length: 5 }, held);
  const begun: number[] = [];
  const all = jobs.map(({ work }, i) =>
    turnstile.pass(() => {
      begun.push(i);
      return work();
    }),
  );
  await settled();
  assert.deepEqual(begun, [0, 1]);
  jobs[1]?.end();
  await settled();
  assert.deepEqual(begun, [0, 1, 2]);
  for (const { end } of jobs) end();
  assert.deepEqual(await Promise.all(all), Array(5).fill('done'));
});

test('turnstile: too many, and those that wait too long, are turned away; places are not lost', async () => {
  const turnstile = new Turnstile({ atOnce: 1, mostWaiting: 1, patienceMs: 30 });
  const job = held();
  const first = turnstile.pass(job.work);
  const second = turnstile.pass(async () => 'second');
  await assert.rejects(
    turnstile.pass(async () => 'third'),
    (error) => error instanceof Busy && error.message === 'more than 1 are waiting',
  );
  await assert.rejects(second, (error) => error instanceof Busy && error.message === 'no turn within 0.03 s');
  job.end();
  assert.equal(await first, 'done');
  await assert.rejects(
    turnstile.pass(() => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.equal(await turnstile.pass(async () => 'again'), 'again');
});

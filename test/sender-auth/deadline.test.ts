import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../src/dns/dns.ts';
import { Deadline } from '../../src/sender-auth/deadline.ts';

const found: Answer<string> = { kind: 'found', records: ['x'] };
const never = new Promise<Answer<string>>(() => {});

test('an answer in time, too late, and none', async () => {
  const deadline = new Deadline(20);
  assert.equal(await deadline.within(Promise.resolve(found)), found);
  const failed = await deadline.within(Promise.reject<Answer<string>>(new Error('broken')));
  assert.deepEqual(failed, { kind: 'unknown', why: 'broken' });
  assert.deepEqual(await deadline.within(never), { kind: 'unknown', why: 'no answer in 20 ms' });
  assert.deepEqual(await deadline.within(never), { kind: 'unknown', why: 'no answer in 20 ms' });
  deadline.end();
});

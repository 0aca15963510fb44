import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProbeSender } from '../../src/callout/probe-sender.ts';
import { type Address, address } from '../../src/mail/address.ts';

const complete = (of: Address) => (of.domain === '' ? address(`${of.text}@mx.home.example`) : of);

test('the sender of probes, with and without a changing part', () => {
  const day = 86_400_000;
  // What Postfix makes of the same times: the number of the slot in base 31, without vowels.
  for (const [text, ttlMs, now, sender] of [
    ['double-bounce', 0, 0, 'double-bounce@mx.home.example'],
    ['', 0, 0, ''],
    ['<>', day, 5 * day, ''],
    ['probe@home.example', day, 31 * day, 'probe10@home.example'],
    ['probe', day, 30 * day, 'probeZ@mx.home.example'],
    ['probe', day, 10 * day + 5, 'probeB@mx.home.example'],
    ['probe', day, 961 * day, 'probe100@mx.home.example'],
  ] as const) {
    const of = new ProbeSender({ text, ttlMs, complete, now: () => now });
    assert.equal(of.current().text, sender);
    assert.equal(of.isOurs(address(sender)), sender !== '');
  }
});

test('mail to the slots around the present one is ours, whatever its case', () => {
  let slot = 1_000;
  const sender = new ProbeSender({ text: 'probe', ttlMs: 1_000, complete, now: () => slot * 1_000 });
  const before = sender.current();
  for (const [later, isOurs] of [
    [0, true],
    [1, true],
    [2, false],
  ] as const) {
    slot = 1_000 + later;
    assert.equal(sender.isOurs(before), isOurs, `${later}`);
    assert.equal(sender.isOurs(address(before.text.toUpperCase())), isOurs);
  }
  assert.equal(sender.isOurs(address('probe@elsewhere.example')), false);
});

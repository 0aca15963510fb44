import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insteadOfRefusing } from '../../src/content/after-queue.ts';
import { Judgement } from '../../src/content/judgement.ts';
import { newOrders } from '../../src/mail/envelope.ts';
import { reply } from '../../src/mail/reply.ts';
import { builtIn } from '../../src/mail/source.ts';
import { envelopeFrom, sessionFrom } from './mail-under-test.ts';

const NO = reply(550, '5.7.1', 'no');
const LATER = reply(451, '4.3.0', 'later');

test('each action gives its order', () => {
  const orders = [newOrders(), newOrders(), newOrders()] as const;
  insteadOfRefusing(NO, orders[0], 'quarantine');
  insteadOfRefusing(NO, orders[1], 'discard');
  insteadOfRefusing(NO, orders[2], 'tag');
  assert.deepEqual(orders[0], { ...newOrders(), hold: '550 5.7.1 no' });
  assert.deepEqual(orders[1], { ...newOrders(), discard: '550 5.7.1 no' });
  assert.deepEqual(orders[2], { ...newOrders(), prepend: ['X-Portcullis-Verdict: reject; 550 5.7.1 no'] });
});

test('behind a queue a refusal for good is none, a refusal for now stays one', () => {
  const envelope = envelopeFrom('a@far.test');
  const judgement = new Judgement(sessionFrom('192.0.2.5'), envelope, { afterQueue: 'quarantine' });
  judgement.refuse(NO, 'header_checks', builtIn);
  assert.deepEqual([judgement.refusal, judgement.isOver], [undefined, false]);
  assert.equal(envelope.orders.hold, '550 5.7.1 no');
  judgement.refuse(LATER, 'clamav', builtIn);
  assert.deepEqual(judgement.refusal, { reply: LATER, restriction: 'clamav', rule: builtIn });
  assert.equal(judgement.isOver, true);
});

test('the first refusal counts', () => {
  const judgement = new Judgement(sessionFrom('192.0.2.5'), envelopeFrom('a@far.test'));
  judgement.refuse(NO, 'one', builtIn);
  judgement.refuse(reply(554, '5.7.1', 'other'), 'two', builtIn);
  assert.deepEqual(judgement.refusal, { reply: NO, restriction: 'one', rule: builtIn });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FailureDelay } from '../../src/accounts/failure-delay.ts';
import type { SaslServer } from '../../src/accounts/sasl.ts';
import { SlowedSaslServer } from '../../src/accounts/slowed-server.ts';
import { outcome, session } from './login-parts.ts';

test('delay: a session waits longer after each failure, up to a bound', () => {
  const delay = new FailureDelay(() => 0);
  const waits = Array.from({ length: 20 }, (_, i) => delay.afterFailure('192.0.2.5', i + 1));
  assert.deepEqual(waits.slice(0, 5), [250, 500, 1000, 2000, 2000]);
  assert.equal(Math.max(...waits), 2000);
});

test('delay: an address that keeps failing waits before it may try, one attempt after the other', () => {
  let now = 1_000_000;
  const delay = new FailureDelay(() => now);
  for (let i = 0; i < 10; i++) {
    delay.afterFailure('192.0.2.5', 1);
    assert.equal(delay.beforeAttempt('192.0.2.5'), 0, `failure ${i + 1} is free`);
  }
  delay.afterFailure('192.0.2.5', 1);
  assert.equal(delay.beforeAttempt('192.0.2.5'), 250);
  assert.equal(delay.beforeAttempt('192.0.2.5'), 500, 'behind the other');
  for (let i = 0; i < 10; i++) delay.afterFailure('192.0.2.5', 1);
  assert.equal(delay.beforeAttempt('192.0.2.5'), 4_500);
  assert.equal(delay.beforeAttempt('192.0.2.5'), 8_500);
  assert.equal(delay.beforeAttempt('192.0.2.5'), undefined, 'too many are waiting');
  assert.equal(delay.beforeAttempt('192.0.2.6'), 0, 'others are not concerned');
  now += 10_000;
  assert.equal(delay.beforeAttempt('192.0.2.5'), 4_000);
  now += 600_001;
  assert.equal(delay.beforeAttempt('192.0.2.5'), 0, 'forgotten');
});

test('delay: a thousand attempts at once from one address get two turns in ten seconds', () => {
  const delay = new FailureDelay(() => 0);
  for (let i = 0; i < 100; i++) delay.afterFailure('a', 1);
  const turns = Array.from({ length: 1000 }, () => delay.beforeAttempt('a')).filter((ms) => ms !== undefined);
  assert.deepEqual(turns, [4_000, 8_000]);
});

test('delay: memory is bounded, and who failed last is not forgotten', () => {
  const delay = new FailureDelay(() => 0);
  for (let i = 0; i < 30; i++) delay.afterFailure('first', 1);
  for (let i = 0; i < 19_999; i++) delay.afterFailure(`address ${i}`, 1);
  assert.equal(delay.beforeAttempt('first'), 4_000);
  delay.afterFailure('first', 1);
  for (let i = 0; i < 19_999; i++) delay.afterFailure(`another ${i}`, 1);
  assert.notEqual(delay.beforeAttempt('first'), 0);
  delay.afterFailure('one more', 1);
  assert.equal(delay.beforeAttempt('first'), 0);
});

const failing: SaslServer = {
  mechanisms: () => ['PLAIN'],
  begin: async () => ({
    kind: 'challenge',
    challenge: '',
    next: async (response) =>
      response === 'right'
        ? { kind: 'success', username: 'joe' }
        : { kind: 'failure', temporary: response === 'later', reason: 'no' },
  }),
};

test('slowed server: failures wait, at the end of the exchange; successes and 454 do not', async () => {
  const server = new SlowedSaslServer(failing, { delay: new FailureDelay(), keyOf: (address) => address });
  const who = session();
  const attempt = async (response: string) => {
    const started = performance.now();
    const step = await server.begin('PLAIN', who, undefined);
    assert.ok(step.kind === 'challenge');
    const end = await step.next(response);
    return [outcome({ end }), performance.now() - started] as const;
  };
  for (const [response, said, atLeastMs, atMostMs] of [
    ['right', 'success joe', 0, 150],
    ['later', '454 no', 0, 150],
    ['wrong', '535 no', 245, 480],
    ['wrong', '535 no', 495, 900],
    ['right', 'success joe', 0, 150],
  ] as const) {
    const [end, ms] = await attempt(response);
    assert.equal(end, said);
    assert.ok(ms >= atLeastMs && ms < atMostMs, `${response}: ${ms} ms`);
  }
});

test('slowed server: an address with too many waiting is told to come later', async () => {
  const delay = new FailureDelay(() => 0);
  for (let i = 0; i < 100; i++) delay.afterFailure('192.0.2.0/24', 1);
  while (delay.beforeAttempt('192.0.2.0/24') !== undefined);
  const server = new SlowedSaslServer(failing, { delay, keyOf: () => '192.0.2.0/24' });
  assert.equal(
    outcome({ end: await server.begin('PLAIN', session(), undefined) }),
    '454 too many failed logins from this address, try again later',
  );
});

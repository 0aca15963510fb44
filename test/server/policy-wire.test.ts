/** The policy protocol on the wire: requests in any pieces, many at once, and from those who do not speak it. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { reply } from '../../src/mail/reply.ts';
import { dunno, type Verdict } from '../../src/mail/verdict.ts';
import type { PolicyDesk, PolicyQuestion } from '../../src/policy-desk.ts';
import { LocalCounters } from '../../src/server/counters.ts';
import { Places } from '../../src/server/places.ts';
import { type PolicyListenerOptions, policyListener } from '../../src/server/policy-listener.ts';
import { sessions } from '../../src/server/sessions.ts';
import { PolicyAsker, request } from './policy-asker.ts';

/** Tells whom it was asked about. */
const echo = async ({ recipient }: PolicyQuestion): Promise<Verdict> => ({
  kind: 'reject',
  reply: reply(550, '5.7.1', recipient?.text ?? 'nobody'),
});

interface Served {
  readonly log: string[];
  ask(): PolicyAsker;
}

async function serve(
  t: TestContext,
  advise: (question: PolicyQuestion) => Promise<Verdict>,
  more: Partial<PolicyListenerOptions> & { maxConnections?: number } = {},
): Promise<Served> {
  const log: string[] = [];
  const server = policyListener({
    name: 'policy',
    desk: { advise } as unknown as PolicyDesk,
    log: {
      info: () => {},
      warn: (line) => void log.push(line),
      error: (line) => void log.push(line),
    },
    requestTimeoutMs: 300_000,
    mayAsk: () => true,
    places: new Places(new LocalCounters(60_000), 'policy', more.maxConnections ?? 0),
    ...more,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const askers: PolicyAsker[] = [];
  t.after(() => {
    for (const asker of askers) asker.close();
    server.close();
  });
  return {
    log,
    ask() {
      const asker = new PolicyAsker({ host: '127.0.0.1', port });
      askers.push(asker);
      return asker;
    },
  };
}

test('a request may come byte by byte, and several in one piece', async (t) => {
  const served = await serve(t, echo);
  const slow = served.ask();
  for (const byte of Buffer.from(request({ recipient: 'slow@ours.test' }))) {
    slow.send(Buffer.from([byte]));
    await nextTurn();
  }
  assert.equal(await slow.answer(), '550 5.7.1 slow@ours.test');
  const half = request().slice(0, 40);
  slow.send(request({ recipient: 'one@ours.test' }) + request({ recipient: 'two@ours.test' }) + half);
  assert.equal(await slow.answer(), '550 5.7.1 one@ours.test');
  assert.equal(await slow.answer(), '550 5.7.1 two@ours.test');
  slow.send(request({ recipient: 'three@ours.test' }).slice(40));
  assert.equal(await slow.answer(), '550 5.7.1 three@ours.test');
});

test('1,000 requests at once are answered in their order, whatever takes long', async (t) => {
  const served = await serve(t, async (question) => {
    if (question.recipient?.local.endsWith('7')) await sleep(1);
    return echo(question);
  });
  const asker = served.ask();
  const names = Array.from({ length: 1_000 }, (_, i) => `joe${i}@ours.test`);
  asker.send(names.map((recipient) => request({ recipient })).join(''));
  for (const name of names) assert.equal(await asker.answer(), `550 5.7.1 ${name}`);
  const last = served.ask();
  last.send(request({ recipient: 'end@ours.test' }));
  last.socket.end();
  assert.equal(await last.answer(), '550 5.7.1 end@ours.test', 'also to a server that says no more');
  assert.equal(await last.answer(), 'closed');
});

test('what is no request ends the connection with a line in the log', async (t) => {
  const longest = 32_768;
  const rows: [title: string, bytes: string | Buffer, problem: RegExp][] = [
    ['no request=', request().replace(/^request=.*\n/, ''), /does not say request=smtpd_access_policy/],
    ['another request', request({ request: 'junk_mail' }), /does not say request=/],
    ['nothing', '\n', /does not say request=/],
    ['SMTP', 'EHLO there\r\nMAIL FROM:<a@b>\r\n\n\n', /does not say request=/],
    ['an endless line', `sender=${'x'.repeat(longest)}`, /longer than 32768 bytes/],
    [
      '10 MB of attributes',
      `${request().trimEnd()}\n${'a=b\n'.repeat(2_500_000)}\n`,
      /longer than 32768 bytes/,
    ],
    ['NUL', Buffer.concat([Buffer.alloc(longest + 1), Buffer.from('\n\n')]), /longer than 32768 bytes/],
  ];
  const served = await serve(t, echo);
  for (const [title, bytes, problem] of rows) {
    served.log.length = 0;
    const asker = served.ask();
    asker.send(bytes);
    assert.equal(await asker.answer(), 'closed', title);
    assert.equal(served.log.length, 1, title);
    assert.match(served.log[0] ?? '', problem, title);
    assert.match(served.log[0] ?? '', /^policy service policy: .*: connection from 127\.0\.0\.1 closed$/);
  }
});

test('no value can write a line of its own', async (t) => {
  const served = await serve(t, echo);
  const asker = served.ask();
  asker.send(Buffer.from(request({ recipient: 'a\0b\r@ours.test' })));
  assert.equal(await asker.answer(), '550 5.7.1 a?b?@ours.test');
  asker.send(Buffer.from(request({ recipient: '\xff\xfe@ours.test' }), 'latin1'));
  assert.match(await asker.answer(), /^550 5\.7\.1 .*@ours\.test$/);
});

test('a bug is no answer, and nobody else suffers from it', async (t) => {
  const served = await serve(t, async (question) => {
    if (question.recipient?.local === 'bug') throw new TypeError('oops');
    return dunno;
  });
  const [other, asker] = [served.ask(), served.ask()];
  assert.equal(await other.ask(), 'DUNNO');
  asker.send(request() + request({ recipient: 'bug@ours.test' }) + request());
  assert.equal(await asker.answer(), 'DUNNO');
  assert.equal(await asker.answer(), 'closed');
  assert.equal(await other.ask(), 'DUNNO');
  assert.deepEqual(served.log, ['internal error in a policy request from 127.0.0.1']);
});

test('only those may ask who are allowed to, and only so many at once', async (t) => {
  const stranger = await serve(t, echo, { mayAsk: () => false });
  assert.equal(await stranger.ask().ask(), 'closed');
  assert.deepEqual(stranger.log, ['policy service policy: 127.0.0.1 is not in policy_authorized_clients']);
  const broken = await serve(t, echo, { mayAsk: () => Promise.reject(new Error('no such file')) });
  assert.equal(await broken.ask().ask(), 'closed');
  const full = await serve(t, async () => dunno, { maxConnections: 2 });
  const [first, second] = [full.ask(), full.ask()];
  assert.deepEqual([await first.ask(), await second.ask()], ['DUNNO', 'DUNNO']);
  assert.equal(await full.ask().ask(), 'closed');
  assert.deepEqual(full.log, ['service policy has reached its process limit; connection refused']);
  first.close();
  await sleep(20);
  assert.equal(await full.ask().ask(), 'DUNNO');
});

test('a request that does not come to its end is not waited for', async (t) => {
  const served = await serve(t, echo, { requestTimeoutMs: 700 });
  const [asker, patient] = [served.ask(), served.ask()];
  await patient.ask();
  asker.send('request=smtpd_access_policy\nsender=a');
  const drip = setInterval(() => asker.send('a'), 50);
  assert.equal(await asker.answer(), 'closed');
  clearInterval(drip);
  assert.equal(await patient.ask(), '550 5.7.1 joe@ours.test', 'between requests there is more time');
  assert.match(served.log[0] ?? '', /a request did not come to its end/);
});

test('a server that does not read its answers is dropped', { timeout: 20_000 }, async (t) => {
  const text = 'x'.repeat(400);
  const served = await serve(t, async () => ({ kind: 'reject', reply: reply(550, '5.7.1', text) }));
  const asker = served.ask();
  await asker.ask();
  asker.socket.pause();
  const closed = new Promise((resolve) => asker.socket.once('close', resolve));
  for (let i = 0; i < 200 && !asker.socket.destroyed; i++) {
    asker.send(request().repeat(500));
    await sleep(5);
  }
  asker.socket.resume();
  await closed;
});

test('when a newer configuration is in force, connections end between two requests', async (t) => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const served = await serve(t, async (question) => {
    if (question.recipient?.local === 'slow') await held;
    return echo(question);
  });
  const [idle, busy] = [served.ask(), served.ask()];
  await idle.ask();
  await busy.ask();
  busy.send(request({ recipient: 'slow@ours.test' }));
  await sleep(20);
  const ended = sessions.retire(10_000);
  assert.equal(await idle.answer(), 'closed');
  release();
  assert.equal(await busy.answer(), '550 5.7.1 slow@ours.test');
  assert.equal(await busy.answer(), 'closed');
  await ended;
});

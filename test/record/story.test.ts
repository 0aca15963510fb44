/** Every attempt leaves exactly one record, from connect on, whatever its end. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Attempt } from '../../src/record/attempt.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';

const HELLO = ['EHLO client.example', 'MAIL FROM:<ann@far.example>'];
const MESSAGE = 'Subject: hello\r\nMessage-ID: <1@far.example>\r\n\r\nhello\r\n.';

let gateway: RunningGateway;
let seen = 0;

before(async () => {
  gateway = await RunningGateway.start({
    mainCf: `
smtpd_recipient_restrictions = check_recipient_access inline:{ { no@ours.test = REJECT not here } }, reject_unauth_destination
smtpd_helo_restrictions = check_helo_access inline:{ { bad.example = REJECT such a name } }
smtpd_recipient_limit = 2
message_size_limit = 2000
header_checks = regexp:{dir}/header_checks
smtpd_reject_footer = \\c; see $ledger_id
`,
    files: { header_checks: '/^Subject: spam/ REJECT no spam\n' },
  });
});
after(() => gateway.stop());
beforeEach(() => {
  seen = gateway.attempts.length;
});

/** The records since the test began; the last may come a moment after the client has gone. */
async function records(count: number): Promise<readonly Attempt[]> {
  for (let i = 0; i < 100 && gateway.attempts.length < seen + count; i++) await pause(10);
  await pause(20);
  return gateway.attempts.slice(seen);
}

/** Says all lines, and QUIT at the end; the replies. */
async function dialogue(lines: readonly string[]): Promise<string[]> {
  const client = await greeted();
  const replies: string[] = [];
  for (const line of [...lines, 'QUIT']) replies.push(await client.say(line));
  client.close();
  return replies;
}

async function greeted(): Promise<SmtpClient> {
  const client = new SmtpClient(gateway.port());
  await client.reply();
  return client;
}

function facts({ stage, verdict, restriction, sender, recipients }: Attempt) {
  return { stage, verdict, restriction, sender, recipients };
}

describe('one record for each attempt', () => {
  test('a client that says nothing', async () => {
    const caller = await greeted();
    caller.close();
    const [only, ...more] = await records(1);
    assert.equal(more.length, 0);
    assert.equal(only?.verdict, 'abandon');
    assert.equal(only?.stage, 'CONNECT');
    assert.equal(only?.client_address, '127.0.0.1');
  });

  test('a mail that arrives', async () => {
    await dialogue([...HELLO, 'RCPT TO:<a@ours.test>', 'RCPT TO:<b@ours.test>', 'DATA', MESSAGE]);
    const [only, ...more] = await records(1);
    assert.ok(only);
    assert.equal(more.length, 0);
    assert.deepEqual(facts(only), {
      stage: 'END-OF-MESSAGE',
      verdict: 'accept',
      restriction: undefined,
      sender: 'ann@far.example',
      recipients: ['a@ours.test', 'b@ours.test'],
    });
    assert.equal(only.message_id, '<1@far.example>');
    assert.match(only.reply, /^250 2\.0\.0 /);
    assert.match(only.backend ?? '', /^127\.0\.0\.1:\d+$/);
    assert.ok(only.size > 40);
    const asked = only.trace.map(
      ({ recipient, list, restriction }) => `${recipient ?? ''} ${list}: ${restriction}`,
    );
    for (const name of ['a@ours.test', 'b@ours.test']) {
      assert.ok(asked.includes(`${name} recipient: reject_unauth_destination`), asked.join('\n'));
    }
    assert.ok(asked.includes(' content: header_checks'), asked.join('\n'));
    assert.equal(only.trace.at(-1)?.list, 'relay');
    assert.equal(only.trace.at(-1)?.looked[0]?.answer, '250 2.0.0 Ok: queued as 1');
  });

  test('a refused recipient among good ones; its id stands in the reply', async () => {
    const replies = await dialogue([
      ...HELLO,
      'RCPT TO:<a@ours.test>',
      'RCPT TO:<no@ours.test>',
      'DATA',
      MESSAGE,
    ]);
    const [refused, accepted, ...more] = await records(2);
    assert.ok(refused && accepted);
    assert.equal(more.length, 0);
    assert.equal(refused.verdict, 'reject');
    assert.deepEqual(refused.recipients, ['no@ours.test']);
    assert.match(refused.restriction ?? '', /^check_recipient_access/);
    assert.match(refused.rule ?? '', /^main\.cf:\d+$/);
    assert.equal(replies[3], `${refused.reply}; see ${refused.id}`);
    assert.ok(!refused.trace.some(({ recipient }) => recipient === 'a@ours.test'));
    assert.deepEqual(accepted.recipients, ['a@ours.test']);
    assert.equal(accepted.verdict, 'accept');
  });

  test('a refusal at HELO that is told at RCPT', async () => {
    await dialogue(['EHLO bad.example', 'MAIL FROM:<ann@far.example>', 'RCPT TO:<a@ours.test>']);
    const [only, ...more] = await records(1);
    assert.equal(more.length, 0);
    assert.equal(only?.stage, 'RCPT');
    assert.equal(only?.helo_name, 'bad.example');
    assert.match(only?.restriction ?? '', /^check_helo_access/);
  });

  test('a message that is refused for what stands in it', async () => {
    const spam = 'Subject: spam\r\n\r\n.';
    await dialogue([...HELLO, 'RCPT TO:<a@ours.test>', 'DATA', spam]);
    const [only, ...more] = await records(1);
    assert.ok(only);
    assert.equal(more.length, 0);
    assert.deepEqual(
      [only.stage, only.verdict, only.restriction],
      ['END-OF-MESSAGE', 'reject', 'header_checks'],
    );
    assert.equal(only.rule, 'header_checks:1');
    const step = only.trace.find(({ list }) => list === 'content');
    assert.deepEqual(step?.looked, [{ key: 'Subject: spam', answer: 'REJECT no spam' }]);
  });

  test('a message that is too large; its record has the id that the client was told', async () => {
    const large = `${'x'.repeat(70)}\r\n`.repeat(40);
    const replies = await dialogue([...HELLO, 'RCPT TO:<a@ours.test>', 'DATA', `\r\n${large}.`]);
    const [only, ...more] = await records(1);
    assert.equal(more.length, 0);
    assert.deepEqual([only?.stage, only?.verdict], ['END-OF-MESSAGE', 'reject']);
    assert.match(only?.reply ?? '', /^552 5\.3\.4 /);
    assert.match(replies[4] ?? '', new RegExp(`see ${only?.id}$`));
  });

  test('a parameter that nobody knows', async () => {
    await dialogue(['EHLO client.example', 'MAIL FROM:<ann@far.example> FOO=BAR']);
    const [only, ...more] = await records(1);
    assert.equal(more.length, 0);
    assert.deepEqual([only?.stage, only?.verdict], ['MAIL', 'reject']);
    assert.match(only?.reply ?? '', /^555 5\.5\.4 Unsupported option/);
  });

  test('a client that goes away in the middle of a message', async () => {
    const caller = await greeted();
    for (const line of [...HELLO, 'RCPT TO:<a@ours.test>', 'DATA']) await caller.say(line);
    caller.close();
    const [only, ...more] = await records(1);
    assert.equal(more.length, 0);
    assert.deepEqual([only?.stage, only?.verdict, only?.reply], ['DATA', 'abandon', '']);
    assert.deepEqual(only?.recipients, ['a@ours.test']);
  });

  test('a next hop that refuses', async () => {
    gateway.backend.script = { dot: { reply: '554 5.7.1 not today' } };
    await dialogue([...HELLO, 'RCPT TO:<a@ours.test>', 'DATA', MESSAGE]);
    gateway.backend.script = {};
    const [only, ...more] = await records(1);
    assert.equal(more.length, 0);
    assert.deepEqual(
      [only?.stage, only?.verdict, only?.backend_reply],
      ['END-OF-MESSAGE', 'reject', '554 5.7.1 not today'],
    );
  });
});

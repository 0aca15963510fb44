/** `report` and `exceptions`: a user hears what did not come through, and a sender is let through. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { simpleParser } from 'mailparser';
import type { UserReport } from '../../src/report/user-report.ts';
import { portcullis } from '../support/program.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

describe('report', () => {
  let gateway: RunningGateway;

  before(async () => {
    gateway = await RunningGateway.start({
      keepsLedger: true,
      mainCf: `
smtpd_restriction_classes = private
private = check_sender_access inline:{ { ad@far.test = REJECT advertising } }
smtpd_recipient_restrictions =
    reject_unauth_destination,
    check_access \\\${sender}|\\\${recipient} texthash:{dir}/user-exceptions,
    check_recipient_access inline:{ { sue@ours.test = private } { none@ours.test = 550 5.1.1 no such user } },
    check_sender_access inline:{ { bad@far.test = REJECT no <spam> } { late@far.test = 450 later } { odd@far.test = HOLD odd } }
report_exclude = private
report_recipients = inline:{ { quiet@ours.test = no } }
state_store = sqlite:{dir}/state.db
`,
      files: { 'user-exceptions': '# exceptions\n' },
    });
    const mails: [sender: string, recipient: string][] = [
      ['bad@far.test', 'Joe@ours.test'],
      ['bad@far.test', 'joe@ours.test'],
      ['late@far.test', 'joe@ours.test'],
      ['odd@far.test', 'joe@ours.test'],
      ['bad@far.test', 'quiet@ours.test'],
      ['bad@far.test', 'stranger@elsewhere.test'],
      ['bad@far.test', 'none@ours.test'],
      ['ad@far.test', 'sue@ours.test'],
      ['good@far.test', 'joe@ours.test'],
    ];
    for (const [sender, recipient] of mails) await send(sender, recipient);
    const count = async () =>
      (await portcullis('history', '--json', '-c', gateway.directory)).out.trim().split('\n').length;
    await until(
      async () => (await count()) === mails.length,
      () => 'the ledger is not complete',
    );
  });
  after(() => gateway.stop());

  async function send(sender: string, recipient: string): Promise<string> {
    const client = new SmtpClient(gateway.port());
    const lines = ['EHLO a.test', `MAIL FROM:<${sender}>`, `RCPT TO:<${recipient}>`];
    const reply = await client.dialogue(...lines);
    if (reply.startsWith('2'))
      for (const line of ['DATA', 'Subject: x\r\n\r\nx\r\n.', 'QUIT']) await client.say(line);
    client.close();
    return reply;
  }

  const run = (command: string, ...args: string[]) => portcullis(command, '-c', gateway.directory, ...args);

  test('one user', async () => {
    const { status, out } = await run('report', '--user', 'JOE@ours.test');
    assert.equal(status, 0);
    assert.match(out, /^3 mails for joe@ours\.test did not come through since /);
    assert.match(
      out,
      /Kept in quarantine:\n\n.*odd@far\.test\n.*\n.*\n.*\n {2}let through: portcullis quarantine release \w+/,
    );
    assert.match(
      out,
      /Refused:\n\n.*bad@far\.test, 2 times\n {2}from unknown\[127\.0\.0\.1\]\n {2}554 5\.7\.1 .*no <spam>\n {2}by check_sender_access/,
    );
    assert.match(out, /let through: portcullis exceptions add 'bad@far\.test' --user 'joe@ours\.test'/);
    assert.match(out, /Put off, and not tried again so far:\n\n.*late@far\.test/);
    assert.doesNotMatch(out, /good@far\.test/);
  });

  test('everybody of ours; not strangers, addresses that do not exist, nor what is excluded', async () => {
    const { out } = await run('report', '--all', '--json');
    const users = (JSON.parse(out) as UserReport[]).map(({ user }) => user).sort();
    assert.deepEqual(users, ['joe@ours.test', 'quiet@ours.test']);
    const excluded = await run('report', '--user', 'sue@ours.test');
    assert.match(excluded.out, /^everything came through/);
  });

  test('as HTML, what strangers wrote is text', async () => {
    const { out } = await run('report', '--user', 'joe@ours.test', '--html');
    assert.match(out, /no &lt;spam&gt;/);
    assert.match(
      out,
      /href="mailto:postmaster@gw\.test\?subject=please%20let%20bad%40far\.test%20write%20to%20joe%40ours\.test%20\(\w+\)"/,
    );
  });

  test('by mail, to those who want it, through the next hop; the next digest begins where this one ended', async () => {
    const before = gateway.backend.received.length;
    const { status, out } = await run('report', '--all', '--send');
    assert.equal(status, 0, out);
    assert.match(out, /^joe@ours\.test: 250 /);
    const sent = gateway.backend.received.slice(before);
    assert.deepEqual(
      sent.map(({ sender, recipients }) => [sender.split(' ')[1], recipients]),
      [['FROM:<>', ['RCPT TO:<joe@ours.test>']]],
    );
    const mail = await simpleParser(sent[0]?.wire ?? '');
    assert.equal(mail.subject, '3 mails for joe@ours.test did not come through');
    assert.equal(mail.headers.get('auto-submitted'), 'auto-generated');
    assert.match(mail.text ?? '', /Wanted\? mailto:postmaster@gw\.test/);
    assert.match(String(mail.html), /<h2>Refused<\/h2>/);
    assert.doesNotMatch(mail.text ?? '', /portcullis exceptions/);
    const again = await run('report', '--all', '--send');
    assert.deepEqual([again.status, again.out], [0, '']);
  });

  test('an exception lets a sender through, and can be taken back', async () => {
    assert.match(await send('bad@far.test', 'joe@ours.test'), /^554 /);
    const added = await run('exceptions', 'add', 'Bad@far.test', '--user', 'joe@ours.test');
    assert.deepEqual([added.status, added.err], [0, '']);
    await until(
      async () => (await send('bad@far.test', 'joe@ours.test')).startsWith('250'),
      () => 'not let through',
    );
    assert.match(await send('bad@far.test', 'quiet@ours.test'), /^554 /);
    assert.equal((await run('exceptions', 'list')).out, 'joe@ours.test  bad@far.test\n');
    assert.match(
      (await run('exceptions', 'add', 'bad@far.test', '--user', 'joe@ours.test')).out,
      /is an exception already/,
    );
    assert.equal((await run('exceptions', 'delete', 'bad@far.test', '--user', 'joe@ours.test')).status, 0);
    assert.equal((await run('exceptions', 'delete', 'bad@far.test', '--user', 'joe@ours.test')).status, 1);
    await until(
      async () => (await send('bad@far.test', 'joe@ours.test')).startsWith('554'),
      () => 'still let through',
    );
    assert.equal(readFileSync(join(gateway.directory, 'user-exceptions'), 'utf8'), '# exceptions\n');
    assert.ok(!existsSync(join(gateway.directory, 'user-exceptions.new')));
  });

  test('bad usage', async () => {
    for (const [args, problem] of [
      [['report'], /say --user ADDRESS, or --all/],
      [['report', '--all', '--user', 'a@b'], /say --user ADDRESS, or --all/],
      [['report', '--all', '--since', 'long'], /--since long: it should be a time/],
      [['exceptions', 'add', 'a@b'], /say with --user ADDRESS/],
      [['exceptions', 'add', 'a|b@c', '--user', 'a@b'], /"a\|b@c" is no address/],
      [['exceptions', 'grant'], /say what to do: list, add, delete/],
    ] as const) {
      const { status, err } = await run(args[0], ...args.slice(1));
      assert.equal(status, 2, args.join(' '));
      assert.match(err, problem);
    }
  });
});

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import nodemailer from 'nodemailer';
import { portcullis } from '../support/program.ts';
import { type GatewayPlan, RunningGateway } from '../support/running-gateway.ts';

const HOLD =
  'smtpd_sender_restrictions = check_sender_access inline:{ {held@far.test = HOLD look at this} }\n';

interface Letter {
  readonly from?: string;
  readonly to?: readonly string[];
  readonly text?: string;
  readonly html?: string;
  readonly subject?: string;
}

async function gateway(t: TestContext, { mainCf = '', ...plan }: GatewayPlan = {}) {
  const base = `${HOLD}smtpd_relay_restrictions = reject_unauth_destination\nmaillog_file = {dir}/log\nmaillog_format = postfix\n`;
  const running = await RunningGateway.start({ ...plan, mainCf: base + mainCf });
  t.after(() => running.stop());
  const send = async ({ from = 'held@far.test', to = ['joe@ours.test'], ...letter }: Letter = {}) => {
    const transport = nodemailer.createTransport({
      host: '127.0.0.1',
      port: running.port(),
      ignoreTLS: true,
    });
    const { response } = await transport.sendMail({
      ...{ from, subject: 'x', text: 'hello', ...letter },
      envelope: { from, to: [...to] },
      dsn: { ret: 'HDRS', id: 'q1', notify: 'never' },
    } as Parameters<typeof transport.sendMail>[0]);
    transport.close();
    return response;
  };
  const quarantine = (...args: string[]) => portcullis('quarantine', ...args, '-c', running.directory);
  return { running, send, quarantine };
}

const idOf = (response: string) => /queued as (\w+)/.exec(response)?.[1] ?? assert.fail(response);

test('held, listed, shown, released', async (t) => {
  const { running, send, quarantine } = await gateway(t);
  const response = await send({
    to: ['joe@ours.test', 'ann@ours.test'],
    subject: 'Grüße',
    text: 'how are you?',
  });
  assert.match(response, /^250 2\.0\.0 Ok: queued as \w+$/);
  const id = idOf(response);
  assert.equal(running.backend.received.length, 0);

  const listed = await quarantine('list');
  assert.equal(listed.status, 0);
  assert.match(
    listed.out,
    new RegExp(`^${id}  \\d{4}-.*<held@far.test> to <joe@ours.test> and 1 more\n    .*look at this`),
  );
  const [entry] = JSON.parse((await quarantine('list', '--json')).out);
  assert.deepEqual(entry.recipients, ['joe@ours.test', 'ann@ours.test']);

  const shown = await quarantine('show', id);
  assert.match(shown.out, /Recipient +<ann@ours\.test> NOTIFY=NEVER/);
  assert.match(shown.out, /DSN +RET=HDRS ENVID=q1/);
  assert.match(shown.out, /Subject: +Grüße/);
  assert.match(shown.out, /how are you\?/);
  assert.match(
    (await quarantine('show', id, '--raw')).out,
    /^Received: from .*\r\n[\s\S]*how are you\?\r\n$/,
  );

  const released = await quarantine('release', id);
  assert.deepEqual([released.status, released.err], [0, '']);
  assert.match(
    released.out,
    /: delivered to <joe@ours\.test>, <ann@ours\.test>: 250 .* \(127\.0\.0\.1:\d+\)/,
  );
  const [mail] = running.backend.received;
  const announced = ['joe', 'ann'].map((name) => `RCPT TO:<${name}@ours.test> NOTIFY=NEVER`);
  assert.deepEqual(mail?.recipients, announced);
  assert.match(String(mail?.wire), /how are you\?/);
  assert.ok(
    running.backend.commands.some((command) =>
      /^MAIL FROM:<held@far\.test>.*RET=HDRS.*ENVID=q1/.test(command),
    ),
  );
  assert.deepEqual(await readdir(join(running.directory, 'data', 'quarantine')), []);
  assert.match(
    await readFile(join(running.directory, 'log'), 'utf8'),
    new RegExp(`${id}: to=<joe@ours.test>.*status=sent`),
  );
});

test('refused: the mail stays, and so do those who did not get it', async (t) => {
  const refusing = {
    rcpt: (argument: string) => (/ann@/.test(argument) ? { reply: '550 5.1.1 no ann here' } : undefined),
  };
  const { running, send, quarantine } = await gateway(t);
  const id = idOf(await send({ to: ['joe@ours.test', 'ann@ours.test'] }));
  running.backend.script = refusing;
  const first = await quarantine('release', id, '--json');
  assert.equal(first.status, 1);
  assert.deepEqual(JSON.parse(first.out).delivered, ['joe@ours.test']);
  assert.deepEqual(JSON.parse(first.out).refused, [
    { recipient: 'ann@ours.test', reply: '550 5.1.1 no ann here' },
  ]);
  const [entry] = JSON.parse((await quarantine('list', '--json')).out);
  assert.deepEqual(entry.recipients, ['ann@ours.test']);
  running.backend.script = { dot: { reply: '452 4.3.1 full' } };
  const second = await quarantine('release', id);
  assert.equal(second.status, 1);
  assert.match(second.out, /not delivered to <ann@ours\.test>, and kept: 452 4\.3\.1 full/);
  running.backend.script = {};
  assert.equal((await quarantine('release', id)).status, 0);
  const confirmed = running.backend.received.filter((mail) => mail.confirmed);
  assert.deepEqual(
    confirmed.map(({ recipients }) => recipients.length),
    [1, 1],
  );
});

test('a next hop that is not there keeps nothing from being tried again', async (t) => {
  const { running, send, quarantine } = await gateway(t);
  const id = idOf(await send());
  await running.backend.stop();
  const failed = await quarantine('release', id);
  assert.equal(failed.status, 1);
  assert.match(failed.out, /not delivered to <joe@ours\.test>, and kept: 4\d\d/);
  await running.backend.listen({ port: running.backend.port });
  assert.equal((await quarantine('release', id)).status, 0);
});

test('recipients behind aliases and transports fare differently: each gets it once', async (t) => {
  const plan = {
    mainCf: `smtpd_proxy_filter =\nrelayhost = [127.0.0.1]:{backend}\nvirtual_alias_domains = ours.test\nrelay_domains =
virtual_alias_maps = inline:{ {joe@ours.test = a@in.test, b@in.test}, {ann@ours.test = c@in.test} }\n`,
    script: { rcpt: (argument: string) => (/c@in/.test(argument) ? { reply: '550 5.1.1 no c' } : undefined) },
  };
  const { running, send, quarantine } = await gateway(t, plan);
  const id = idOf(await send({ to: ['joe@ours.test', 'ann@ours.test'] }));
  const released = await quarantine('release', id);
  assert.match(released.out, /delivered to <joe@ours\.test>/);
  assert.match(released.out, /not delivered to <ann@ours\.test>, and kept: 550 5\.1\.1 no c/);
  const confirmed = running.backend.received.filter((mail) => mail.confirmed);
  assert.equal(confirmed.length, 1);
  assert.equal(confirmed[0]?.recipients.length, 2);
});

test('filters, deleting, and what is told when something is not there', async (t) => {
  const { send, quarantine } = await gateway(t);
  const a = idOf(await send({ to: ['joe@ours.test'] }));
  const b = idOf(await send({ to: ['ann@ours.test'] }));
  const ids = async (...flags: string[]) =>
    JSON.parse((await quarantine('list', '--json', ...flags)).out).map(({ id }: { id: string }) => id);
  assert.deepEqual(await ids(), [a, b]);
  assert.deepEqual(await ids('--to', 'ANN@'), [b]);
  assert.deepEqual(await ids('--from', 'far.test', '--since', '1h'), [a, b]);
  assert.deepEqual(await ids('--from', 'elsewhere'), []);
  assert.deepEqual(await ids('--before', '1h'), []);
  const missing = await quarantine('delete', 'nothere1');
  assert.deepEqual(
    [missing.status, missing.err],
    [1, 'portcullis quarantine: nothere1: there is no such mail in quarantine\n'],
  );
  assert.equal((await quarantine('show', 'nothere1')).status, 1);
  assert.equal((await quarantine('release', 'nothere1')).status, 1);
  assert.match((await quarantine('delete', '--all', '--to', 'joe@')).out, new RegExp(`^${a}: deleted\n$`));
  assert.deepEqual(await ids(), [b]);
  assert.match(
    (await quarantine('release', b, '--service', 'submission')).err,
    /there is no service "submission"/,
  );
  assert.deepEqual(await ids(), [b]);
});

test('bad usage', async (t) => {
  const { quarantine } = await gateway(t);
  for (const args of [
    [],
    ['burn'],
    ['show'],
    ['release'],
    ['delete', '../x'],
    ['delete', 'a1', '--all'],
    ['delete', 'a1', '--to', 'x'],
    ['list', '--since', 'yesterday'],
    ['list', '--bogus'],
  ]) {
    const { status, err } = await quarantine(...args);
    assert.deepEqual(
      [status, /usage: portcullis quarantine/.test(err)],
      [2, true],
      `${args.join(' ')}: ${err}`,
    );
  }
  const help = await portcullis('quarantine', '--help');
  assert.equal(help.status, 0);
  assert.match(help.out, /list\|show\|release\|delete/);
});

test('what a stranger wrote does nothing to the terminal', async (t) => {
  const { send, quarantine } = await gateway(t);
  const id = idOf(await send({ subject: 'a\u001b]0;owned\u0007b', text: 'x\u001b[2Jy\u202ez\r\n\u009b31m' }));
  const html = idOf(await send({ html: `<p>hi</p>${'<div>'.repeat(20_000)}`, text: '' }));
  for (const args of [['list'], ['show', id], ['show', html]]) {
    const { out, status } = await quarantine(...args);
    assert.equal(status, 0);
    assert.doesNotMatch(out, /[^\P{C}\n\t]/u);
  }
});

test('two releases at once deliver once', async (t) => {
  const { running, send, quarantine } = await gateway(t, { script: { dot: { delayMs: 1_500 } } });
  const id = idOf(await send());
  const both = await Promise.all([quarantine('release', id), quarantine('release', id)]);
  assert.deepEqual(both.map(({ status }) => status).sort(), [0, 1], JSON.stringify(both));
  assert.equal(running.backend.received.length, 1);
});

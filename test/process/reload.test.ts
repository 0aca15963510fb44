/** SIGHUP: what is new is in force, who is being served is served on, and what is broken changes nothing. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { connect } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { makeIdentity, testCertificate, testKey } from '../smtp/certificate.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';
import { Serving } from './serving.ts';

const other = makeIdentity();
const MAIN = `
smtpd_banner = first
smtpd_recipient_restrictions = check_recipient_access regexp:$config_directory/recipients
smtpd_tls_security_level = may
smtpd_tls_cert_file = $config_directory/cert.pem
smtpd_tls_key_file = $config_directory/key.pem
`;
const files = { recipients: '/^one@/ REJECT\n', 'cert.pem': testCertificate, 'key.pem': testKey };

async function ask({ port }: Serving, to: string): Promise<string> {
  const client = new SmtpClient(port);
  const answer = await client.dialogue('HELO x.test', 'MAIL FROM:<a@far.test>', `RCPT TO:<${to}>`);
  client.close();
  return answer;
}

/** Clients come that often while something goes on: one after the other would slow down what they watch. */
const NEXT_CLIENT_MS = 20;

/** What clients hear meanwhile. */
async function askUntil(serving: Serving, over: Promise<void>, to = 'one@ours.test'): Promise<string[]> {
  let isOver = false;
  const waiting = over.finally(() => {
    isOver = true;
  });
  const heard: string[] = [];
  while (!isOver) {
    heard.push(await ask(serving, to));
    await wait(NEXT_CLIENT_MS);
  }
  await waiting;
  return heard;
}

async function banner({ port }: Serving): Promise<string> {
  const client = new SmtpClient(port);
  const line = await client.line();
  client.close();
  return line;
}

/** The certificate that is shown behind STARTTLS. */
async function shown({ port }: Serving): Promise<string> {
  const wire = connectPlain(port, '127.0.0.1');
  for (const line of ['EHLO x.test', 'STARTTLS']) {
    await once(wire, 'data');
    wire.write(`${line}\r\n`);
  }
  await once(wire, 'data');
  const secured = connect({ socket: wire, rejectUnauthorized: false });
  await once(secured, 'secureConnect');
  const certificate = secured.getPeerX509Certificate()?.toString().trim() ?? '';
  secured.destroy();
  return certificate;
}

test('settings, tables and certificates are new for new clients; an open session goes on to its end', async (t) => {
  const main = `${MAIN}worker_processes = 2\n`;
  const serving = await Serving.start(t, main, { files });
  const before = serving.gateway.workers();
  const client = new SmtpClient(serving.port);
  await client.dialogue('HELO x.test', 'MAIL FROM:<a@far.test>', 'RCPT TO:<b@ours.test>', 'DATA');
  assert.equal(await shown(serving), testCertificate.trim());
  assert.match(await ask(serving, 'one@ours.test'), /^554 /);

  serving.configure(main.replace('first', 'second'));
  serving.write('recipients', '/^two@/ REJECT\n');
  serving.write('cert.pem', other.certificate);
  serving.write('key.pem', other.key);
  await serving.gateway.reload();

  assert.equal(await banner(serving), '220 second');
  assert.equal(await shown(serving), other.certificate.trim());
  assert.match(await ask(serving, 'two@ours.test'), /^554 /);
  assert.match(await ask(serving, 'one@ours.test'), /^250 /);
  await until(
    () => serving.gateway.workers().length === 3,
    () => 'one of the old workers has a client, the other one has none',
  );

  client.write('Subject: x\r\n\r\nacross the reload\r\n.\r\n');
  assert.match(await client.reply(), /^250 /);
  assert.match(await client.say('QUIT'), /^221 /);
  assert.match(serving.backend.received.at(-1)?.wire.toString() ?? '', /across the reload/);
  await until(
    () => serving.gateway.workers().every((pid) => !before.includes(pid)),
    () => 'the old workers do not end',
  );

  // A new worker waits for the others, and for the supervisor's yes, before it lets anybody in.
  const now = serving.gateway.workers();
  serving.write('recipients', '/(/ REJECT\n');
  const refused = serving.gateway.reload('refused');
  const slow = await until(
    () => serving.gateway.workers().find((pid) => !now.includes(pid)),
    () => 'no new workers',
  );
  process.kill(slow, 'SIGSTOP');
  const heard = await askUntil(serving, wait(1_000), 'two@ours.test');
  process.kill(slow, 'SIGCONT');
  heard.push(...(await askUntil(serving, refused, 'two@ours.test')));
  assert.deepEqual(
    heard.filter((answer) => !answer.startsWith('554 ')),
    [],
  );
});

/** What is told of, where it stands in the log. */
const REFUSALS: readonly [what: string, change: Record<string, string>, said: readonly RegExp[]][] = [
  [
    'main.cf',
    { 'main.cf': 'smtpd_banner = broken\nsmtpd_recipient_limit = many\n' },
    [/^main\.cf:2: smtpd_recipient_limit = many: /],
  ],
  [
    'a restriction that does not exist',
    { 'main.cf': 'smtpd_relay_restrictions = reject\nsmtpd_helo_restrictions = reject_everyone\n' },
    [/^main\.cf:2: unknown smtpd restriction: "reject_everyone"/],
  ],
  ['master.cf', { 'master.cf': '2525 inet n - n - - smtpd -o\n' }, [/^master\.cf:1: /]],
  [
    'tables, certificates and passwords',
    {
      recipients: '/^one@/ REJECT\n/(/ OK\n',
      'cert.pem': 'x\n',
      named: other.key + testCertificate,
      users: '?\n',
    },
    [
      /^recipients:2: /,
      /^main\.cf:\d+: smtpd_tls_cert_file: the certificate or its key cannot be used: /,
      /^main\.cf:\d+: .*\/named: the certificate or its key cannot be used: .*mismatch/,
      /^users:1: /,
    ],
  ],
];

test('what is broken is named, and changes nothing', async (t) => {
  const lines = `${MAIN}tls_server_sni_maps = inline:{named.test=$config_directory/named}
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = passwd
smtpd_sasl_path = $config_directory/users
`;
  const more = { named: testKey + testCertificate, users: '' };
  const serving = await Serving.start(t, lines, { files: { ...files, ...more } });
  const workers = serving.gateway.workers();
  for (const [what, change, said] of REFUSALS) {
    const seen = serving.gateway.events().length;
    const repair = serving.change(change);
    const heard = await askUntil(serving, serving.gateway.reload('refused'));
    assert.deepEqual(
      heard.filter((answer) => !answer.startsWith('554 ')),
      [],
      `${what}: nobody is let in while it is looked at`,
    );
    const sentences = serving.gateway
      .events()
      .slice(seen)
      .map(({ msg }) => String(msg));
    for (const sentence of said)
      assert.ok(
        sentences.some((one) => sentence.test(one)),
        `${sentence} in ${sentences.join('\n')}`,
      );
    await until(
      () => isDeepStrictEqual(serving.gateway.workers(), workers),
      () => `${what}: ${serving.gateway.workers()} serve instead of ${workers}`,
    );
    assert.equal(await banner(serving), '220 first', what);
    assert.match(await ask(serving, 'one@ours.test'), /^554 /, what);
    assert.equal(await shown(serving), testCertificate.trim(), what);
    repair();
  }
  await serving.gateway.reload();
});

test('what changes while the configuration is being read is read, too', async (t) => {
  const serving = await Serving.start(t, MAIN, { files });
  serving.configure(MAIN.replace('first', 'second'));
  const old = serving.gateway.workers();
  const reloaded = serving.gateway.reload();
  await until(
    () => serving.gateway.workers().length > old.length,
    () => 'no new worker',
  );
  serving.configure(MAIN.replace('first', 'third'));
  serving.gateway.signal('SIGHUP');
  await reloaded;
  await serving.gateway.logged('reloaded the configuration', 2);
  assert.equal(await banner(serving), '220 third');
});

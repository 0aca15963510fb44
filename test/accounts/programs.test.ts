/** Logins end to end: `serve` and `passwd` as processes, swaks and gsasl as clients where they are installed, fail2ban as reader. */
import assert from 'node:assert/strict';
import { execFile, execFileSync, spawn } from 'node:child_process';
import { appendFileSync, chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { PROGRAM } from '../support/gateway-program.ts';
import { Client, Served } from './served.ts';

const run = promisify(execFile);
const gateway = new Served();
let backend: FakeBackend;
const RIGHT = Buffer.from('\0joe\0secret').toString('base64');
const WRONG = Buffer.from('\0joe\0wrong').toString('base64');

before(async () => {
  backend = await FakeBackend.start();
  await gateway.prepare(`relayhost = [127.0.0.1]:${backend.port}
smtpd_sasl_authenticated_header = yes
smtpd_authorized_xclient_hosts = 127.0.0.1
broken_sasl_auth_clients = yes
smtpd_hard_error_limit = 100
`);
  await passwd(['joe'], 'secret\n');
  await gateway.start();
});
after(async () => {
  await gateway.stop();
  await backend.stop();
});

/** Runs `passwd`; its exit status and what it printed. */
async function passwd(args: readonly string[], input = ''): Promise<{ status: number; text: string }> {
  const child = spawn(process.execPath, [PROGRAM, 'passwd', '-c', gateway.directory, ...args]);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  child.stdin.end(input);
  const status = await new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
  return { status, text: text.replaceAll(gateway.directory, 'DIR') };
}

function installed(program: string): false | string {
  try {
    execFileSync('which', [program]);
    return false;
  } catch {
    return `${program} is not installed`;
  }
}

async function greeted(): Promise<Client> {
  const client = await Client.open(gateway.port);
  await client.say('EHLO client.test');
  return client;
}

test('EHLO offers mechanisms in both forms; a conversation', async () => {
  const client = await Client.open(gateway.port);
  const offer = await client.say('EHLO client.test');
  assert.match(offer, /250-AUTH SCRAM-SHA-256 PLAIN LOGIN\|250-AUTH=SCRAM-SHA-256 PLAIN LOGIN\|/);
  const said: [string, string][] = [
    ['AUTH', '501 5.5.4 Syntax: AUTH mechanism'],
    ['AUTH PLAIN a b', '501 5.5.4 Syntax: AUTH mechanism'],
    ['AUTH FOO', '535 5.7.8 Error: authentication failed: Invalid authentication mechanism'],
    ['AUTH PLAIN', '334 '],
    ['*', '501 5.7.0 Authentication aborted'],
    ['AUTH PLAIN =', '535 5.7.8 Error: authentication failed: bad protocol / cancel'],
    ['AUTH PLAIN', '334 '],
    ['x'.repeat(12_000), '535 5.7.8 Error: authentication failed: bad protocol / cancel'],
    ['AUTH PLAIN', '334 '],
    ['x'.repeat(13_000), '500 5.5.6 SASL response limit exceeded'],
    [`AUTH PLAIN ${WRONG}`, '535 5.7.8 Error: authentication failed: authentication failure'],
    ['AUTH LOGIN', '334 VXNlcm5hbWU6'],
    ['am9l', '334 UGFzc3dvcmQ6'],
    ['c2VjcmV0', '235 2.7.0 Authentication successful'],
    [`AUTH PLAIN ${RIGHT}`, '503 5.5.1 Error: already authenticated'],
    ['QUIT', '221 2.0.0 Bye'],
  ];
  for (const [line, reply] of said) assert.equal(await client.say(line), reply, line.slice(0, 40));
  await gateway.logged(/^warning: unknown\[127\.0\.0\.1\]: SASL PLAIN authentication aborted$/);
  await gateway.logged(
    /^warning: unknown\[127\.0\.0\.1\]: SASL FOO authentication failed: Invalid authentication mechanism, sasl_username=\(unavailable\)$/,
  );
  await gateway.logged(
    /^warning: unknown\[127\.0\.0\.1\]: SASL PLAIN authentication failed: authentication failure, sasl_username=joe$/,
  );
  await gateway.logged(/^disconnect from .* ehlo=1 auth=1\/10 quit=1 commands=3\/12$/);
});

test('clients from elsewhere have to turn on TLS first, though smtpd_tls_auth_only is not set', async () => {
  const client = await greeted();
  assert.match(await client.say('XCLIENT NAME=far.test ADDR=192.0.2.5'), /^220 /);
  assert.doesNotMatch(await client.say('EHLO client.test'), /AUTH/);
  assert.equal(await client.say(`AUTH PLAIN ${RIGHT}`), '503 5.5.1 Error: authentication not enabled');
  client.close();
});

test('what a client says in advance is not taken for an answer to a challenge of another login', async () => {
  const client = await greeted();
  assert.equal(await client.say(`AUTH LOGIN\r\nam9l\r\nd3Jvbmc=\r\nAUTH PLAIN ${RIGHT}`), '334 VXNlcm5hbWU6');
  assert.equal(await client.reply(), '334 UGFzc3dvcmQ6');
  assert.match(await client.reply(), /^535 5\.7\.8 /);
  assert.match(await client.reply(), /^235 2\.7\.0 /);
  client.close();
});

test('passwd: changes are noticed by the running gateway; a broken file is not taken', async () => {
  assert.deepEqual(await passwd(['Ann'], 'pencil\r\n'), { status: 0, text: 'Ann added to DIR/passwd\n' });
  assert.deepEqual(await passwd(['joe'], 'changed'), {
    status: 0,
    text: 'password of joe changed in DIR/passwd\n',
  });
  assert.deepEqual(await passwd(['--list']), { status: 0, text: 'joe\targon2, scram\nAnn\targon2, scram\n' });
  await gateway.logged(/^passwd: new version in force$/);
  const client = await greeted();
  const pencil = Buffer.from('\0ann\0pencil').toString('base64');
  assert.match(await client.say(`AUTH PLAIN ${RIGHT}`), /^535 /);
  assert.match(await client.say(`AUTH PLAIN ${pencil}`), /^235 /);
  client.close();
  await gateway.logged(/sasl_username=joe$/);
  appendFileSync(join(gateway.directory, 'passwd'), 'bob:secret\n');
  await gateway.logged(
    /^warning: passwd:3: user "bob": this is no hash; a password in the clear is not read; set the password with "portcullis passwd"; the new version is refused, the old one stays in force$/,
  );
  const taken = /^passwd: new version in force$/;
  const before = gateway.log().filter((line) => taken.test(line)).length;
  assert.deepEqual((await passwd(['--delete', 'bob'])).status, 0);
  await gateway.logged(taken, before + 1);
  assert.deepEqual(await passwd(['--delete', 'bob']), {
    status: 1,
    text: 'portcullis passwd: there is no user bob in DIR/passwd\n',
  });
  assert.equal((await passwd(['joe'], 'secret')).status, 0);
  await gateway.logged(taken, before + 2);
  assert.equal(statSync(join(gateway.directory, 'passwd')).mode & 0o777, 0o600);
});

test('passwd: bad usage and empty passwords', async () => {
  assert.equal((await passwd([])).status, 2);
  assert.equal((await passwd(['a', 'b'])).status, 2);
  assert.deepEqual(await passwd(['bob'], ''), {
    status: 1,
    text: 'portcullis passwd: the password is empty\n',
  });
  assert.match((await passwd(['--help'])).text, /^usage: portcullis passwd /);
});

/** Types into a terminal when it is asked; what was to be seen there. */
async function typed(answers: readonly string[]): Promise<{ status: number; seen: string }> {
  const command = [process.execPath, PROGRAM, 'passwd', '-c', gateway.directory, 'terminal'].join(' ');
  const child = spawn('script', ['-qec', command, '/dev/null']);
  const left = [...answers];
  let seen = '';
  child.stdout.on('data', (chunk) => {
    seen += chunk;
    if (/(?:terminal|Again): $/.test(seen)) child.stdin.write(left.shift() ?? '\x04');
  });
  const status = await new Promise<number>((done) => child.on('close', (code) => done(code ?? -1)));
  return { status, seen };
}

test('passwd: a terminal does not show what is typed', { skip: installed('script') }, async () => {
  const { status, seen } = await typed(['oops\x15pencix\x7fl\r', 'pencil\r']);
  assert.equal(status, 0, seen);
  assert.match(seen, /^New password for terminal: \r\nAgain: \r\nterminal added to /);
  assert.doesNotMatch(seen, /pen|oops/);
  assert.equal((await typed(['a\r', 'b\r'])).status, 1);
  assert.match((await typed(['\x03'])).seen, /nothing was changed/);
  assert.equal((await passwd(['--delete', 'terminal'])).status, 0);
});

for (const mechanism of ['PLAIN', 'LOGIN']) {
  test(`swaks logs in with ${mechanism} over STARTTLS, and its mail passes`, {
    skip: installed('swaks'),
  }, async () => {
    const before = backend.received.length;
    const { stdout } = await run('swaks', [
      ...[
        '-s',
        '127.0.0.1',
        '-p',
        String(gateway.port),
        '-tls',
        '--auth',
        mechanism,
        '--from',
        'joe@home.test',
      ],
      ...[
        '--auth-user',
        'joe',
        '--auth-password',
        'secret',
        '--to',
        'ann@elsewhere.test',
        '--hide-informational',
      ],
    ]);
    assert.match(stdout, /<~ {2}235 2\.7\.0 Authentication successful/);
    assert.match(stdout, /<~ {2}250 2\.0\.0 Ok/);
    const mail = backend.received[before]?.wire.toString() ?? '';
    assert.match(mail, /^Received: from .*\(Authenticated sender: joe\).*with ESMTPSA id/s);
  });
}

test('swaks is refused with a wrong password', { skip: installed('swaks') }, async () => {
  const args = [
    '-s',
    '127.0.0.1',
    '-p',
    String(gateway.port),
    '-tls',
    '--auth',
    'PLAIN',
    '--quit-after',
    'AUTH',
  ];
  await assert.rejects(
    run('swaks', [...args, '--auth-user', 'joe', '--auth-password', 'wrong']),
    (error: object) =>
      /<~\* 535 5\.7\.8 Error: authentication failed: authentication failure/.test(
        String(Reflect.get(error, 'stdout')),
      ),
  );
});

const gsaslCases: readonly [mechanism: string, more: string[]][] = [
  ['SCRAM-SHA-256-PLUS', []],
  ['SCRAM-SHA-256', ['--no-cb']],
  ['PLAIN', []],
  ['LOGIN', []],
];

for (const [mechanism, more] of gsaslCases) {
  test(`gsasl logs in with ${mechanism}, and trusts the server`, { skip: installed('gsasl') }, async () => {
    const child = run('gsasl', [
      ...[
        '--smtp',
        `--connect=127.0.0.1:${gateway.port}`,
        '--hostname=backend.test',
        '-m',
        mechanism,
        ...more,
      ],
      ...['-a', 'joe', '-p', 'secret', `--x509-ca-file=${join(gateway.directory, 'certificate')}`],
    ]);
    child.child.stdin?.end();
    const { stdout } = await child;
    assert.match(stdout, /235 2\.7\.0 Authentication successful/);
  });
}

test('fail2ban finds the failed logins in the log', { skip: installed('fail2ban-regex') }, async () => {
  const log = join(gateway.directory, 'log');
  chmodSync(log, 0o644);
  const failed = gateway
    .log()
    .filter((line) => /SASL (?:PLAIN|LOGIN) authentication failed/.test(line)).length;
  const { stdout } = await run('fail2ban-regex', [log, 'postfix[mode=auth]']).catch((error) => error);
  assert.ok(failed > 0);
  assert.match(String(stdout), new RegExp(`Failregex: ${failed} total`));
});

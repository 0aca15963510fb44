/** Logins by Dovecot, against a scripted server: what is offered, what is said, and what comes of a server that fails. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { DovecotConnection } from '../../src/accounts/dovecot-connection.ts';
import { authLine, Handshake, readAnswer } from '../../src/accounts/dovecot-lines.ts';
import { DovecotSaslServer } from '../../src/accounts/dovecot-server.ts';
import type { SecurityOption } from '../../src/accounts/security-options.ts';
import { FakeDovecot, users } from './fake-dovecot.ts';
import { keptLog, outcome, session, speak } from './login-parts.ts';

let dovecot: FakeDovecot;
let log: ReturnType<typeof keptLog>;
const opened: DovecotConnection[] = [];

beforeEach(async () => {
  dovecot = new FakeDovecot();
  dovecot.script = users();
  log = keptLog();
  await dovecot.start();
});
afterEach(async () => {
  for (const connection of opened.splice(0)) connection.close();
  await dovecot.stop();
});

function server(options: readonly SecurityOption[] = ['noanonymous'], timeoutMs = 500): DovecotSaslServer {
  const shown = `inet:127.0.0.1:${dovecot.port}`;
  const connection = new DovecotConnection({ endpoint: dovecot.endpoint, shown, log, timeoutMs });
  opened.push(connection);
  return new DovecotSaslServer({
    connection,
    service: 'smtp',
    security: { plain: options, tls: ['noanonymous'] },
    isWanted: (name) => name !== 'CRAM-MD5',
    log,
  });
}

const plain = (password: string) => ({ mechanism: 'PLAIN', initial: `\0joe\0${password}` });
const LOST = '454 Connection lost to authentication server';

test('dovecot: mechanisms are filtered by their properties, and by name', async () => {
  const cases: readonly [SecurityOption[], string[]][] = [
    [[], ['PLAIN', 'LOGIN', 'ANONYMOUS', 'SCRAM-SHA-256']],
    [['noanonymous'], ['PLAIN', 'LOGIN', 'SCRAM-SHA-256']],
    [['noplaintext', 'noanonymous'], ['SCRAM-SHA-256']],
    [['noplaintext'], ['ANONYMOUS', 'SCRAM-SHA-256']],
    [['nodictionary', 'noactive', 'noplaintext', 'noanonymous'], ['SCRAM-SHA-256']],
    [['mutual_auth'], ['SCRAM-SHA-256']],
    [['forward_secrecy'], []],
  ];
  for (const [options, names] of cases) {
    const one = server(options);
    assert.deepEqual(await one.mechanisms(session()), names, options.join());
    assert.deepEqual(await one.mechanisms(session({ tls: 'TLSv1.3' })), ['PLAIN', 'LOGIN', 'SCRAM-SHA-256']);
  }
});

test('dovecot: the server is told what Postfix tells it', async () => {
  const one = server();
  assert.equal(outcome(await speak(one, { ...plain('secret'), session: session() })), 'success joe');
  assert.equal(outcome(await speak(one, { mechanism: 'LOGIN', answers: ['joe', 'secret'] })), 'success joe');
  await speak(one, {
    mechanism: 'plain',
    initial: '',
    session: session({ address: 'unknown', tls: 'TLSv1.2' }),
  });
  const common = 'service=smtp\tnologin\tlip=192.0.2.1\trip=192.0.2.5';
  assert.deepEqual(dovecot.heard, [
    `AUTH\t1\tPLAIN\t${common}\tresp=AGpvZQBzZWNyZXQ=`,
    `AUTH\t2\tLOGIN\t${common}\tsecured`,
    'CONT\t2\tam9l',
    'CONT\t2\tc2VjcmV0',
    'AUTH\t3\tplain\tservice=smtp\tnologin\tlip=192.0.2.1\trip=\tsecured\tresp==',
  ]);
  assert.equal(dovecot.connections, 1);
  assert.equal(dovecot.handshakes[0], 'VERSION\t1\t0');
  assert.match(dovecot.handshakes[1] ?? '', /^CPID\t[1-9]\d*$/);
});

test('dovecot: failures, with reasons or without', async () => {
  const one = server();
  assert.equal(outcome(await speak(one, plain('wrong'))), '535  (joe)');
  dovecot.script = ([, id]) => `FAIL\t${id}\tuser=joe\ttemp\n`;
  assert.equal(outcome(await speak(one, plain('wrong'))), '535  (joe)');
  dovecot.script = ([, id]) => `FAIL\t${id}\treason=Account is\x01disabled\n`;
  assert.equal(outcome(await speak(one, plain('wrong'))), '535 Account is?disabled');
  dovecot.script = ([, id]) => `OK\t${id}\n`;
  assert.equal(outcome(await speak(one, plain('secret'))), '535 Authentication backend error');
  dovecot.script = ([, id]) => `CONT\t${id}\n`;
  assert.equal(outcome(await speak(one, plain('secret'))), '535 Authentication backend error');
  assert.deepEqual(log.lines, [
    'warning: missing Dovecot server OK username field',
    'warning: missing Dovecot server CONT reply field',
  ]);
  for (const name of ['FOO', 'TOKEN', 'ANONYMOUS']) {
    assert.equal(outcome(await speak(one, { mechanism: name })), '535 Invalid authentication mechanism');
  }
});

test('dovecot: nothing but base64 gets into the protocol', async () => {
  const one = server();
  for (const bad of ['a\tb', 'a\nAUTH', 'a b', 'a\0', '\u00e4', '*']) {
    const step = await one.begin('PLAIN', session(), bad);
    assert.equal(outcome({ end: step }), '535 Invalid base64 data in initial response');
    const asked = await one.begin('PLAIN', session(), undefined);
    assert.ok(asked.kind === 'challenge');
    assert.equal(outcome({ end: await asked.next(bad) }), '535 Invalid base64 data in continued response');
  }
});

test('dovecot: answers of several logins at once find their way, in any pieces', async () => {
  const waiting: string[] = [];
  dovecot.splitBytes = 3;
  dovecot.script = ([, id = '', , ...fields], socket) => {
    const response = Buffer.from(fields.at(-1)?.slice(5) ?? '', 'base64').toString();
    waiting.push(`OK\t${id}\tuser=${response.split('\0')[1]}\n`);
    if (waiting.length === 20) for (const line of waiting.reverse()) socket.write(line);
    return undefined;
  };
  const one = server();
  const names = Array.from({ length: 20 }, (_, i) => `user${i}`);
  const ends = await Promise.all(
    names.map((name) => speak(one, { mechanism: 'PLAIN', initial: `\0${name}\0x` })),
  );
  assert.deepEqual(
    ends.map(outcome),
    names.map((name) => `success ${name}`),
  );
  assert.equal(dovecot.connections, 1);
});

test('dovecot: after a restart the next login connects again, without an error', async () => {
  const one = server();
  assert.equal(outcome(await speak(one, plain('secret'))), 'success joe');
  for (const socket of dovecot.sockets) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(outcome(await speak(one, plain('secret'))), 'success joe');
  assert.equal(dovecot.connections, 2);
});

test('dovecot: a connection that breaks with the login on it is tried once more, but only once', async () => {
  const one = server();
  assert.equal(outcome(await speak(one, plain('secret'))), 'success joe');
  let broken = 0;
  dovecot.script = (_fields, socket) => {
    broken += 1;
    socket.destroy();
    return undefined;
  };
  assert.equal(outcome(await speak(one, plain('secret'))), LOST);
  assert.equal(broken, 2);
});

test('dovecot: a login does not go on over another connection', async () => {
  const one = server();
  const step = await one.begin('LOGIN', session(), undefined);
  assert.ok(step.kind === 'challenge');
  for (const socket of dovecot.sockets) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(outcome({ end: await step.next('am9l') }), LOST);
});

test('dovecot: a server that hangs gets no more than its time, and a new connection after that', async () => {
  const one = server(['noanonymous'], 200);
  await one.mechanisms(session());
  dovecot.script = () => undefined;
  const started = performance.now();
  assert.equal(outcome(await speak(one, plain('secret'))), LOST);
  assert.ok(performance.now() - started < 2_000);
  assert.match(log.lines[0] ?? '', /^warning: SASL: no answer from 'inet:127\.0\.0\.1:\d+' within 0\.2 s$/);
  dovecot.script = users();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(outcome(await speak(one, plain('secret'))), 'success joe');
});

const badGreetings: readonly [name: string, greeting: string, problem: RegExp][] = [
  ['another major version', 'VERSION\t2\t0\nMECH\tPLAIN\nDONE\n', /Protocol version mismatch \(2 vs\. 1\)/],
  ['no version', 'VERSION\nDONE\n', /Protocol version error/],
  ['the wrong socket', 'VERSION\t1\t0\nSPID\t1\n', /Connected to wrong auth socket \(auth-master/],
  ['an endless line', 'x'.repeat(20_000), /a line of '.*' is too long/],
  ['silence', '', /Handshake with Dovecot auth socket .* failed: Connection timed out/],
];

for (const [name, greeting, problem] of badGreetings) {
  test(`dovecot: a server with ${name} is not asked`, async () => {
    dovecot.greeting = greeting;
    const one = server(['noanonymous'], 200);
    assert.deepEqual(await one.mechanisms(session()), []);
    assert.equal(outcome(await speak(one, plain('secret'))), LOST);
    assert.equal(log.lines.length, 1, 'the second attempt comes too soon');
    assert.match(log.lines[0] ?? '', problem);
    assert.deepEqual(dovecot.heard, []);
  });
}

test('dovecot: while it is down sessions go on with what it offered last, and logins wait for later', async () => {
  const one = server();
  const offered = ['PLAIN', 'LOGIN', 'SCRAM-SHA-256'];
  assert.deepEqual(await one.mechanisms(session()), offered);
  const { port } = dovecot;
  await dovecot.stop();
  assert.deepEqual(await one.mechanisms(session()), offered);
  assert.equal(outcome(await speak(one, plain('secret'))), LOST);
  assert.equal(
    log.lines.at(-1),
    `warning: SASL: Connect to Dovecot auth socket 'inet:127.0.0.1:${port}' failed: Connection refused`,
  );
  await dovecot.start(port);
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  assert.equal(outcome(await speak(one, plain('secret'))), 'success joe');
});

test('dovecot: a server that hangs up right after its greeting is not taken for a live one', async () => {
  let hangsUp = true;
  dovecot.greeted = (socket) => (hangsUp ? socket.end() : undefined);
  const one = server(['noanonymous'], 5_000);
  await one.mechanisms(session());
  await new Promise((resolve) => setTimeout(resolve, 50));
  hangsUp = false;
  const started = performance.now();
  assert.equal(outcome(await speak(one, plain('secret'))), 'success joe');
  assert.ok(performance.now() - started < 2_000);
});

test('dovecot: a server that talks without end is hung up on', async () => {
  const one = server();
  await one.mechanisms(session());
  dovecot.script = (_fields, socket) => {
    const flood = setInterval(() => socket.write('x'.repeat(4096)), 1);
    socket.on('close', () => clearInterval(flood));
    return undefined;
  };
  assert.equal(outcome(await speak(one, plain('secret'))), LOST);
  assert.match(log.lines[0] ?? '', /a line of '.*' is too long/);
});

test('dovecot: lines of any bytes are read without harm', () => {
  for (const line of [
    '',
    '\t',
    'OK',
    'OK\t',
    'OK\tx\tuser=a',
    'CONT\t-1\tx',
    'constructor\t1',
    'FAIL\t99999999999',
  ]) {
    assert.equal(readAnswer(line), undefined, JSON.stringify(line));
  }
  const handshake = new Handshake();
  for (let i = 0; i < 10_000; i++) handshake.take(`MECH\tM${i}`);
  assert.equal(handshake.mechanisms.length, 100);
  const login = {
    mechanism: 'PLAIN',
    service: 'a\tb\nc',
    serverAddress: '',
    clientAddress: '',
    secured: false,
  };
  assert.equal(
    authLine(1, { ...login, initial: undefined }),
    'AUTH\t1\tPLAIN\tservice=a?b?c\tnologin\tlip=\trip=\n',
  );
});

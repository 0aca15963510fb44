import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { Connection } from '../../src/smtp/connection.ts';
import { type HandshakeOptions, handshake } from '../../src/smtp/handshake.ts';
import { readLogin } from '../../src/smtp/login.ts';
import { uniformDeadlines } from '../../src/smtp/step.ts';
import { WireFault } from '../../src/smtp/wire-fault.ts';
import { testCertificate, testKey } from './certificate.ts';
import { FakeBackend, type Script } from './fake-backend.ts';

const introduction = { protocol: 'smtp', heloName: 'gw.test', discardKeywords: [] } as const;
const plain: HandshakeOptions = { introduction, startTls: undefined, login: undefined };
const trusting = { ca: testCertificate, servername: 'backend.test' };

async function shake(settings: Partial<FakeBackend>, options: Partial<HandshakeOptions> = {}) {
  const backend = await FakeBackend.start(settings);
  const connection = new Connection(
    'backend',
    { kind: 'tcp', address: '127.0.0.1', port: backend.port },
    uniformDeadlines(500),
  );
  try {
    await handshake(connection, { ...plain, ...options });
    const { usable } = connection;
    return { backend, connection, usable, commands: backend.commands, fault: undefined };
  } catch (error) {
    assert.ok(error instanceof WireFault, String(error));
    assert.equal(connection.usable, false, 'a failed handshake leaves nothing behind');
    return { backend, connection, usable: false, commands: backend.commands, fault: error };
  } finally {
    connection.quit();
    await backend.stop();
  }
}

test('EHLO and what it offers', async () => {
  const { connection, commands, usable } = await shake({});
  assert.deepEqual([usable, commands[0], connection.capabilities.pipelining], [true, 'EHLO gw.test', true]);
  const discarding = { ...introduction, discardKeywords: ['pipelining'] };
  assert.equal((await shake({}, { introduction: discarding })).connection.capabilities.pipelining, false);
});

test('HELO when EHLO is refused', async () => {
  const { connection, commands } = await shake({ script: { ehlo: { reply: '502 5.5.1 no' } } });
  assert.deepEqual(commands.slice(0, 2), ['EHLO gw.test', 'HELO gw.test']);
  assert.equal(connection.capabilities.esmtp, false);
});

test('LHLO has no other', async () => {
  const lmtp = { ...introduction, protocol: 'lmtp' } as const;
  assert.deepEqual((await shake({ lmtp: true }, { introduction: lmtp })).commands[0], 'LHLO gw.test');
  const { fault, commands } = await shake({ lmtp: false }, { introduction: lmtp });
  assert.deepEqual([fault?.kind, fault?.step, commands.includes('HELO gw.test')], ['refused', 'helo', false]);
});

const refusals: [name: string, script: Script, kind: string, step: string][] = [
  ['a greeting of 554', { banner: { reply: '554 5.7.1 go away' } }, 'refused', 'greeting'],
  ['a greeting of 421', { banner: { reply: '421 4.3.2 busy' } }, 'refused', 'greeting'],
  ['a greeting of 450', { banner: { reply: '450 later' } }, 'refused', 'greeting'],
  ['a greeting of 354', { banner: { reply: '354 what?' } }, 'refused', 'greeting'],
  ['no greeting', { banner: { hang: true } }, 'timeout', 'greeting'],
  ['a dropped connection', { banner: { drop: true } }, 'lost', 'greeting'],
  ['garbage', { banner: { reply: '\0\xff\x1b[2J' } }, 'garbage', 'greeting'],
  ['EHLO and HELO refused', { ehlo: { reply: '550 no' }, helo: { reply: '550 no' } }, 'refused', 'helo'],
  ['EHLO answered by 421', { ehlo: { reply: '421 no' } }, 'refused', 'helo'],
  ['EHLO hangs', { ehlo: { hang: true } }, 'timeout', 'helo'],
  ['EHLO drops', { ehlo: { reset: true } }, 'lost', 'helo'],
];

for (const [name, script, kind, step] of refusals) {
  test(`no handshake: ${name}`, async () => {
    const { fault } = await shake({ script });
    assert.deepEqual([fault?.kind, fault?.step], [kind, step]);
  });
}

const withTls = ['PIPELINING', 'STARTTLS', 'AUTH PLAIN LOGIN'];

test('STARTTLS when it is offered; EHLO again after it', async () => {
  const { connection, commands, usable } = await shake(
    { keywords: withTls },
    { startTls: { level: 'must', options: trusting } },
  );
  assert.deepEqual([usable, connection.secured, connection.capabilities.startTls], [true, true, false]);
  assert.deepEqual(commands.slice(0, 3), ['EHLO gw.test', 'STARTTLS', 'EHLO gw.test']);
});

test('TLS carries mails like a plain connection', async () => {
  const backend = await FakeBackend.start({ keywords: withTls });
  const connection = new Connection(
    'backend',
    { kind: 'tcp', address: '127.0.0.1', port: backend.port },
    uniformDeadlines(2_000),
  );
  await handshake(connection, { ...plain, startTls: { level: 'must', options: trusting } });
  for (const size of [1, 3_000_000]) {
    await connection.exchange(['MAIL FROM:<>', 'RCPT TO:<a@b.test>'], ['mail', 'rcpt']);
    await connection.command('DATA', 'data');
    const message = Buffer.from('line of text\r\n'.repeat(size / 14 + 1));
    assert.equal((await connection.sendMessage([message], message.length))[0]?.code, 250);
    assert.ok(backend.received.at(-1)?.wire.equals(message));
  }
  connection.quit();
  await backend.stop();
});

test('a TLS connection that breaks is a fault like any other', async () => {
  const ends = [
    ['drop', 'lost'],
    ['hang', 'timeout'],
  ] as const;
  for (const [how, kind] of ends) {
    const backend = await FakeBackend.start({ keywords: withTls, script: { mail: { [how]: true } } });
    const endpoint = { kind: 'tcp', address: '127.0.0.1', port: backend.port } as const;
    const connection = new Connection('backend', endpoint, uniformDeadlines(300));
    await handshake(connection, { ...plain, startTls: { level: 'must', options: trusting } });
    const fault = await connection.command('MAIL FROM:<>', 'mail').then(
      () => undefined,
      (error: WireFault) => error,
    );
    assert.deepEqual([fault?.kind, fault?.step], [kind, 'mail'], how);
    await backend.stop();
  }
});

const tlsCases: [
  name: string,
  settings: Partial<FakeBackend>,
  level: 'may' | 'must',
  options: object,
  kind: string | undefined,
][] = [
  ['not offered, may', {}, 'may', trusting, undefined],
  ['not offered, must', {}, 'must', trusting, 'tls'],
  [
    'refused, may',
    { keywords: withTls, script: { starttls: { reply: '454 4.7.0 not now' } } },
    'may',
    trusting,
    undefined,
  ],
  [
    'refused, must',
    { keywords: withTls, script: { starttls: { reply: '454 4.7.0 not now' } } },
    'must',
    trusting,
    'tls',
  ],
  ['an unknown certificate', { keywords: withTls }, 'must', { servername: 'backend.test' }, 'tls'],
  [
    'a certificate for somebody else',
    { keywords: withTls },
    'must',
    { ca: testCertificate, servername: 'other.test' },
    'tls',
  ],
  ['any certificate', { keywords: withTls }, 'must', { rejectUnauthorized: false }, undefined],
  [
    'no handshake',
    { keywords: withTls, script: { starttls: { reply: '220 go', thenDrop: true } } },
    'may',
    trusting,
    'tls',
  ],
];

for (const [name, settings, level, options, kind] of tlsCases) {
  test(`TLS: ${name}`, async () => {
    const { fault, usable } = await shake(settings, { startTls: { level, options } });
    assert.deepEqual([fault?.kind, usable], [kind, kind === undefined]);
  });
}

test('what is said in the clear behind the answer to STARTTLS is not believed', async () => {
  const script: Script = { starttls: { reply: '220 go\r\n250-backend.test\r\n250 AUTH PLAIN' } };
  const { fault } = await shake(
    { keywords: withTls, script },
    { startTls: { level: 'must', options: trusting } },
  );
  assert.ok(fault?.kind === 'garbage' || fault?.kind === 'tls', fault?.kind);
});

test('TLS from the first byte', async () => {
  const server = createTlsServer({ cert: testCertificate, key: testKey }, (socket) => {
    socket.on('error', () => {});
    socket.write('220 mx.test ESMTP\r\n');
    socket.on('data', () => socket.write('250-mx.test\r\n250 PIPELINING\r\n'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const endpoint = { kind: 'tcp', address: '127.0.0.1', port } as const;
  const connection = new Connection('backend', endpoint, uniformDeadlines(2_000), trusting);
  await handshake(connection, plain);
  assert.deepEqual([connection.secured, connection.capabilities.pipelining], [true, true]);
  connection.quit();
  const strict = new Connection('backend', endpoint, uniformDeadlines(2_000), { servername: 'backend.test' });
  await assert.rejects(
    handshake(strict, plain),
    (fault: WireFault) => fault.kind === 'tls' && /self.signed/i.test(fault.detail),
  );
  server.close();
});

const policy = { mechanisms: ['PLAIN', 'LOGIN'], inTheClear: true };
const joe = { username: 'joe@example.com', password: 'pass:word', ...policy };
const offering = (line: string) => ({ keywords: ['PIPELINING', line] });

test('AUTH PLAIN, AUTH LOGIN, and which of them', async () => {
  const both = await shake(offering('AUTH LOGIN PLAIN'), { login: joe });
  const response = Buffer.from('\0joe@example.com\0pass:word').toString('base64');
  assert.deepEqual(both.commands[1], `AUTH PLAIN ${response}`);
  const login = await shake(offering('AUTH LOGIN'), { login: joe });
  assert.deepEqual(login.commands.slice(1, 4), [
    'AUTH LOGIN',
    'user am9lQGV4YW1wbGUuY29t',
    'password cGFzczp3b3Jk',
  ]);
  const filtered = await shake(offering('AUTH LOGIN PLAIN'), { login: { ...joe, mechanisms: ['LOGIN'] } });
  assert.equal(filtered.commands[1], 'AUTH LOGIN');
});

test('no AUTH offered: no login, as Postfix does', async () => {
  const { usable, commands } = await shake({}, { login: joe });
  assert.deepEqual([usable, commands.filter((line) => line !== 'QUIT').length], [true, 1]);
});

test('a login that fails is a fault without the password in it', async () => {
  const cases: [Partial<FakeBackend>, Partial<typeof joe>][] = [
    [{ ...offering('AUTH PLAIN'), script: { auth: { reply: '535 5.7.8 no' } } }, {}],
    [offering('AUTH CRAM-MD5'), {}],
    [offering('AUTH PLAIN'), { inTheClear: false }],
    [
      {
        ...offering('AUTH LOGIN'),
        script: { auth: (line) => (line === 'LOGIN' ? { reply: '535 no' } : undefined) },
      },
      {},
    ],
  ];
  for (const [settings, change] of cases) {
    const { fault } = await shake(settings, { login: { ...joe, ...change } });
    assert.deepEqual([fault?.kind, fault?.step], ['refused', 'login']);
    assert.doesNotMatch(`${fault?.message} ${fault?.stack}`, /pass:word|cGFzczp3b3Jk/);
  }
});

test('in TLS a password may be sent', async () => {
  const { usable, commands } = await shake(
    { keywords: withTls },
    { startTls: { level: 'must', options: trusting }, login: { ...joe, inTheClear: false } },
  );
  assert.equal(usable, true);
  assert.match(commands[3] ?? '', /^AUTH PLAIN/);
});

test('user:password is cut at the first colon', () => {
  assert.deepEqual(readLogin('joe:pass:word'), { username: 'joe', password: 'pass:word' });
  assert.deepEqual(readLogin('joe:'), { username: 'joe', password: '' });
  assert.equal(readLogin('joe'), undefined);
});

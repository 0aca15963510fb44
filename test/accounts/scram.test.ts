/** SCRAM-SHA-256: the example of RFC 7677, a client of its own for everything else, channel binding, users without verifier. */
import assert from 'node:assert/strict';
import { createHash, createHmac, pbkdf2Sync } from 'node:crypto';
import { after, test } from 'node:test';
import { newArgon2 } from '../../src/accounts/argon2.ts';
import { Hashing } from '../../src/accounts/hashing.ts';
import { formatVerifier, verifierOf } from '../../src/accounts/scram-keys.ts';
import { keptLog, outcome, ownServer, session, speak } from './login-parts.ts';

const hashing = new Hashing();
after(() => hashing.close());
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
const pencil = formatVerifier(await verifierOf('pencil', SALT, 4096));
const ninth = formatVerifier(await verifierOf('IX', SALT, 4096));
const text = `user:${await newArgon2('pencil')}:${pencil}\nann,=x:${ninth}\nold:${await newArgon2('pencil')}\n`;
const TLS13 = session({ tls: 'TLSv1.3' });
const BOUND = Buffer.alloc(32, 7);

test('SCRAM-SHA-256: the example of RFC 7677', async () => {
  const server = ownServer({
    text: `user:${pencil}`,
    hashing,
    nonce: () => '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  });
  const spoken = await speak(server, {
    mechanism: 'SCRAM-SHA-256',
    initial: 'n,,n=user,r=rOprNGfwEbeRWgbNEkqO',
    answers: [
      'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
      '',
    ],
  });
  assert.deepEqual(spoken.challenges, [
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  ]);
  assert.equal(outcome(spoken), 'success user');
});

interface Client {
  readonly name?: string;
  readonly password?: string;
  readonly gs2?: string;
  readonly bound?: Buffer;
  /** Changes the last message. */
  readonly spoil?: (final: string) => string;
  readonly mechanism?: string;
  readonly session?: typeof TLS13;
  readonly extension?: string;
  readonly acknowledgment?: string;
}

const server = ownServer({ text, hashing });

/** A client after RFC 5802; returns the outcome in words. */
async function scramClient(client: Client, target = server): Promise<string> {
  const {
    name = 'user',
    password = 'pencil',
    gs2 = 'n,,',
    bound = Buffer.alloc(0),
    spoil = (x) => x,
  } = client;
  const bare = `n=${name},r=clientnonce${client.extension ?? ''}`;
  const first = await target.begin(
    client.mechanism ?? 'SCRAM-SHA-256',
    client.session ?? session(),
    Buffer.from(`${gs2}${bare}`).toString('base64'),
    () => BOUND,
  );
  if (first.kind !== 'challenge') return outcome({ end: first });
  const message = Buffer.from(first.challenge, 'base64').toString();
  const [, nonce = '', salt = '', count = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(message) ?? [];
  assert.ok(nonce.startsWith('clientnonce') && nonce.length > 30, message);
  const salted = pbkdf2Sync(password, Buffer.from(salt, 'base64'), Number(count), 32, 'sha256');
  const hmac = (key: Buffer, data: string) => createHmac('sha256', key).update(data).digest();
  const key = hmac(salted, 'Client Key');
  const channel = Buffer.concat([Buffer.from(gs2), bound]).toString('base64');
  const withoutProof = `c=${channel},r=${nonce}`;
  const authMessage = `${bare},${message},${withoutProof}`;
  const signature = hmac(createHash('sha256').update(key).digest(), authMessage);
  const proof = Buffer.from(key.map((byte, i) => byte ^ (signature[i] ?? 0))).toString('base64');
  const last = await first.next(Buffer.from(spoil(`${withoutProof},p=${proof}`)).toString('base64'));
  if (last.kind !== 'challenge') return outcome({ end: last });
  const told = Buffer.from(last.challenge, 'base64').toString();
  assert.equal(told, `v=${hmac(hmac(salted, 'Server Key'), authMessage).toString('base64')}`);
  return outcome({ end: await last.next(client.acknowledgment ?? '') });
}

const WRONG = '535 authentication failure (user)';
const NONSENSE = '535 bad protocol / cancel';

const cases: readonly [name: string, client: Client, end: string][] = [
  ['right', {}, 'success user'],
  ['wrong password', { password: 'pen' }, WRONG],
  ['another case of the name', { name: 'User' }, 'success user'],
  ['unknown user', { name: 'nobody' }, '535 authentication failure (nobody)'],
  ['comma and equals sign in the name', { name: 'ann=2C=3Dx', password: 'IX' }, 'success ann,=x'],
  ['an equals sign that is no escape', { name: 'ann=x' }, NONSENSE],
  ['acting as oneself', { gs2: 'n,a=user,' }, 'success user'],
  ['acting as somebody else', { gs2: 'n,a=ann,' }, '535 authorization failure (user)'],
  ['an optional extension', { extension: ',x=1' }, 'success user'],
  ['an extension that must be understood', { gs2: 'n,,', name: 'user', extension: ',m' }, NONSENSE],
  ['no gs2 header', { gs2: '' }, NONSENSE],
  ['another nonce at the end', { spoil: (x) => x.replace('clientnonce', 'othernonce') }, WRONG],
  ['another gs2 header at the end', { spoil: (x) => x.replace('c=biws', 'c=eSws') }, WRONG],
  ['a proof of another length', { spoil: (x) => x.replace(/p=.*/, 'p=AAAA') }, WRONG],
  ['no proof', { spoil: (x) => x.replace(/,p=.*/, '') }, `${NONSENSE} (user)`],
  ['something behind the proof', { spoil: (x) => `${x},x=1` }, `${NONSENSE} (user)`],
  ['nothing', { spoil: () => '' }, `${NONSENSE} (user)`],
  ['an acknowledgment that says something', { acknowledgment: 'eA==' }, `${NONSENSE} (user)`],
  ['y without TLS 1.3, where there is nothing to bind to', { gs2: 'y,,' }, 'success user'],
  ['y under TLS 1.3: somebody hid the PLUS', { gs2: 'y,,', session: TLS13 }, WRONG],
  ['binding without PLUS', { gs2: 'p=tls-exporter,,', bound: BOUND, session: TLS13 }, WRONG],
];

for (const [name, client, end] of cases) {
  test(`SCRAM-SHA-256: ${name}`, async () => assert.equal(await scramClient(client), end));
}

const PLUS = { mechanism: 'SCRAM-SHA-256-PLUS', gs2: 'p=tls-exporter,,', bound: BOUND, session: TLS13 };
const plusCases: readonly [name: string, client: Client, end: string][] = [
  ['right', PLUS, 'success user'],
  ['wrong password', { ...PLUS, password: 'pen' }, WRONG],
  ['another TLS connection', { ...PLUS, bound: Buffer.alloc(32, 8) }, WRONG],
  ['nothing bound', { ...PLUS, bound: Buffer.alloc(0) }, WRONG],
  ['a binding that we do not have', { ...PLUS, gs2: 'p=tls-unique,,' }, WRONG],
  ['no binding', { ...PLUS, gs2: 'n,,', bound: Buffer.alloc(0) }, WRONG],
  ['TLS 1.2', { ...PLUS, session: session({ tls: 'TLSv1.2' }) }, '535 Invalid authentication mechanism'],
  ['no TLS', { ...PLUS, session: session() }, '535 Invalid authentication mechanism'],
];

for (const [name, client, end] of plusCases) {
  test(`SCRAM-SHA-256-PLUS: ${name}`, async () => assert.equal(await scramClient(client), end));
}

test('SCRAM: EHLO names it when everybody has a verifier; who knows it may use it before', async () => {
  const all = ownServer({ text: `user:${pencil}\ngone:!x\n`, hashing });
  assert.deepEqual(await all.mechanisms(session()), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN']);
  assert.deepEqual(await all.mechanisms(TLS13), ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256', 'PLAIN', 'LOGIN']);
  assert.deepEqual(await server.mechanisms(TLS13), ['PLAIN', 'LOGIN']);
  assert.equal(await scramClient({}), 'success user');
  const none = ownServer({ text: `old:${await newArgon2('pencil')}`, hashing });
  assert.equal(await scramClient({ name: 'old' }, none), '535 Invalid authentication mechanism');
});

test('SCRAM: a user without verifier fails like a wrong password, and the log says why', async () => {
  const log = keptLog();
  const own = ownServer({ text, hashing, log });
  assert.equal(await scramClient({ name: 'old' }, own), '535 authentication failure (old)');
  assert.deepEqual(log.lines, [
    'warning: SASL: user old has no SCRAM-SHA-256 verifier in the password file; "portcullis passwd old" makes one',
  ]);
});

test('SCRAM: unknown users and those without verifier are shown the same salt every time', async () => {
  const shown = async (name: string) => {
    const { challenges } = await speak(server, { mechanism: 'SCRAM-SHA-256', initial: `n,,n=${name},r=abc` });
    return challenges[0]?.replace(/^r=[^,]*/, '');
  };
  for (const name of ['old', 'nobody', 'somebody']) assert.equal(await shown(name), await shown(name));
  assert.notEqual(await shown('nobody'), await shown('somebody'));
  assert.match((await shown('nobody')) ?? '', /^,s=[A-Za-z0-9+/=]{24},i=(?:4096|100000)$/);
});

test('SCRAM: a password that SASLprep changes', async () => {
  assert.equal(await scramClient({ name: 'ann=2C=3Dx', password: 'IX' }), 'success ann,=x');
  const spoken = await speak(server, { mechanism: 'PLAIN', initial: '\0ann,=x\0\u2168' });
  assert.equal(outcome(spoken), 'success ann,=x');
});

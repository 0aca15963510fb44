/** OAUTHBEARER and XOAUTH2, and how tokens are checked: by asking (RFC 7662) and by signature, on loopback. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { after, before, beforeEach, test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { oauth } from '../../src/accounts/oauth.ts';
import { TokenIntrospection } from '../../src/accounts/token-introspection.ts';
import { TokenSignature } from '../../src/accounts/token-signature.ts';
import {
  judgeClaims,
  type TokenJudgement,
  type TokenRules,
  TokenServerDown,
} from '../../src/accounts/token-verifier.ts';
import { keptLog, outcome, ownServer, session, speak } from './login-parts.ts';

const RULES: TokenRules = {
  issuer: 'https://id.test',
  audience: ['mail', 'smtp'],
  scope: ['smtp.send'],
  usernameClaim: 'email',
};
const GOOD = { iss: 'https://id.test', aud: 'mail', scope: 'openid smtp.send', email: 'joe@home.test' };

type Answer = (request: IncomingMessage, body: string, response: ServerResponse) => void;
let answer: Answer = () => {};
let asked = 0;
let url = '';
const http = createServer((request, response) => {
  asked += 1;
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => answer(request, body, response));
});

before(async () => {
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/oauth`;
});
after(() => {
  http.closeAllConnections();
  http.close();
});
beforeEach(() => {
  asked = 0;
});

const json = (value: unknown, status = 200): Answer => {
  return (_request, _body, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };
};

const claimCases: readonly [name: string, claims: Record<string, unknown>, problem: string][] = [
  ['another issuer', { ...GOOD, iss: 'https://evil.test' }, 'the token is of another issuer'],
  ['no issuer', { ...GOOD, iss: undefined }, 'the token is of another issuer'],
  ['another audience', { ...GOOD, aud: ['web', 'chat'] }, 'the token is for another audience'],
  ['no audience', { ...GOOD, aud: undefined }, 'the token is for another audience'],
  ['too little scope', { ...GOOD, scope: 'openid smtp.sender' }, 'the token lacks the scope smtp.send'],
  ['no name', { ...GOOD, email: undefined }, 'the token has no email'],
  ['a name that is no text', { ...GOOD, email: ['joe@home.test'] }, 'the token has no email'],
  [
    'an address nobody has verified',
    { ...GOOD, email_verified: false },
    'the email of the token is not verified',
  ],
];

for (const [name, claims, problem] of claimCases) {
  test(`claims: ${name}`, () => assert.deepEqual(judgeClaims(claims, RULES), { kind: 'invalid', problem }));
}

test('claims: good ones in all their forms', () => {
  const valid = { kind: 'valid', username: 'joe@home.test' };
  assert.deepEqual(judgeClaims(GOOD, RULES), valid);
  assert.deepEqual(judgeClaims({ ...GOOD, aud: ['web', 'smtp'], email_verified: true }, RULES), valid);
  assert.deepEqual(judgeClaims({ ...GOOD, scope: undefined, scp: ['smtp.send'] }, RULES), valid);
});

function introspection(timeoutMs = 500): TokenIntrospection {
  return new TokenIntrospection({ url, client: { id: 'gate way', secret: 's:c%' }, rules: RULES, timeoutMs });
}

test('introspection: asks as RFC 7662 wants it', async () => {
  answer = (request, body, response) => {
    assert.equal(request.method, 'POST');
    assert.equal(request.headers['content-type'], 'application/x-www-form-urlencoded;charset=UTF-8');
    const pair = Buffer.from((request.headers.authorization ?? '').slice(6), 'base64').toString();
    assert.equal(pair, 'gate%20way:s%3Ac%25');
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), {
      token: 'abc',
      token_type_hint: 'access_token',
    });
    json({ active: true, ...GOOD })(request, body, response);
  };
  assert.deepEqual(await introspection().verify('abc'), { kind: 'valid', username: 'joe@home.test' });
});

test('introspection: only a clear yes counts', async () => {
  for (const said of [{ active: false }, { ...GOOD }, { active: 'true', ...GOOD }, { active: 1, ...GOOD }]) {
    answer = json(said);
    assert.equal((await introspection().verify('abc')).kind, 'invalid');
  }
  answer = json({ active: true, ...GOOD, exp: Math.floor(Date.now() / 1000) - 10 });
  assert.equal((await introspection().verify('abc')).kind, 'invalid');
});

const downCases: readonly [name: string, answer: Answer][] = [
  ['an error', json({ active: true, ...GOOD }, 500)],
  ['that we are not known', json({ error: 'invalid_client' }, 401)],
  ['no JSON', json('<html>')],
  ['no object', json('"active"')],
  ['nothing', json('null')],
  ['too much', json(`{"active":true,"x":"${'x'.repeat(100_000)}"}`)],
  ['a detour', (_r, _b, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
  ['a broken connection', (request) => request.socket.destroy()],
  ['silence', () => {}],
];

for (const [name, said] of downCases) {
  test(`introspection: ${name} is no answer`, async () => {
    answer = said;
    await assert.rejects(introspection(200).verify('secrettoken'), (error) => {
      return error instanceof TokenServerDown && !error.message.includes('secrettoken');
    });
  });
}

const { publicKey, privateKey } = await generateKeyPair('ES256');
const stranger = await generateKeyPair('ES256');
const keys = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] };

function token(claims: Record<string, unknown>, key = privateKey, kid = 'one', exp: string | number = '5m') {
  return new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).setExpirationTime(exp).sign(key);
}

function signature(): TokenSignature {
  return new TokenSignature({ url, rules: RULES, timeoutMs: 300 });
}

test('signature: a good token, and the keys are fetched once', async () => {
  answer = json(keys);
  const verifier = signature();
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(await verifier.verify(await token(GOOD)), { kind: 'valid', username: 'joe@home.test' });
  }
  assert.equal(asked, 1);
});

test('signature: tokens that are wrong', async () => {
  answer = json(keys);
  const verifier = signature();
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify(GOOD)).toString('base64url')}.`;
  const bySecret = await new SignJWT(GOOD)
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setExpirationTime('5m')
    .sign(Buffer.from(JSON.stringify(keys.keys[0])));
  const eternal = await new SignJWT(GOOD).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
  const wrong: [string, string][] = [
    ['signed by a stranger', await token(GOOD, stranger.privateKey)],
    ['of a key that nobody knows', await token(GOOD, privateKey, 'two')],
    ['expired', await token(GOOD, privateKey, 'one', Math.floor(Date.now() / 1000) - 60)],
    ['not signed', unsigned],
    ['signed with the public key as a secret', bySecret],
    ['without an end', eternal],
    ['of another issuer', await token({ ...GOOD, iss: 'https://evil.test' })],
    ['nonsense', 'a.b.c'],
    ['more nonsense', 'abc'],
  ];
  for (const [name, text] of wrong) {
    assert.equal((await verifier.verify(text)).kind, 'invalid', name);
  }
});

test('signature: keys that cannot be had', async () => {
  for (const said of [json({}, 500), json('<html>'), json({ keys: 'no' }), (() => {}) as Answer]) {
    answer = said;
    await assert.rejects(signature().verify(await token(GOOD)), TokenServerDown);
  }
});

/** A server whose tokens are `good`, `bad` and `down`. */
function tokenServer(log = keptLog()) {
  const verify = async (text: string): Promise<TokenJudgement> => {
    if (text === 'down') throw new TokenServerDown('https://id.test: no answer');
    if (text === 'good') return { kind: 'valid', username: 'Joe@home.test' };
    return { kind: 'invalid', problem: 'the token is not active' };
  };
  const more = oauth({ verifier: { verify }, scope: ['smtp.send'], log });
  return ownServer({ text: '', hashing: { matches: async () => false }, more, log });
}

const NONSENSE = '535 bad protocol / cancel';
const bearer = (name: string, text: string) =>
  `n,a=${name},\x01host=mx.test\x01port=587\x01auth=Bearer ${text}\x01\x01`;
const xoauth2 = (name: string, text: string) => `user=${name}\x01auth=Bearer ${text}\x01\x01`;

const mechanismCases: readonly [mechanism: string, message: string, end: string, challenge?: string][] = [
  ['OAUTHBEARER', bearer('joe@home.test', 'good'), 'success Joe@home.test'],
  ['OAUTHBEARER', 'n,,\x01auth=bearer good\x01\x01', 'success Joe@home.test'],
  ['OAUTHBEARER', bearer('ann@home.test', 'good'), '535 authorization failure (ann@home.test)'],
  [
    'OAUTHBEARER',
    bearer('joe@home.test', 'down'),
    '454 Connection lost to authentication server (joe@home.test)',
  ],
  [
    'OAUTHBEARER',
    bearer('joe@home.test', 'bad'),
    '535 authentication failure (joe@home.test)',
    '{"status":"invalid_token","scope":"smtp.send"}',
  ],
  ['OAUTHBEARER', 'p=tls-exporter,,\x01auth=Bearer good\x01\x01', NONSENSE],
  ['OAUTHBEARER', 'n,,auth=Bearer good\x01\x01', NONSENSE],
  ['OAUTHBEARER', 'n,,\x01auth=Bearer good\x01', NONSENSE],
  ['OAUTHBEARER', 'n,,\x01auth=Basic good\x01\x01', NONSENSE],
  ['OAUTHBEARER', 'n,,\x01auth=Bearer go od\x01\x01', NONSENSE],
  ['OAUTHBEARER', 'n,,\x01auth=Bearer bad\x01auth=Bearer good\x01\x01', NONSENSE],
  ['OAUTHBEARER', 'n,,\x01host=a\x01\x01', NONSENSE],
  ['OAUTHBEARER', '', NONSENSE],
  ['XOAUTH2', xoauth2('joe@home.test', 'good'), 'success Joe@home.test'],
  ['XOAUTH2', xoauth2('ann@home.test', 'good'), '535 authorization failure (ann@home.test)'],
  [
    'XOAUTH2',
    xoauth2('joe@home.test', 'down'),
    '454 Connection lost to authentication server (joe@home.test)',
  ],
  [
    'XOAUTH2',
    xoauth2('joe@home.test', 'bad'),
    '535 authentication failure (joe@home.test)',
    '{"status":"401","schemes":"bearer","scope":"smtp.send"}',
  ],
  ['XOAUTH2', xoauth2('', 'good'), NONSENSE],
  ['XOAUTH2', 'user=joe\x01\x01', NONSENSE],
  ['XOAUTH2', `user=joe\x01${'x=y\x01'.repeat(2000)}`, NONSENSE],
];

for (const [mechanism, message, end, challenge] of mechanismCases) {
  test(`${mechanism}: ${JSON.stringify(message).slice(0, 70)}`, async () => {
    const spoken = await speak(tokenServer(), { mechanism, initial: message, answers: ['\x01'] });
    assert.equal(outcome(spoken), end);
    if (challenge !== undefined) assert.deepEqual(spoken.challenges, [challenge]);
  });
}

test('OAUTHBEARER and XOAUTH2 are plain text: noplaintext takes them away', async () => {
  assert.deepEqual(await tokenServer().mechanisms(session()), ['PLAIN', 'LOGIN', 'OAUTHBEARER', 'XOAUTH2']);
});

test('tokens are in no log line', async () => {
  const log = keptLog();
  for (const text of ['bad', 'down']) {
    await speak(tokenServer(log), { mechanism: 'XOAUTH2', initial: xoauth2('joe', text), answers: ['\x01'] });
  }
  assert.deepEqual(log.lines, [
    'info: SASL: token refused: the token is not active',
    'warning: SASL: cannot check a token now: https://id.test: no answer',
  ]);
});

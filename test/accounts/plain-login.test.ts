/** PLAIN and LOGIN as tables of what a client says and what comes of it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { newArgon2 } from '../../src/accounts/argon2.ts';
import { Hashing } from '../../src/accounts/hashing.ts';
import { base64, keptLog, outcome, ownServer, session, speak } from './login-parts.ts';

const hashing = new Hashing();
after(() => hashing.close());
const text = [
  `joe:${await newArgon2('secret')}`,
  `Ann@Example.com:${await newArgon2('p\u00e4ss')}`,
  `old:$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW`,
  `gone:!${await newArgon2('secret')}`,
  `bob@home.test:${await newArgon2('secret')}`,
].join('\n');
const server = ownServer({ text, hashing });

const WRONG = '535 authentication failure';
const NONSENSE = '535 bad protocol / cancel';

const plainCases: readonly [name: string, response: string, end: string][] = [
  ['right', '\0joe\0secret', 'success joe'],
  ['wrong password', '\0joe\0Secret', `${WRONG} (joe)`],
  ['unknown user', '\0nobody\0secret', `${WRONG} (nobody)`],
  ['the name in another case is the name in the file', '\0JOE\0secret', 'success joe'],
  ['a name with a domain', '\0ann@example.com\0p\u00e4ss', 'success Ann@Example.com'],
  ['the same letters, written another way', '\0ann@example.com\0pa\u0308ss', 'success Ann@Example.com'],
  ['a soft hyphen is nothing', '\0j\u00adoe\0secret', 'success joe'],
  ['bcrypt', '\0old\0U*U', 'success old'],
  ['locked out', '\0gone\0secret', `${WRONG} (gone)`],
  ['acting as oneself', 'joe\0joe\0secret', 'success joe'],
  ['acting as oneself in another case', 'JOE\0joe\0secret', 'success joe'],
  ['acting as somebody else', 'ann\0joe\0secret', '535 authorization failure (joe)'],
  ['no password', '\0joe\0', `${WRONG} (joe)`],
  ['no name', '\0\0secret', NONSENSE],
  ['empty', '', NONSENSE],
  ['one NUL', 'joe\0secret', NONSENSE],
  ['a NUL in the password', '\0joe\0secret\0x', NONSENSE],
  ['a NUL behind it', '\0joe\0secret\0', NONSENSE],
  ['a thousand NULs', '\0'.repeat(1000), NONSENSE],
  ['a newline behind the password', '\0joe\0secret\n', `${WRONG} (joe)`],
  ['a long password', `\0joe\0${'x'.repeat(5000)}`, `${WRONG} (joe)`],
  ['a long name', `\0${'x'.repeat(600)}\0secret`, `${WRONG} (${'x'.repeat(600)})`],
  ['a name from JavaScript', '\0__proto__\0secret', `${WRONG} (__proto__)`],
];

for (const [name, response, end] of plainCases) {
  test(`PLAIN: ${name}`, async () => {
    const whole = await speak(server, { mechanism: 'PLAIN', initial: response });
    assert.equal(outcome(whole), end);
    const inTwo = await speak(server, { mechanism: 'plain', answers: [response] });
    assert.deepEqual(inTwo.challenges, ['']);
    assert.equal(outcome(inTwo), end);
  });
}

test('PLAIN: what is not UTF-8 is nonsense', async () => {
  const step = await server.begin(
    'PLAIN',
    session({ tls: 'TLSv1.2' }),
    Buffer.from([0, 0x6a, 0, 0xff, 0xfe]).toString('base64'),
  );
  assert.equal(outcome({ end: step }), NONSENSE);
});

const loginCases: readonly [name: string, user: string, password: string, end: string][] = [
  ['right', 'joe', 'secret', 'success joe'],
  ['wrong password', 'joe', 'wrong', `${WRONG} (joe)`],
  ['unknown user', 'nobody', 'secret', `${WRONG} (nobody)`],
  ['no password', 'joe', '', `${WRONG} (joe)`],
  ['NUL in the name', 'joe\0ann', 'secret', NONSENSE],
  ['NUL in the password', 'joe', 'secret\0', `${NONSENSE} (joe)`],
];

for (const [name, user, password, end] of loginCases) {
  test(`LOGIN: ${name}`, async () => {
    const asked = await speak(server, { mechanism: 'LOGIN', answers: [user, password] });
    if (!user.includes('\0')) assert.deepEqual(asked.challenges, ['Username:', 'Password:']);
    assert.equal(outcome(asked), end);
    const early = await speak(server, { mechanism: 'Login', initial: user, answers: [password] });
    assert.equal(outcome(early), end);
  });
}

test('LOGIN: an empty initial response is asked for the name', async () => {
  const spoken = await speak(server, { mechanism: 'LOGIN', initial: '', answers: ['joe', 'secret'] });
  assert.deepEqual(spoken.challenges, ['Username:', 'Password:']);
  assert.equal(outcome(spoken), 'success joe');
});

test('LOGIN: an empty name is nonsense', async () => {
  const step = await server.begin('LOGIN', session(), undefined);
  assert.ok(step.kind === 'challenge');
  assert.equal(outcome({ end: await step.next('') }), NONSENSE);
});

const badBase64 = [
  'not!base64',
  'AGpv ZQ==',
  'AGpvZQ=',
  'AGpvZQ===',
  '====',
  'A===',
  'AGpv\n',
  '\0',
  'AGpvZQ==AGpv',
];

for (const bad of badBase64) {
  test(`base64: ${JSON.stringify(bad)} is refused`, async () => {
    assert.equal(
      outcome({ end: await server.begin('PLAIN', session(), bad) }),
      '535 Invalid base64 data in initial response',
    );
    const step = await server.begin('PLAIN', session(), undefined);
    assert.ok(step.kind === 'challenge');
    assert.equal(outcome({ end: await step.next(bad) }), '535 Invalid base64 data in continued response');
  });
}

test('a mechanism that nobody knows', async () => {
  for (const name of [
    'FOO',
    'EXTERNAL',
    'ANONYMOUS',
    'CRAM-MD5',
    '',
    'PLAIN LOGIN',
    '__proto__',
    'XOAUTH2',
  ]) {
    const spoken = await speak(server, { mechanism: name, initial: '\0joe\0secret' });
    assert.equal(outcome(spoken), '535 Invalid authentication mechanism');
  }
});

test('smtpd_sasl_local_domain completes names without a domain', async () => {
  const local = ownServer({ text, hashing, localDomain: 'home.test' });
  const said = async (name: string) =>
    outcome(await speak(local, { mechanism: 'PLAIN', initial: `\0${name}\0secret` }));
  assert.equal(await said('bob'), 'success bob@home.test');
  assert.equal(await said('bob@home.test'), 'success bob@home.test');
  assert.equal(await said('joe'), `${WRONG} (joe)`);
  assert.equal(await said('bob@elsewhere.test'), `${WRONG} (bob@elsewhere.test)`);
});

test('when passwords cannot be checked, that is for now, and the log says why', async () => {
  const log = keptLog();
  const broken = ownServer({ text, hashing: { matches: () => Promise.reject(new Error('no turn')) }, log });
  const spoken = await speak(broken, { mechanism: 'PLAIN', initial: '\0joe\0secret' });
  assert.equal(outcome(spoken), '454 Connection lost to authentication server (joe)');
  assert.deepEqual(log.lines, ['warning: SASL: cannot check a password now: no turn']);
});

test('no log line and no reply has a password in it', async () => {
  const log = keptLog();
  const own = ownServer({ text, hashing, log });
  for (const [, response] of plainCases) {
    const { end } = await speak(own, { mechanism: 'PLAIN', initial: response });
    assert.doesNotMatch(JSON.stringify(end), /secret|p\u00e4ss/i);
  }
  assert.doesNotMatch(log.lines.join('\n'), /secret|p\u00e4ss/i);
});

test('an unknown user costs the time of a wrong password', async () => {
  const mixed = ownServer({
    hashing,
    text: Array.from({ length: 40 }, (_, i) => `user${i}:${text.split(':')[1]?.split('\n')[0]}`).join('\n'),
  });
  const time = async (name: string) => {
    const started = performance.now();
    await speak(mixed, { mechanism: 'PLAIN', initial: `\0${name}\0wrong` });
    return performance.now() - started;
  };
  const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
  const known: number[] = [];
  const unknown: number[] = [];
  for (let i = 0; i < 15; i++) {
    known.push(await time(`user${i}`));
    unknown.push(await time(`nobody${i}`));
  }
  const [a, b] = [median(known), median(unknown)];
  console.log(`# wrong password ${a.toFixed(1)} ms, unknown user ${b.toFixed(1)} ms`);
  assert.ok(b > a / 2 && b < a * 2, `${a} and ${b}`);
});

test('the base64 of the tests is what clients send', () =>
  assert.equal(base64('\0joe\0secret'), 'AGpvZQBzZWNyZXQ='));

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mechanism } from '../../src/accounts/mechanism.ts';
import { OwnSaslServer } from '../../src/accounts/own-server.ts';
import { isAllowed, type SecurityOption } from '../../src/accounts/security-options.ts';
import { outcome, session, speak } from './login-parts.ts';

const mechanism = (
  name: string,
  properties: Mechanism['properties'],
  more: Partial<Mechanism> = {},
): Mechanism => ({
  name,
  properties,
  begin: () => ({ kind: 'success', username: name }),
  ...more,
});

const all = [
  mechanism('PLAIN', ['plaintext']),
  mechanism('SCRAM-SHA-256', ['dictionary', 'mutual-auth'], { isOffered: ({ tls }) => tls !== undefined }),
  mechanism('BOUND', ['mutual-auth', 'forward-secrecy'], { isUsable: ({ tls }) => tls !== undefined }),
  mechanism('ANONYMOUS', ['anonymous']),
];

function server(plain: readonly SecurityOption[], isWanted: (name: string) => boolean = () => true) {
  return new OwnSaslServer({ mechanisms: all, security: { plain, tls: ['noanonymous'] }, isWanted });
}

const offers: readonly [options: SecurityOption[], names: string[]][] = [
  [[], ['PLAIN', 'ANONYMOUS']],
  [['noanonymous'], ['PLAIN']],
  [['noplaintext'], ['ANONYMOUS']],
  [['noplaintext', 'noanonymous'], []],
  [['mutual_auth'], []],
];

for (const [options, names] of offers) {
  test(`own server: ${options.join(', ') || 'no options'}`, async () => {
    assert.deepEqual(await server(options).mechanisms(session()), names);
    assert.deepEqual(await server(options).mechanisms(session({ tls: 'TLSv1.3' })), [
      'PLAIN',
      'SCRAM-SHA-256',
      'BOUND',
    ]);
  });
}

test('own server: what the filter does not want is neither offered nor taken', async () => {
  const filtered = server(['noanonymous'], (name) => name !== 'PLAIN');
  assert.deepEqual(await filtered.mechanisms(session()), []);
  assert.equal(
    outcome(await speak(filtered, { mechanism: 'PLAIN' })),
    '535 Invalid authentication mechanism',
  );
});

test('own server: what is usable and not offered may be used', async () => {
  const clear = session();
  const said = async (name: string) => outcome(await speak(server([]), { mechanism: name, session: clear }));
  assert.equal(await said('scram-sha-256'), 'success SCRAM-SHA-256');
  assert.equal(await said('BOUND'), '535 Invalid authentication mechanism');
});

test('own server: a mechanism that never ends is ended', async () => {
  let turns = 0;
  const endless = (): ReturnType<Mechanism['begin']> => {
    turns += 1;
    return { kind: 'challenge', bytes: Buffer.from('more'), next: endless };
  };
  const one = new OwnSaslServer({
    mechanisms: [{ name: 'ENDLESS', properties: [], begin: endless }],
    security: { plain: [], tls: [] },
    isWanted: () => true,
  });
  const spoken = await speak(one, { mechanism: 'ENDLESS', answers: Array(100).fill('x') });
  assert.equal(outcome(spoken), '535 authentication failure');
  assert.ok(turns < 12);
});

test('security options: nodictionary and noactive are about their properties alone', () => {
  assert.equal(isAllowed(['dictionary'], ['nodictionary']), false);
  assert.equal(isAllowed(['active'], ['nodictionary']), true);
  assert.equal(isAllowed(['active'], ['noactive']), false);
  assert.equal(
    isAllowed(['private', 'unknown'], ['noplaintext', 'noactive', 'nodictionary', 'noanonymous']),
    true,
  );
});

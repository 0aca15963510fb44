/** Whatever a client says, an exchange ends: in a few turns, without an exception, and never with a login. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { oauth } from '../../src/accounts/oauth.ts';
import type { SaslStep } from '../../src/accounts/sasl.ts';
import { TokenServerDown } from '../../src/accounts/token-verifier.ts';
import { keptLog, ownServer, session } from './login-parts.ts';

const SCRAM =
  '{SCRAM-SHA-256}4096,W22ZaJ0SNY7soEsUEjb6gQ==,WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=,wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=';
const log = keptLog();
const server = ownServer({
  text: `user:${SCRAM}\njoe:${SCRAM}\n`,
  hashing: { matches: async () => false },
  log,
  more: oauth({
    scope: [],
    log,
    verifier: {
      async verify(token) {
        if (token.length % 2) throw new TokenServerDown('down');
        return { kind: 'invalid', problem: 'no' };
      },
    },
  }),
});

const PIECES = [
  ...[
    '\0',
    'joe',
    'user',
    'secret',
    ',',
    '=',
    'n,,',
    'y,,',
    'p=tls-exporter,,',
    'n=user',
    'r=abc',
    'c=biws',
    'p=AAAA',
  ],
  ...[
    '\x01',
    'auth=Bearer ',
    'user=',
    'a=',
    '\u00e4',
    '\ud83d\ude00',
    '\u0627',
    '\u00ad',
    'm=1',
    'v=',
    '\r\n',
    ' ',
  ],
];
const NAMES = [
  'PLAIN',
  'LOGIN',
  'SCRAM-SHA-256',
  'SCRAM-SHA-256-PLUS',
  'OAUTHBEARER',
  'XOAUTH2',
  'FOO',
  'plain\0',
];

/** The same numbers every time. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function response(pick: (below: number) => number): string {
  switch (pick(5)) {
    case 0:
      return randomBytes(pick(200)).toString('latin1');
    case 1:
      return randomBytes(pick(200)).toString('base64');
    default: {
      const pieces = Array.from({ length: pick(12) }, () => PIECES[pick(PIECES.length)]);
      return Buffer.from(pieces.join('')).toString('base64');
    }
  }
}

test('fuzz: 20,000 exchanges of nonsense end, and nobody is logged in', async () => {
  const pick = generator(7);
  const ends = new Map<string, number>();
  for (let round = 0; round < 20_000; round++) {
    const tls = ['', 'TLSv1.2', 'TLSv1.3'][pick(3)] ?? '';
    const name = NAMES[pick(NAMES.length)] ?? '';
    const initial = pick(2) ? response(pick) : undefined;
    let step: SaslStep = await server.begin(name, session({ tls }), initial, () => Buffer.alloc(32));
    for (let turns = 0; step.kind === 'challenge'; turns++) {
      assert.ok(turns < 10, 'it does not end');
      assert.match(step.challenge, /^[A-Za-z0-9+/]*={0,2}$/);
      step = await step.next(response(pick));
    }
    assert.equal(step.kind, 'failure');
    if (step.kind === 'failure') ends.set(step.reason, (ends.get(step.reason) ?? 0) + 1);
  }
  assert.ok(ends.size >= 6, [...ends.keys()].join('; '));
});

test('fuzz: answers as long as they may be cost no time', async () => {
  const longest = 12_288;
  const started = performance.now();
  for (const name of NAMES) {
    for (const piece of PIECES) {
      const text = Buffer.from(piece.repeat(Math.ceil(longest / piece.length))).subarray(0, 9_000);
      let step = await server.begin(name, session({ tls: 'TLSv1.3' }), text.toString('base64'), () =>
        Buffer.alloc(32),
      );
      while (step.kind === 'challenge') step = await step.next(text.toString('base64'));
    }
  }
  const perExchange = (performance.now() - started) / (NAMES.length * PIECES.length);
  console.log(`# ${perExchange.toFixed(2)} ms for each exchange of 9,000 bytes`);
  assert.ok(perExchange < 10);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import type { Client } from '../../src/mail/client.ts';
import {
  arcMethod,
  authenticationResults,
  dkimMethods,
  dmarcMethod,
  iprevMethod,
  type MethodResult,
  spfMethod,
} from '../../src/sender-auth/authentication-results.ts';
import type { DkimResult } from '../../src/sender-auth/dkim-verify.ts';
import type { DmarcResult } from '../../src/sender-auth/dmarc.ts';
import { parseDmarcRecord } from '../../src/sender-auth/dmarc-record.ts';
import { parseResults } from '../../src/sender-auth/results-parser.ts';
import type { SpfResult } from '../../src/sender-auth/spf.ts';
import { randomNumbers } from './random-numbers.ts';

const question = {
  address: '2001:db8::1',
  helo: 'mail.example.com',
  sender: address('joe@example.com'),
  receiver: 'mx.example.net',
};
const spf: SpfResult = {
  result: 'pass',
  identity: 'mailfrom',
  domain: 'example.com',
  mechanism: 'ip6:2001:db8::/32',
  lookups: 0,
};
const dkim: DkimResult = {
  ...{
    result: 'pass',
    comment: '2048-bit key',
    domain: 'example.com',
    selector: 'sel',
    algorithm: 'rsa-sha256',
  },
  ...{
    identity: '@example.com',
    signatureStart: 'ab/d+fgh',
    testing: false,
    bodyLengthLimited: false,
    alignedUsable: true,
  },
};
const client: Client = {
  ...{ address: '2001:db8::1', port: '25', name: 'mail.example.com', nameStatus: 'ok' },
  ...{ reverseName: 'mail.example.com', reverseNameStatus: 'ok' },
};

const unfolded = (text: string) => text.replaceAll('\r\n\t', ' ');
const written = (...results: MethodResult[]) => unfolded(authenticationResults('mx.example.net', results));

test('what each method says', () => {
  const failed: DkimResult = {
    ...dkim,
    result: 'fail',
    comment: 'body has changed',
    testing: true,
    alignedUsable: false,
  };
  const dmarcRecord = parseDmarcRecord('v=DMARC1; p=reject') ?? assert.fail();
  const dmarc: DmarcResult = {
    ...{ result: 'fail', policy: 'reject', domain: 'example.com', record: dmarcRecord },
    ...{ recordDomain: 'example.com', spfAligned: 'no', dkimAligned: [] },
  };
  const sealer = { instance: 1, domain: 'list.example', selector: 's', results: 'x; none' };
  const cases: [MethodResult, string][] = [
    [spfMethod(spf, question), 'spf=pass (ip6:2001:db8::/32) smtp.mailfrom=joe@example.com'],
    [
      spfMethod({ ...spf, identity: 'helo' }, question),
      'spf=pass (ip6:2001:db8::/32) smtp.helo=mail.example.com',
    ],
    [spfMethod({ ...spf, guessed: true }, question), 'spf=pass (our guess) smtp.mailfrom=joe@example.com'],
    [
      spfMethod(
        { result: 'temperror', identity: 'mailfrom', domain: 'example.com', problem: 'ETIMEOUT', lookups: 0 },
        question,
      ),
      'spf=temperror reason="ETIMEOUT" smtp.mailfrom=joe@example.com',
    ],
    [
      dkimMethods([dkim])[0] ?? assert.fail(),
      'dkim=pass (2048-bit key) header.d=example.com header.i=@example.com header.s=sel header.a=rsa-sha256 header.b="ab/d+fgh"',
    ],
    [
      dkimMethods([failed])[0] ?? assert.fail(),
      'dkim=fail reason="body has changed, testing" header.d=example.com header.i=@example.com header.s=sel header.a=rsa-sha256 header.b="ab/d+fgh"',
    ],
    [dkimMethods([])[0] ?? assert.fail(), 'dkim=none'],
    [dmarcMethod(dmarc), 'dmarc=fail policy.dmarc=reject header.from=example.com'],
    [
      dmarcMethod({
        result: 'permerror',
        policy: 'none',
        domain: '',
        spfAligned: 'no',
        dkimAligned: [],
        problem: 'no From field',
      }),
      'dmarc=permerror reason="no From field"',
    ],
    [
      arcMethod({ result: 'pass', comment: 'i=1', sealers: [sealer] }, client),
      'arc=pass (i=1) header.d=list.example smtp.remote-ip="2001:db8::1"',
    ],
    [
      arcMethod({ result: 'none', comment: 'no ARC sets', sealers: [] }, client),
      'arc=none smtp.remote-ip="2001:db8::1"',
    ],
    [iprevMethod(client), 'iprev=pass (mail.example.com) policy.iprev="2001:db8::1"'],
    [
      iprevMethod({ ...client, nameStatus: 'unknown', name: 'unknown' }),
      'iprev=temperror policy.iprev="2001:db8::1"',
    ],
  ];
  for (const [method, wanted] of cases) assert.equal(written(method), `mx.example.net; ${wanted}`);
});

test('several methods, none, and short lines', () => {
  assert.equal(written(), 'mx.example.net; none');
  const text = authenticationResults('mx.example.net', [
    spfMethod(spf, question),
    ...dkimMethods([dkim, dkim]),
  ]);
  for (const line of text.split('\r\n')) assert.ok(line.length <= 80, line);
  assert.match(unfolded(text), /^mx\.example\.net; spf=pass .*; dkim=pass .*; dkim=pass [^;]*$/);
});

const NASTY = [
  ...[
    'x',
    '',
    ' ',
    '"',
    '\\',
    '(',
    ')',
    ';',
    '=',
    '\r\n',
    '\0',
    'a@b',
    '@',
    "'",
    '<',
    '>',
    ',',
    '\n X: y',
    'ä',
    '\udcff',
  ],
  ...[
    '; dkim=pass header.d=bank.example',
    '" smtp.mailfrom=ceo@bank.example',
    '(a',
    'a)',
    "legitimate.example'@evil.example",
  ],
];

test('whatever strangers put in, the field reads back as what was meant', () => {
  const random = randomNumbers(1);
  const nasty = () => Array.from({ length: random(4) }, () => NASTY[random(NASTY.length)]).join('');
  for (let round = 0; round < 3000; round++) {
    const methods: MethodResult[] = [
      spfMethod(
        {
          result: 'fail',
          identity: 'mailfrom',
          domain: nasty(),
          mechanism: nasty(),
          problem: nasty(),
          lookups: 0,
        },
        { ...question, sender: address(nasty()) },
      ),
      spfMethod(
        { result: 'none', identity: 'helo', domain: nasty(), lookups: 0 },
        { ...question, helo: nasty() },
      ),
      ...dkimMethods([
        {
          ...dkim,
          result: 'fail',
          comment: nasty(),
          algorithm: nasty(),
          identity: nasty(),
          signatureStart: nasty(),
        },
      ]),
      dmarcMethod({
        result: 'permerror',
        policy: 'none',
        domain: nasty(),
        problem: nasty(),
        spfAligned: 'no',
        dkimAligned: [],
      }),
      iprevMethod({ ...client, name: nasty() }),
    ];
    const text = authenticationResults('mx.example.net', methods);
    assert.match(text, /^(?:[\x20-\x7e]|\r\n\t)+$/);
    const parsed = parseResults(text) ?? assert.fail(text);
    assert.equal(parsed.authservId, 'mx.example.net');
    assert.deepEqual(
      parsed.results.map(({ method, result }) => `${method}=${result}`),
      ['spf=fail', 'spf=none', 'dkim=fail', 'dmarc=permerror', 'iprev=pass'],
      text,
    );
    assert.equal(text.match(/(?<!policy\.)(?:spf|dkim|dmarc|iprev)=/g)?.length, 5, text);
  }
});

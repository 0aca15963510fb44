/** Messages and DNS records with random damage: nothing throws, and nothing that was signed may change and still pass. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { ArcVerification } from '../../src/sender-auth/arc.ts';
import {
  arcMethod,
  authenticationResults,
  dkimMethods,
  dmarcMethod,
  spfMethod,
} from '../../src/sender-auth/authentication-results.ts';
import { DkimVerification } from '../../src/sender-auth/dkim-verify.ts';
import { evaluateDmarc } from '../../src/sender-auth/dmarc.ts';
import { dmarcSentence } from '../../src/sender-auth/dmarc-sentence.ts';
import { authorOfFields } from '../../src/sender-auth/from-header.ts';
import { claimsToBeOurs } from '../../src/sender-auth/results-claim.ts';
import { parseResults } from '../../src/sender-auth/results-parser.ts';
import { checkSpf } from '../../src/sender-auth/spf.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';
import { randomNumbers } from './random-numbers.ts';
import { HEADER, keyZone, rsaRecord, signatureWith } from './signed-message.ts';

const BODY = 'Hello world\r\nthis is the body.\r\n';
const RESULTS = 'Authentication-Results: mx.example.net; dkim=pass (x) header.d="a.example"\r\n';
const ARC = `ARC-Seal: i=1; a=rsa-sha256; cv=none; d=example.com; s=rsa; b=AAAA\r\nARC-Message-Signature: i=1; a=rsa-sha256; d=example.com; s=rsa; h=from; bh=AAAA; b=AAAA\r\nARC-Authentication-Results: i=1; x; none\r\n`;
const SIGNED_FROM = 'From: Joe <joe@example.com>';
const MESSAGE = Buffer.from(
  `${ARC}${RESULTS}${signatureWith({ h: 'from:from:to:subject:date' }, HEADER, BODY)}${HEADER}`,
  'latin1',
);

const RECORDS = {
  'example.com':
    'v=spf1 a:%{d2}.x.example mx include:_spf.example.com ip4:192.0.2.0/24 ip6:2001:db8::/32 exp=e.%{d} -all',
  '_spf.example.com': 'v=spf1 exists:%{ir}.%{v}.%{l1r-}.example ?ptr redirect=r.example.com',
  'e.example.com': 'Go to http://example.com/?%{S} from %{c}',
  '_dmarc.example.com': 'v=DMARC1; p=reject; sp=none; adkim=r; rua=mailto:x@example.com',
  'rsa._domainkey.example.com': rsaRecord,
};

const random = randomNumbers(7);

const PIECES = [
  '',
  '\r\n',
  ' ',
  '\0',
  ';',
  '=',
  '"',
  '(',
  ')',
  '%',
  '{',
  '@',
  '<',
  '\\',
  ':',
  ',',
  '\xff',
  '/',
  '.',
  'i=1;',
  'From: x@y\r\n',
];

/** The text with a few pieces put in, taken out or replaced. */
function damaged(text: string): string {
  let result = text;
  for (let count = 1 + random(3); count > 0; count--) {
    const at = random(result.length + 1);
    result = result.slice(0, at) + (PIECES[random(PIECES.length)] ?? '') + result.slice(at + random(3));
  }
  return result;
}

function zone(): FakeZone {
  const records = Object.entries(RECORDS).map(([name, text]): [string, FakeZone[string]] => [
    name,
    random(8) === 0
      ? 'unknown'
      : { TXT: [random(2) === 0 ? damaged(text) : text], MX: ['m.example'], A: ['192.0.2.9'] },
  ]);
  return Object.fromEntries(records);
}

async function judge(header: string, body: string, dns: FakeDns, sender: string) {
  const question = {
    address: '203.0.113.5',
    helo: damaged('mail.example.com'),
    sender: address(sender),
    receiver: 'mx.example.net',
  };
  const spf = await checkSpf(question, { dns, timeoutMs: 1000 });
  const verification = new DkimVerification({ dns, timeoutMs: 1000 });
  verification.header(Buffer.from(header, 'latin1'));
  const chain = new ArcVerification({ dns, timeoutMs: 1000, bodies: verification.bodies });
  chain.header(verification.fields);
  verification.body(Buffer.from(body, 'latin1'));
  const [dkim, arc] = [await verification.finish(), await chain.finish()];
  const author = authorOfFields(verification.fields);
  const dmarc = await evaluateDmarc({ author, spf, dkim }, { dns, timeoutMs: 1000 });
  const methods = [
    spfMethod(spf, question),
    ...dkimMethods(dkim),
    dmarcMethod(dmarc),
    arcMethod(arc, question),
  ];
  const field = authenticationResults('mx.example.net', methods);
  const ours = verification.fields.filter((one) => claimsToBeOurs(one, ['mx.example.net'])).length;
  return {
    spf,
    dkim,
    arc,
    author,
    dmarc,
    field,
    ours,
    count: methods.length,
    sentence: dmarcSentence(dmarc, spf, dkim),
  };
}

test('damaged messages and records', async (t) => {
  const seen = new Map<string, number>();
  for (let round = 0; round < 2000; round++) {
    const header = damaged(MESSAGE.toString('latin1'));
    const body = random(4) === 0 ? damaged(BODY) : BODY;
    const found = await judge(header, body, new FakeDns(zone()), damaged('joe@example.com'));
    assert.equal(parseResults(found.field)?.results.length, found.count, found.field);
    assert.match(found.sentence, /^[\x20-\x7e]+$/);
    for (const { result } of found.dkim) seen.set(result, (seen.get(result) ?? 0) + 1);
    if (!found.dkim.some(({ alignedUsable }) => alignedUsable)) continue;
    const plain = (text: string) => text.replace(/[ \t]+(?=\r\n)/g, '').replace(/[ \t]+/g, ' ');
    assert.equal(plain(body).trimEnd(), BODY.trimEnd(), JSON.stringify(body));
    assert.ok(
      plain(header.replace(/\r\n(?=[ \t])/g, ''))
        .toLowerCase()
        .includes(plain(SIGNED_FROM).toLowerCase().slice(5)),
      header,
    );
  }
  t.diagnostic(JSON.stringify(Object.fromEntries(seen)));
  assert.ok((seen.get('pass') ?? 0) > 100 && (seen.get('fail') ?? 0) > 100);
});

test('undamaged, everything passes but the chain', async () => {
  const dns = new FakeDns({
    ...keyZone,
    'example.com': { TXT: ['v=spf1 +all'] },
    '_dmarc.example.com': { TXT: ['v=DMARC1; p=reject'] },
  });
  const found = await judge(MESSAGE.toString('latin1'), BODY, dns, 'joe@example.com');
  assert.deepEqual(
    [
      found.spf.result,
      found.dkim.map(({ result }) => result),
      found.dmarc.result,
      found.arc.result,
      found.author.kind,
      found.ours,
    ],
    ['pass', ['pass'], 'pass', 'fail', 'usable', 1],
  );
});

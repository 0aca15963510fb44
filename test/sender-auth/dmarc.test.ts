import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { DkimResult } from '../../src/sender-auth/dkim-verify.ts';
import { type DmarcResult, evaluateDmarc } from '../../src/sender-auth/dmarc.ts';
import { dmarcSentence } from '../../src/sender-auth/dmarc-sentence.ts';
import { authorOf } from '../../src/sender-auth/from-header.ts';
import type { SpfResult } from '../../src/sender-auth/spf.ts';
import { FakeDns, type FakeRecords, type FakeZone } from './fake-dns.ts';

interface SuiteCase {
  readonly id: string;
  readonly from: string | readonly string[];
  readonly spf?: string;
  readonly dkim?: readonly string[];
  readonly want: string;
  readonly policy?: string;
}
const suite: { zone: Record<string, string | string[]>; tests: SuiteCase[] } = JSON.parse(
  readFileSync(new URL('../suites/dmarc/dmarc-cases.json', import.meta.url), 'utf8'),
);

function spf(domain: string, result: SpfResult['result'] = 'pass'): SpfResult {
  return { result, identity: 'mailfrom', domain, lookups: 1 };
}
const noSpf = spf('', 'none');

function dkim(
  domain: string,
  result: DkimResult['result'] = 'pass',
  more: Partial<DkimResult> = {},
): DkimResult {
  return {
    ...{
      result,
      domain,
      selector: 's',
      algorithm: 'rsa-sha256',
      identity: `@${domain}`,
      signatureStart: 'abcdefgh',
    },
    ...{
      comment: 'body has changed',
      testing: false,
      bodyLengthLimited: false,
      alignedUsable: result === 'pass',
    },
    ...more,
  };
}

function suiteDns(): FakeDns {
  const zone: Record<string, FakeRecords | 'unknown'> = {};
  for (const [name, text] of Object.entries(suite.zone)) {
    zone[name] = text === 'TIMEOUT' ? 'unknown' : { TXT: [text].flat() };
  }
  return new FakeDns(zone);
}

test('the DMARC cases: 28 verdicts', async () => {
  for (const one of suite.tests) {
    const addresses = [one.from].flat().filter((from) => from !== '');
    const author = authorOf([
      addresses.map((from) => (from.includes('@') ? from : `user@${from}`)).join(', '),
    ]);
    const question = {
      author,
      spf: one.spf === undefined ? noSpf : spf(one.spf),
      dkim: (one.dkim ?? []).map((name) => dkim(name)),
    };
    const found = await evaluateDmarc(question, { dns: suiteDns(), timeoutMs: 1000 });
    // The suite says "false" where there is no one author domain.
    const result = found.unusableFrom === undefined ? found.result : 'false';
    assert.ok(one.want.split('|').includes(result), `${one.id}: ${result}`);
    if (one.policy !== undefined && result === 'fail') assert.equal(found.policy, one.policy, one.id);
  }
  assert.equal(suite.tests.length, 28);
});

/** A DNS with these records below `_dmarc`, and these names besides. */
function dnsWith(records: Readonly<Record<string, string | 'unknown'>>, names: FakeZone = {}): FakeDns {
  const zone: Record<string, FakeZone[string]> = { ...names };
  for (const [domain, text] of Object.entries(records))
    zone[`_dmarc.${domain}`] = text === 'unknown' ? 'unknown' : { TXT: [text] };
  return new FakeDns(zone);
}

interface Given {
  readonly from?: string;
  readonly spf?: SpfResult;
  readonly dkim?: readonly DkimResult[];
}

function evaluate(dns: FakeDns, given: Given): Promise<DmarcResult> {
  const question = {
    author: authorOf([given.from ?? 'joe@example.com']),
    spf: given.spf ?? noSpf,
    dkim: given.dkim ?? [],
  };
  return evaluateDmarc(question, { dns, timeoutMs: 1000 });
}

const REJECT = { 'example.com': 'v=DMARC1; p=reject' };

test('what cannot be known now is never a fail and never hides a pass', async () => {
  const cases: [what: string, given: Given, wanted: string][] = [
    ['SPF temperror, aligned', { spf: spf('example.com', 'temperror') }, 'temperror'],
    ['SPF temperror, not aligned', { spf: spf('other.example', 'temperror') }, 'fail'],
    ['DKIM temperror, aligned', { dkim: [dkim('mail.example.com', 'temperror')] }, 'temperror'],
    ['DKIM temperror, not aligned', { dkim: [dkim('other.example', 'temperror')] }, 'fail'],
    [
      'one temperror, one pass',
      { spf: spf('example.com', 'temperror'), dkim: [dkim('example.com')] },
      'pass',
    ],
    [
      'temperror and fail',
      {
        spf: spf('example.com', 'fail'),
        dkim: [dkim('example.com', 'fail'), dkim('example.com', 'temperror')],
      },
      'temperror',
    ],
    ['permerror', { spf: spf('example.com', 'permerror'), dkim: [dkim('example.com', 'permerror')] }, 'fail'],
  ];
  for (const [what, given, wanted] of cases)
    assert.equal((await evaluate(dnsWith(REJECT), given)).result, wanted, what);
});

test('a walk that cannot be finished leaves the alignment open', async () => {
  const dns = () => dnsWith({ ...REJECT, 'mail.example.com': 'unknown' });
  const open = await evaluate(dns(), { dkim: [dkim('mail.example.com')] });
  assert.deepEqual([open.result, open.dkimAligned], ['temperror', ['unknown']]);
  const proven = await evaluate(dns(), { dkim: [dkim('mail.example.com'), dkim('example.com')] });
  assert.deepEqual([proven.result, proven.dkimAligned], ['pass', ['unknown', 'yes']]);
  const above = await evaluate(dnsWith({ ...REJECT, com: 'unknown' }), { spf: spf('example.com') });
  assert.equal(above.result, 'pass', 'the same domain needs no walk');
});

test('only whole proofs count', async () => {
  const cases: [what: string, given: Given, wanted: string][] = [
    ['a guessed SPF pass', { spf: { ...spf('example.com'), guessed: true } }, 'fail'],
    [
      'a body signed in part',
      { dkim: [dkim('example.com', 'pass', { bodyLengthLimited: true, alignedUsable: false })] },
      'fail',
    ],
    [
      'SPF of the HELO name for the null sender',
      { spf: { ...spf('mail.example.com'), identity: 'helo' } },
      'pass',
    ],
    ['a testing key', { dkim: [dkim('example.com', 'pass', { testing: true })] }, 'pass'],
    ['an empty domain', { spf: spf('', 'pass'), dkim: [dkim('', 'pass')] }, 'fail'],
  ];
  for (const [what, given, wanted] of cases)
    assert.equal((await evaluate(dnsWith(REJECT), given)).result, wanted, what);
});

test('strict alignment is strict, and each identifier walks for itself', async () => {
  const strict = dnsWith({ 'example.com': 'v=DMARC1; p=reject; adkim=s' });
  assert.equal((await evaluate(strict, { dkim: [dkim('mail.example.com')] })).result, 'fail');
  assert.equal((await evaluate(strict, { spf: spf('mail.example.com') })).result, 'pass');
  const own = dnsWith({ ...REJECT, 'shop.example.com': 'v=DMARC1; p=none; psd=n' });
  assert.equal((await evaluate(own, { dkim: [dkim('shop.example.com')] })).result, 'fail');
  assert.equal(
    (await evaluate(own, { from: 'joe@shop.example.com', dkim: [dkim('example.com')] })).result,
    'fail',
  );
});

test('the policy: own, below, missing, testing', async () => {
  const record = 'v=DMARC1; p=reject; sp=quarantine; np=none';
  const names: FakeZone = { 'there.example.com': { A: ['192.0.2.1'] }, 'mute.example.com': 'unknown' };
  const cases: [record: string, from: string, result: string, policy: string][] = [
    [record, 'joe@example.com', 'fail', 'reject'],
    [record, 'joe@there.example.com', 'fail', 'quarantine'],
    [record, 'joe@missing.example.com', 'fail', 'none'],
    [record, 'joe@mute.example.com', 'temperror', 'none'],
    ['v=DMARC1; p=reject; sp=quarantine', 'joe@mute.example.com', 'fail', 'quarantine'],
    ['v=DMARC1; p=reject; t=y', 'joe@example.com', 'fail', 'quarantine'],
    ['v=DMARC1; p=quarantine; t=y', 'joe@example.com', 'fail', 'none'],
  ];
  for (const [text, from, result, policy] of cases) {
    const found = await evaluate(dnsWith({ 'example.com': text }, names), { from });
    assert.deepEqual([found.result, found.policy], [result, policy], `${text} ${from}`);
  }
});

test('ordinary mail asks one question', async () => {
  const dns = dnsWith(REJECT);
  const found = await evaluate(dns, { spf: spf('example.com'), dkim: [dkim('example.com')] });
  assert.deepEqual(
    [found.result, found.recordDomain, dns.asked],
    ['pass', 'example.com', ['TXT _dmarc.example.com']],
  );
});

test('ten signatures of deep domains stay within their walks', async () => {
  const deep = Array.from({ length: 10 }, (_, i) => dkim(`s${i}.${'a.'.repeat(30)}example.com`));
  const dns = dnsWith(REJECT);
  assert.equal((await evaluate(dns, { dkim: deep })).result, 'pass');
  assert.ok(dns.asked.length <= 8 * 11, String(dns.asked.length));
});

test('an unusable From is said with its reason, and nobody is asked', async () => {
  const dns = dnsWith(REJECT);
  const found = await evaluate(dns, { from: 'a@example.com, b@evil.example', spf: spf('example.com') });
  assert.deepEqual([found.result, found.policy, found.domain, dns.asked], ['permerror', 'none', '', []]);
  assert.equal(found.unusableFrom, 'From names more than one domain');
  assert.equal(dmarcSentence(found, noSpf, []), 'From names more than one domain');
});

test('the sentence for the reply', async () => {
  const given = {
    spf: spf('bounce.example.net'),
    dkim: [dkim('other.example'), dkim('example.com', 'fail')],
  };
  const found = await evaluate(dnsWith(REJECT), given);
  assert.equal(
    dmarcSentence(found, given.spf, given.dkim),
    'From domain example.com; SPF pass for bounce.example.net (not aligned); ' +
      'DKIM fail for example.com (aligned, body has changed) and 1 more; policy reject by _dmarc.example.com: v=DMARC1; p=reject',
  );
  const bare = await evaluate(dnsWith(REJECT), { from: 'joe@mail.example.com' });
  assert.equal(
    dmarcSentence(bare, noSpf, []),
    'From domain mail.example.com; SPF none for no domain (not aligned); DKIM none; policy reject by _dmarc.example.com: v=DMARC1; p=reject',
  );
  const later = await evaluate(dnsWith({ 'example.com': 'unknown' }), {});
  assert.match(dmarcSentence(later, noSpf, []), /; DMARC record unknown; _dmarc\.example\.com: ETIMEOUT$/);
});

test('strangers cannot write more than one line of ASCII into it', async () => {
  const record = `v=DMARC1; p=reject; x=a\r\n250 ok\u00e4${'y'.repeat(2000)}`;
  const found = await evaluate(dnsWith({ 'example.com': record }), {});
  const sentence = dmarcSentence(found, spf('a\r\nb'.repeat(200), 'fail'), []);
  assert.match(sentence, /^[\x20-\x7e]+$/);
  assert.ok(sentence.length <= 480);
});

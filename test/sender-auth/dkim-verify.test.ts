import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type DkimOptions, type DkimResult, DkimVerification } from '../../src/sender-auth/dkim-verify.ts';
import { FakeDns, type FakeRecords, type FakeZone } from './fake-dns.ts';
import { messageParts } from './message-parts.ts';
import { BODY, edRecord, HEADER, keyDns, keyZone, rsaRecord, signatureWith } from './signed-message.ts';

const suites = new URL('../suites/dkim/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, suites), 'latin1');

async function verify(
  header: string,
  body: string,
  options: Partial<DkimOptions> = {},
): Promise<DkimResult[]> {
  const verification = new DkimVerification({ dns: keyDns(), timeoutMs: 5_000, ...options });
  verification.header(Buffer.from(header, 'latin1'));
  verification.body(Buffer.from(body, 'latin1'));
  return verification.finish();
}

function verifyMessage(message: string, dns: FakeDns): Promise<DkimResult[]> {
  const { header, body } = messageParts(message);
  return verify(header.toString('latin1'), body.toString('latin1'), { dns });
}

function corpusDns(): FakeDns {
  const zone: Record<string, FakeRecords | 'unknown'> = {};
  for (const line of read('mail-dkim/FAKE_DNS.dat').split('\n')) {
    const [, name = '', value = ''] = /^([^\s#;]\S*)\s+(.*)$/.exec(line) ?? [];
    if (name === '' || value === 'NXDOMAIN') continue;
    zone[name.toLowerCase()] = value.startsWith('~~') ? 'unknown' : { TXT: [value === '""' ? '' : value] };
  }
  return new FakeDns(zone);
}

/** Why messages that were good once are not any more. */
const RSA_SHA1 = [
  'policy',
  'rsa-sha1 is not secure',
  'RFC 8301 3.1: rsa-sha1 must not be used for verifying',
] as const;
const NO_VERSION = [
  'neutral',
  'no v= tag',
  'RFC 6376 3.5: v= is required; drafts before RFC 4871 had none',
] as const;
const DRAFT = ['neutral', 'unknown version', 'RFC 6376 3.5: v=1 is required; these say v=0.5'] as const;

/** The messages that Mail::DKIM accepts and we do not, by the standard that came later. */
const EXPECTED_DIFFERENCES: Readonly<
  Record<string, readonly [result: string, comment: string, why: string]>
> = {
  ...Object.fromEntries(
    ['good_1878523', 'good_83176', 'good_qp_1', 'good_qp_2', 'good_qp_3'].map((id) => [id, RSA_SHA1]),
  ),
  ...Object.fromEntries(['good_rfc4871_3', 'good_rfc4871_4', 'multiple_2'].map((id) => [id, RSA_SHA1])),
  ...Object.fromEntries(['goodkey_1', 'goodkey_2', 'goodkey_3', 'goodkey_4'].map((id) => [id, RSA_SHA1])),
  ...Object.fromEntries(
    ['good_ietf01_1', 'good_ietf01_2', 'mine_ietf01_1', 'mine_ietf01_2'].map((id) => [id, NO_VERSION]),
  ),
  ...Object.fromEntries(['mine_ietf01_3', 'mine_ietf01_4', 'multiple_1'].map((id) => [id, NO_VERSION])),
  ...Object.fromEntries(['mine_ietf05_1', 'no_body_1', 'no_body_2', 'no_body_3'].map((id) => [id, DRAFT])),
};

/** Where Mail::DKIM expects more than "not a pass". */
const EXACT: Readonly<Record<string, string>> = {
  goodkey_ed25519: 'pass',
  badkey1_ed25519: 'permerror',
  badkey2_ed25519: 'fail',
  badkey3_ed25519: 'fail',
  badkey4_ed25519: 'permerror',
  badkey5_ed25519: 'permerror',
  badkey_11: 'permerror',
};

test('the Mail::DKIM corpus: no bad message passes, and every good one that does not has its reason', async (t) => {
  let count = 0;
  for (const file of readdirSync(new URL('mail-dkim/corpus/', suites))) {
    const id = file.replace('.txt', '');
    const results = await verifyMessage(read(`mail-dkim/corpus/${file}`), corpusDns());
    const said = results.map(({ result, comment }) => `${result}: ${comment}`);
    const passes = results.some(({ result }) => result === 'pass');
    const difference = EXPECTED_DIFFERENCES[id];
    count += 1;
    if (difference) {
      assert.deepEqual([passes, said[0]], [false, `${difference[0]}: ${difference[1]}`], id);
      t.diagnostic(`${id}: ${difference[2]}`);
    } else assert.equal(passes, /^(?:good|mine|multiple|no_body)/.test(id), `${id}: ${said}`);
    if (EXACT[id] !== undefined) assert.equal(results[0]?.result, EXACT[id], id);
  }
  assert.equal(count, 57);
});

test('the two signatures of RFC 8463 and the Ed25519 one of Exim', async () => {
  const zone: FakeZone = {
    'brisbane._domainkey.football.example.com': {
      TXT: ['v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo='],
    },
    'test._domainkey.football.example.com': { TXT: [read('dkimpy/test.txt').trim()] },
    'sed._domainkey.test.ex': { TXT: [read('dkimpy/eximtest.dns').trim()] },
  };
  const cases: [string, string, string[]][] = [
    ['rfc6376.signed.msg', '', ['pass', 'pass']],
    ['rfc6376.signed.msg', 'x', ['fail', 'fail']],
    ['ed25519test2.msg', '', ['pass']],
    ['ed25519test2.msg', 'more', ['fail']],
    ['test.message', '', []],
  ];
  for (const [file, added, wanted] of cases) {
    const results = await verifyMessage(read(`dkimpy/${file}`) + added, new FakeDns(zone));
    assert.deepEqual(
      results.map(({ result }) => result),
      wanted,
      `${file} ${added}`,
    );
  }
});

test('what a result says', async () => {
  const [result] = await verify(signatureWith({ i: '@mail.example.com' }) + HEADER, BODY);
  assert.ok(result);
  const { signatureStart, ...facts } = result;
  assert.match(signatureStart, /^[A-Za-z0-9+/]{8}$/);
  assert.deepEqual(facts, {
    result: 'pass',
    comment: '2048-bit key',
    domain: 'example.com',
    selector: 'rsa',
    algorithm: 'rsa-sha256',
    identity: '@mail.example.com',
    testing: false,
    bodyLengthLimited: false,
    keyBits: 2048,
    alignedUsable: true,
  });
});

test('changed mail', async () => {
  const signature = signatureWith({});
  const twice = signatureWith({ h: 'from:from:to:subject:date' });
  const cases: [what: string, header: string, body: string, result: string, comment: string][] = [
    ['as it was', signature + HEADER, BODY, 'pass', '2048-bit key'],
    ['unsigned field added', `${signature}X-New: y\r\n${HEADER}`, BODY, 'pass', '2048-bit key'],
    [
      'white space',
      signature + HEADER.replace('a  folded\r\n\tsubject ', 'a folded subject'),
      'Hello world\r\n\r\n tab',
      'pass',
      '2048-bit key',
    ],
    ['body', signature + HEADER, `${BODY}more`, 'fail', 'body has changed'],
    ['subject', signature + HEADER.replace('subject', 'object'), BODY, 'fail', 'signature does not match'],
    [
      'a second From on top, not oversigned',
      `${signature}From: x@evil.example\r\n${HEADER}`,
      BODY,
      'pass',
      '2048-bit key',
    ],
    [
      'a second From on top, oversigned',
      `${twice}From: x@evil.example\r\n${HEADER}`,
      BODY,
      'fail',
      'signature does not match',
    ],
    [
      'a second From below',
      `${signature}${HEADER}From: x@evil.example\r\n`,
      BODY,
      'fail',
      'signature does not match',
    ],
    [
      'its own tags',
      signature.replace('d=example.com', 'd=example.com; x=9999999999') + HEADER,
      BODY,
      'fail',
      'signature does not match',
    ],
  ];
  for (const [what, header, body, result, comment] of cases) {
    const [found] = await verify(header, body);
    assert.deepEqual(
      [found?.result, found?.comment, found?.alignedUsable],
      [result, comment, result === 'pass'],
      what,
    );
  }
});

test('l= is honoured, but what it leaves out spoils it for DMARC', async () => {
  const length = String('Hello world\r\n'.length);
  const cases: [body: string, result: string, limited: boolean, usable: boolean][] = [
    ['Hello world\r\n', 'pass', false, true],
    ['Hello world\r\nadded', 'pass', true, false],
    ['Hello worl', 'fail', false, false],
  ];
  for (const [body, result, limited, usable] of cases) {
    const [found] = await verify(signatureWith({ l: length }, HEADER, 'Hello world\r\n') + HEADER, body);
    assert.deepEqual(
      [found?.result, found?.bodyLengthLimited, found?.alignedUsable],
      [result, limited, usable],
      body,
    );
  }
});

test('what the key record says counts', async () => {
  const at = (record: string): FakeZone => ({ 'rsa._domainkey.example.com': { TXT: [record] } });
  const p = rsaRecord.replace(/.*p=/, 'p=');
  const cases: [
    what: string,
    zone: FakeZone,
    tags: Record<string, string>,
    result: string,
    comment: RegExp,
    testing: boolean,
  ][] = [
    ['testing', at(`v=DKIM1; t=y; ${p}`), {}, 'pass', /key/, true],
    ['same domain', at(`v=DKIM1; t=s; ${p}`), { i: '@example.com' }, 'pass', /key/, false],
    ['domain below', at(`v=DKIM1; t=s; ${p}`), { i: '@a.example.com' }, 'permerror', /i= must be d=/, false],
    ['another type', at(edRecord), {}, 'permerror', /another type/, false],
    ['another key', at(edRecord), { a: 'ed25519-sha256' }, 'fail', /does not match/, false],
    ['revoked', at('v=DKIM1; p='), {}, 'permerror', /revoked/, false],
    ['no key', {}, {}, 'permerror', /no key/, false],
    [
      'no answer',
      { 'rsa._domainkey.example.com': 'unknown' },
      {},
      'temperror',
      /key look-up: ETIMEOUT/,
      false,
    ],
  ];
  for (const [what, zone, tags, result, comment, testing] of cases) {
    const [found] = await verify(signatureWith(tags) + HEADER, BODY, { dns: new FakeDns(zone) });
    assert.deepEqual([found?.result, found?.testing], [result, testing], what);
    assert.match(found?.comment ?? '', comment, what);
  }
});

test('keys are asked for side by side and only until the deadline', async () => {
  const selectors = Array.from({ length: 10 }, (_, i) => `s${i}`);
  const zone = Object.fromEntries(
    selectors.map((s) => [`${s}._domainkey.example.com`, { TXT: [rsaRecord] }]),
  );
  const header = selectors.map((s) => signatureWith({ s })).join('') + HEADER;
  const dns = new FakeDns(zone, 50);
  const start = performance.now();
  const results = await verify(header, BODY, { dns });
  const ms = performance.now() - start;
  assert.ok(ms < 300, `${ms} ms`);
  assert.deepEqual(new Set(results.map(({ result }) => result)), new Set(['pass']));
  const late = await verify(header, BODY, { dns: new FakeDns(zone, 200), timeoutMs: 30 });
  assert.deepEqual(new Set(late.map(({ result }) => result)), new Set(['temperror']));
});

test('one key is asked for once, and none for a signature that is wrong anyway', async () => {
  const dns = keyDns();
  const results = await verify(
    signatureWith({}) + signatureWith({}) + signatureWith({ v: '7', s: 'other' }) + HEADER,
    BODY,
    { dns },
  );
  assert.deepEqual(
    results.map(({ result }) => result),
    ['pass', 'pass', 'neutral'],
  );
  assert.deepEqual(dns.asked, ['TXT rsa._domainkey.example.com']);
});

test('any chunking of the body gives the same result', async () => {
  const body = `${BODY}line with  spaces \r\n\r\n`.repeat(20);
  for (const c of ['relaxed/relaxed', 'relaxed/simple']) {
    const header = signatureWith({ c }, HEADER, body) + signatureWith({ c, l: '100' }, HEADER, body) + HEADER;
    for (const size of [1, 2, 3, 7, 64, 1000, 1_000_000]) {
      const verification = new DkimVerification({ dns: keyDns(), timeoutMs: 1000 });
      verification.header(Buffer.from(header));
      for (let at = 0; at < body.length; at += size)
        verification.body(Buffer.from(body.slice(at, at + size)));
      const results = await verification.finish();
      assert.deepEqual(
        results.map(({ result }) => result),
        ['pass', 'pass'],
        `${c}, chunks of ${size}`,
      );
    }
  }
});

test('a mail that ends early lets go of its deadline', async () => {
  const verification = new DkimVerification({ dns: keyDns(), timeoutMs: 60_000 });
  verification.header(Buffer.from(signatureWith({}) + HEADER));
  verification.abandon();
  assert.deepEqual(await verification.finish(), []);
});

test('hostile headers are bounded', async (t) => {
  const many = Array.from({ length: 200 }, (_, i) => signatureWith({ s: `n${i}` })).join('');
  const names = Array.from({ length: 10_000 }, (_, i) => `x-${i}:from`).join(':');
  const cases: [what: string, header: string, checked: number, unchecked: number][] = [
    ['200 signatures', many + HEADER, 10, 190],
    ['20,000 names in h=', signatureWith({ h: `from:${names}` }) + HEADER, 1, 0],
    ['a header of 2 MB', `${signatureWith({})}X-Long: ${'y'.repeat(2_000_000)}\r\n${HEADER}`, 1, 0],
    ['40,000 fields', signatureWith({}) + 'A: b\r\n'.repeat(40_000) + HEADER, 1, 0],
    ['tags without end', `DKIM-Signature: ${'a=b;'.repeat(50_000)}\r\n${HEADER}`, 1, 0],
  ];
  for (const [what, header, checked, unchecked] of cases) {
    const dns = new FakeDns(keyZone, 10);
    const verification = new DkimVerification({ dns, timeoutMs: 5_000 });
    const start = performance.now();
    verification.header(Buffer.from(header));
    verification.body(Buffer.from(BODY));
    const results = await verification.finish();
    const ms = performance.now() - start;
    t.diagnostic(
      `${what}: ${results[0]?.result} (${results[0]?.comment}), ${ms.toFixed(1)} ms, ${dns.asked.length} questions`,
    );
    assert.deepEqual([results.length, verification.unchecked], [checked, unchecked], what);
    assert.ok(ms < 300, `${what}: ${ms} ms`);
  }
});

test('an unsigned mail asks nothing and has no results', async () => {
  const dns = keyDns();
  assert.deepEqual(await verify(HEADER, BODY, { dns }), []);
  assert.deepEqual(await verify('', '', { dns }), []);
  assert.deepEqual(dns.asked, []);
});

test('a signature whose key is too weak is against policy', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 768 });
  const record = `p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
  const dns = new FakeDns({ 'rsa._domainkey.example.com': { TXT: [record] } });
  const [found] = await verify(signatureWith({}, HEADER, BODY, privateKey) + HEADER, BODY, { dns });
  assert.deepEqual(
    [found?.result, found?.comment, found?.alignedUsable],
    ['policy', 'key of 768 bits is too weak', false],
  );
});

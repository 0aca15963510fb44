import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { sealMessage } from 'mailauth';
import { ArcVerification } from '../../src/sender-auth/arc.ts';
import { BodyHashes } from '../../src/sender-auth/body-hash.ts';
import { headerFields } from '../../src/sender-auth/header-fields.ts';
import { parseResults } from '../../src/sender-auth/results-parser.ts';
import { FakeDns } from './fake-dns.ts';
import { messageParts } from './message-parts.ts';
import { BODY, edPem, HEADER, keyDns, rsaPem } from './signed-message.ts';

interface Scenario {
  readonly description: string;
  readonly 'txt-records': Readonly<Record<string, string>>;
  readonly tests: Readonly<
    Record<string, { readonly description: string; readonly message: string; readonly cv: string | null }>
  >;
}

const suite: Scenario[] = JSON.parse(
  readFileSync(new URL('../suites/arc/validation-tests.json', import.meta.url), 'utf8'),
);

function dnsOf(records: Scenario['txt-records']): FakeDns {
  return new FakeDns(
    Object.fromEntries(Object.entries(records).map(([name, text]) => [name, { TXT: [text] }])),
  );
}

async function verify(message: string, dns: FakeDns, timeoutMs = 5_000) {
  const { header, body } = messageParts(message);
  const bodies = new BodyHashes();
  const verification = new ArcVerification({ dns, timeoutMs, bodies });
  verification.header(headerFields(header));
  bodies.update(body);
  return verification.finish();
}

/** Where the suite and the standard part ways. */
const EXPECTED_DIFFERENCES: Readonly<Record<string, readonly [comment: string, why: string]>> = {
  ams_fields_c_na: [
    'message signature does not match',
    'RFC 8617 4.1.2: without c= it is simple/simple as in DKIM; the suite is older and takes relaxed',
  ],
  ams_fields_h_empty: [
    'a required tag is missing',
    'RFC 6376 3.5, 5.4: h= must not be empty and must hold From; the suite lets a chain pass that protects no field',
  ],
};

test('the ValiMail suite: 171 chains', async (t) => {
  let right = 0;
  for (const scenario of suite) {
    await t.test(scenario.description, async (t) => {
      for (const [id, one] of Object.entries(scenario.tests)) {
        const { result, comment } = await verify(one.message, dnsOf(scenario['txt-records']));
        const wanted = (one.cv || 'fail').toLowerCase();
        const difference = EXPECTED_DIFFERENCES[id];
        if (difference) {
          assert.deepEqual([wanted, result, comment], ['pass', 'fail', difference[0]], id);
          t.diagnostic(`${id}: ${difference[1]}`);
        } else {
          assert.equal(result, wanted, `${id}: ${comment}`);
          right += 1;
        }
      }
    });
  }
  assert.equal(right, 169);
});

/** The message of the suite with two sets, and its keys. */
const twoSets = suite[0]?.tests.cv_pass_i2_1?.message ?? '';
const suiteKeys = suite[0]?.['txt-records'] ?? {};

test('the sealers of a chain that passes, oldest first, with what they say', async () => {
  const { result, comment, sealers } = await verify(twoSets, dnsOf(suiteKeys));
  assert.deepEqual([result, comment], ['pass', 'i=2']);
  assert.deepEqual(
    sealers.map(({ instance, domain, selector }) => [instance, domain, selector]),
    [
      [1, 'example.org', 'dummy'],
      [2, 'example.org', 'dummy'],
    ],
  );
  const said = parseResults(sealers[0]?.results ?? '');
  assert.equal(said?.authservId, 'lists.example.org');
  assert.deepEqual(
    said?.results.map(({ method, result }) => `${method}=${result}`),
    ['spf=pass', 'dkim=pass', 'dmarc=pass'],
  );
});

test('a chain that does not pass names no sealers', async () => {
  const changed = await verify(`${twoSets}changed`, dnsOf(suiteKeys));
  assert.deepEqual(changed, { result: 'fail', comment: 'message signature does not match', sealers: [] });
});

test('a key that cannot be had now is a temperror, unless something is wrong for good', async () => {
  const unknown = () =>
    new FakeDns(Object.fromEntries(Object.keys(suiteKeys).map((name) => [name, 'unknown'])));
  assert.equal((await verify(twoSets, unknown())).result, 'temperror');
  assert.equal((await verify(twoSets.replace('cv=pass', 'cv=none'), unknown())).result, 'fail');
  const silent = new (class extends FakeDns {
    override txt(): Promise<never> {
      return new Promise(() => {});
    }
  })({});
  assert.equal((await verify(twoSets, silent, 20)).result, 'temperror');
});

test('more than fifty sets, or too large ones, are a failure without much work', async (t) => {
  const seal = 'ARC-Seal: i=N; a=rsa-sha256; cv=pass; d=example.org; s=dummy; b=AAAA\n';
  const set = `${seal}ARC-Message-Signature: i=N; a=rsa-sha256; d=example.org; s=dummy; h=from; bh=AAAA; b=AAAA\nARC-Authentication-Results: i=N; x\n`;
  const sets = (count: number, filler = '') =>
    Array.from({ length: count }, (_, i) => set.replaceAll('N', String(i + 1)) + filler).join('');
  const first = (text: string) => text.replace('cv=pass', 'cv=none');
  const cases: [what: string, header: string, comment: RegExp][] = [
    ['51 sets', first(sets(51)), /more than 50 sets/],
    ['i=51', set.replaceAll('N', '51'), /without instance/],
    ['large', first(sets(2, `ARC-Seal: i=9; x=${'y'.repeat(300_000)}\n`)), /too large/],
    ['50 sets', first(sets(50)), /does not match|key is/],
  ];
  for (const [what, header, comment] of cases) {
    const dns = dnsOf(suiteKeys);
    const start = performance.now();
    const found = await verify(`${header}From: a@b\n\nbody`, dns);
    const ms = performance.now() - start;
    t.diagnostic(`${what}: ${found.comment}, ${ms.toFixed(1)} ms, ${dns.asked.length} questions`);
    assert.equal(found.result, 'fail', what);
    assert.match(found.comment, comment, what);
    assert.ok(ms < 100 && dns.asked.length <= 1, what);
  }
});

test('chains that mailauth seals', async () => {
  const dns = keyDns();
  let message = `${HEADER}\r\n${BODY}`;
  for (let instance = 1; instance <= 3; instance++) {
    const seal = {
      signingDomain: 'example.com',
      selector: instance === 2 ? 'ed' : 'rsa',
      privateKey: instance === 2 ? edPem : rsaPem,
    };
    const authResults = `hop${instance}.example; dmarc=pass header.from=example.com`;
    const fields = await sealMessage(Buffer.from(message), {
      ...seal,
      authResults,
      cv: instance === 1 ? 'none' : 'pass',
    });
    message = fields.toString() + message;
    const found = await verify(message, dns);
    assert.deepEqual([found.result, found.comment], ['pass', `i=${instance}`], message);
    assert.equal(parseResults(found.sealers.at(-1)?.results ?? '')?.authservId, `hop${instance}.example`);
    assert.equal((await verify(message.replace('Hello', 'hello'), dns)).result, 'fail');
  }
});

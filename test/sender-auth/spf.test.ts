import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { checkSpf, checkSpfGuess, type SpfResult } from '../../src/sender-auth/spf.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';
import { type SuiteCase, SuiteDns, type SuiteScenario } from './spf-suite.ts';

const suite: SuiteScenario[] = JSON.parse(
  readFileSync(new URL('../suites/spf/rfc7208-tests.json', import.meta.url), 'utf8'),
);

function askSuite(
  scenario: SuiteScenario,
  { host, helo, mailfrom, receiver = 'receiver.example' }: SuiteCase,
) {
  const question = { address: host, helo, sender: address(mailfrom), receiver };
  return checkSpf(question, { dns: new SuiteDns(scenario.zonedata), timeoutMs: 20_000 });
}

test('the test suite of RFC 7208: 203 results and 14 explanations', async (t) => {
  let results = 0;
  let explanations = 0;
  for (const scenario of suite) {
    await t.test(scenario.description, async () => {
      for (const [id, one] of Object.entries(scenario.tests)) {
        const found = await askSuite(scenario, one);
        assert.ok(
          [one.result].flat().includes(found.result),
          `${id}: ${found.result} ${found.problem ?? ''}`,
        );
        results += 1;
        if (one.explanation === undefined) continue;
        const wanted = one.explanation === 'DEFAULT' ? undefined : one.explanation;
        assert.equal(found.explanation, wanted, id);
        if (wanted !== undefined) explanations += 1;
      }
    });
  }
  assert.equal(results, 203);
  assert.equal(explanations, 14);
});

interface Ask {
  readonly from?: string;
  readonly helo?: string;
  readonly ip?: string;
  readonly timeoutMs?: number;
}

function question({ from = 'joe@example.com', helo = 'mail.example.com', ip = '192.0.2.1' }: Ask) {
  return { address: ip, helo, sender: address(from), receiver: 'mx.example.net' };
}

function ask(zone: FakeZone | FakeDns, how: Ask = {}): Promise<SpfResult> {
  const dns = zone instanceof FakeDns ? zone : new FakeDns(zone);
  return checkSpf(question(how), { dns, timeoutMs: how.timeoutMs ?? 20_000 });
}

/** A domain with this record. */
function published(record: string, more: FakeZone = {}): FakeZone {
  return { 'example.com': { TXT: [record] }, ...more };
}

test('the identity is MAIL FROM, and HELO for the null sender', async () => {
  const zone = { ...published('v=spf1 -all'), 'mail.example.com': { TXT: ['v=spf1 ip4:192.0.2.0/24 -all'] } };
  const both = [await ask(zone), await ask(zone, { from: '' })];
  assert.deepEqual(
    both.map(({ result, identity, domain, mechanism }) => [result, identity, domain, mechanism]),
    [
      ['fail', 'mailfrom', 'example.com', '-all'],
      ['pass', 'helo', 'mail.example.com', 'ip4:192.0.2.0/24'],
    ],
  );
});

test('what is no domain has no record, and nobody is asked', async () => {
  for (const from of [
    'joe',
    'joe@[192.0.2.1]',
    'joe@localhost',
    'joe@a..b',
    'any@example.com(.evil.example',
    "any@x'@e",
  ]) {
    const dns = new FakeDns({});
    const { result, lookups } = await ask(dns, { from });
    assert.deepEqual([result, lookups, dns.asked], ['none', 0, []], from);
  }
});

test('a domain in another script is asked for as A-labels', async () => {
  const zone = { 'xn--bcher-kva.example': { TXT: ['v=spf1 +all'] } };
  assert.equal((await ask(zone, { from: 'joe@bücher.example' })).result, 'pass');
});

test('what cannot be known now is a temperror, wherever it is met', async () => {
  const zones: FakeZone[] = [
    { 'example.com': 'unknown' },
    published('v=spf1 include:other.example -all', { 'other.example': 'unknown' }),
    published('v=spf1 redirect=other.example', { 'other.example': 'unknown' }),
    published('v=spf1 a:other.example -all', { 'other.example': 'unknown' }),
    published('v=spf1 mx:other.example -all', {
      'other.example': { MX: ['mx.example'] },
      'mx.example': 'unknown',
    }),
    published('v=spf1 exists:other.example -all', { 'other.example': 'unknown' }),
  ];
  for (const zone of zones) assert.equal((await ask(zone)).result, 'temperror', JSON.stringify(zone));
});

test('a DNS that never answers, and one that throws, is a temperror in time', async () => {
  class Silent extends FakeDns {
    override txt(): Promise<never> {
      return new Promise(() => {});
    }
  }
  class Broken extends FakeDns {
    override txt(): Promise<never> {
      return Promise.reject(new Error('socket closed'));
    }
  }
  const silent = await ask(new Silent({}), { timeoutMs: 20 });
  const broken = await ask(new Broken({}));
  assert.deepEqual([silent.result, broken.result], ['temperror', 'temperror']);
  assert.match(silent.problem ?? '', /no answer in 20 ms/);
  assert.match(broken.problem ?? '', /socket closed/);
});

test('loops and long chains of includes and redirects end at ten terms', async () => {
  const chain: Record<string, { TXT: string[] }> = {};
  for (let i = 0; i < 30; i++) chain[`c${i}.example`] = { TXT: [`v=spf1 include:c${i + 1}.example -all`] };
  const zones: FakeZone[] = [
    published('v=spf1 include:example.com -all'),
    published('v=spf1 redirect=example.com'),
    published('v=spf1 include:c0.example -all', chain),
    published(`v=spf1 ${'include:example.com '.repeat(200)}-all`),
  ];
  for (const zone of zones) {
    const dns = new FakeDns(zone);
    const { result, problem } = await ask(dns);
    assert.equal(result, 'permerror');
    assert.match(problem ?? '', /more than 10 terms/);
    assert.ok(dns.asked.length <= 11, String(dns.asked.length));
  }
});

test('exactly ten terms, ten exchangers and two empty look-ups are allowed', async () => {
  const names = Array.from({ length: 11 }, (_, i) => `h${i}.example`);
  const hosts = Object.fromEntries(
    names.map((name) => [name, { A: ['198.51.100.1'], TXT: ['v=spf1 -all'] }]),
  );
  const terms = (count: number) => names.slice(0, count).map((name) => `include:${name}`);
  const cases: [FakeZone, string][] = [
    [published(`v=spf1 ${terms(10).join(' ')} +all`, hosts), 'pass'],
    [published(`v=spf1 ${terms(11).join(' ')} +all`, hosts), 'permerror'],
    [published('v=spf1 mx:m.example +all', { ...hosts, 'm.example': { MX: names.slice(0, 10) } }), 'pass'],
    [published('v=spf1 mx:m.example +all', { ...hosts, 'm.example': { MX: names } }), 'permerror'],
    [published('v=spf1 a:n1.example a:n2.example +all'), 'pass'],
    [published('v=spf1 a:n1.example a:n2.example a:n3.example +all'), 'permerror'],
  ];
  for (const [zone, wanted] of cases)
    assert.equal((await ask(zone)).result, wanted, JSON.stringify(zone['example.com']));
});

test('hostile records cost little time and memory', async (t) => {
  const long = `${'x'.repeat(60)}.`.repeat(4);
  const bombs: [string, FakeZone, Ask?][] = [
    ['a TXT record of 64 KB', published(`v=spf1 ${'ip4:192.0.2.9 '.repeat(4600)}-all`)],
    [
      'macros without end',
      published(`v=spf1 exists:${'%{S}%{L}%{h}%{d}'.repeat(500)}.example -all`),
      { from: `${'ä'.repeat(300)}@example.com`, helo: long },
    ],
    [
      'delimiters without end',
      published(`v=spf1 a:${'%{lr-.+,/_=}'.repeat(600)}.example -all`),
      { from: `${'a-'.repeat(150)}@example.com` },
    ],
    [
      'explanation without end',
      published('v=spf1 -all exp=e.example', { 'e.example': { TXT: ['%{S}'.repeat(16_000)] } }),
    ],
    ['many labels', published(`v=spf1 a:${'a.'.repeat(4000)}example -all`)],
    [
      'a thousand names of one address',
      published('v=spf1 ptr -all', {
        '1.2.0.192.in-addr.arpa': { PTR: Array.from({ length: 1000 }, (_, i) => `p${i}.example.com`) },
      }),
    ],
  ];
  for (const [what, zone, how] of bombs) {
    const dns = new FakeDns(zone);
    const start = performance.now();
    const { result } = await ask(dns, how);
    const ms = performance.now() - start;
    t.diagnostic(`${what}: ${result}, ${ms.toFixed(1)} ms, ${dns.asked.length} questions`);
    assert.ok(ms < 250, `${what}: ${ms} ms`);
    assert.ok(dns.asked.length <= 23, what);
    assert.ok(result === 'permerror' || result === 'fail', `${what}: ${result}`);
  }
});

test('the explanation is fit for a reply', async () => {
  const zone = published('v=spf1 -all exp=e.%{d}', {
    'e.example.com': { TXT: [`See http://x.example/?who=%{S}&${'long '.repeat(200)}`] },
  });
  const { explanation = '' } = await ask(zone, { from: 'ä\r\n250 ok@example.com' });
  assert.match(explanation, /^See http:\/\/x\.example\/\?who=%C3%A4%0D%0A250%20ok%40example\.com&long /);
  assert.ok(explanation.length <= 400);
  assert.match(explanation, /^[\x20-\x7e]+$/);
  const lower = published('v=spf1 -all exp=e.%{d}', { 'e.example.com': { TXT: ['go away %{s}'] } });
  assert.equal(
    (await ask(lower, { from: 'a\r\n250 b@example.com' })).explanation,
    'go away a  250 b@example.com',
  );
});

test('a guess only ever helps', async () => {
  const zone = { 'example.com': { A: ['192.0.2.7'] } };
  const options = { dns: new FakeDns(zone), timeoutMs: 1000 };
  const guess = (record: string, how: Ask) => checkSpfGuess(question(how), record, options);
  const near = await guess('v=spf1 a/24 mx/24 ptr', {});
  assert.deepEqual([near.result, near.mechanism, near.guessed], ['pass', 'a/24', true]);
  for (const record of ['v=spf1 a/24 mx/24 ptr', 'v=spf1 a/24 -all', 'v=spf1 nonsense']) {
    assert.equal((await guess(record, { ip: '203.0.113.1' })).result, 'none', record);
  }
});

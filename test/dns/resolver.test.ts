/** The resolver against name servers that answer, fail, refuse, stay silent and say too much. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AnswerCache } from '../../src/dns/cache.ts';
import { Resolver, type ResolverOptions } from '../../src/dns/resolver.ts';
import { type ScriptedAnswer, ScriptedNameServer, type ScriptedRecord } from './scripted-name-server.ts';

type Zone = Readonly<Record<string, ScriptedAnswer | undefined>>;

/** Answers by `TYPE name`; what is not there does not exist. */
async function nameServer(t: TestContext, zone: Zone): Promise<ScriptedNameServer> {
  const server = await ScriptedNameServer.start((name, type) => {
    const key = `${type} ${name}`;
    return key in zone ? zone[key] : { code: 3 };
  });
  t.after(() => server.stop());
  return server;
}

function resolver(servers: readonly ScriptedNameServer[], more: Partial<ResolverOptions> = {}): Resolver {
  return new Resolver({
    servers: servers.map(({ address }) => address),
    timeoutMs: 2_000,
    tries: 1,
    ...more,
  });
}

const records = (...list: readonly ScriptedRecord[]): ScriptedAnswer => ({ records: list });
const addresses = (name: string, ...list: readonly string[]) =>
  records(...list.map((data) => ({ name, type: 'A', data }) as const));
/** An answer, and for how long it may be kept. */
const found = (...list: readonly unknown[]) => ({ kind: 'found', records: list, ttlMs: 60_000 });
const absent = (why: 'nxdomain' | 'nodata') => ({ kind: 'absent', why, ttlMs: 60_000 });

const SERVFAIL = { code: 2 };
const REFUSED = { code: 5 };

test('each type of record', async (t) => {
  const server = await nameServer(t, {
    'A mx.test': addresses('mx.test', '192.0.2.1', '192.0.2.2'),
    'AAAA mx.test': records({ name: 'mx.test', type: 'AAAA', data: '2001:db8::1' }),
    'MX mx.test': records(
      { name: 'mx.test', type: 'MX', data: '20 b.mx.test' },
      { name: 'mx.test', type: 'MX', data: '10 a.mx.test' },
    ),
    'MX null.test': records({ name: 'null.test', type: 'MX', data: '0 .' }),
    'NS mx.test': records({ name: 'mx.test', type: 'NS', data: 'ns.mx.test' }),
    'TXT mx.test': records({ name: 'mx.test', type: 'TXT', data: '"v=spf1 " "-all"' }),
    'PTR 1.2.0.192.in-addr.arpa': records({
      name: '1.2.0.192.in-addr.arpa',
      type: 'PTR',
      data: 'Mail.Example.COM',
    }),
    [`PTR 1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`]: records({
      name: `1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`,
      type: 'PTR',
      data: 'six.test',
    }),
  });
  const dns = resolver([server]);
  assert.deepEqual(await dns.a('mx.test'), found('192.0.2.1', '192.0.2.2'));
  assert.deepEqual(await dns.aaaa('mx.test.'), found('2001:db8::1'));
  assert.deepEqual(
    await dns.mx('mx.test'),
    found({ preference: 10, exchange: 'a.mx.test' }, { preference: 20, exchange: 'b.mx.test' }),
  );
  assert.deepEqual(await dns.mx('null.test'), found({ preference: 0, exchange: '' }), 'RFC 7505');
  assert.deepEqual(await dns.ns('mx.test'), found('ns.mx.test'));
  assert.deepEqual(await dns.txt('mx.test'), found('v=spf1 -all'));
  assert.deepEqual(await dns.ptr('192.0.2.1'), found('Mail.Example.COM'), 'as the name server wrote it');
  assert.deepEqual(await dns.ptr('2001:db8::1'), found('six.test'));
});

test('no such name, no such record, and names that nobody can have', async (t) => {
  const server = await nameServer(t, { 'A empty.test': {} });
  const dns = resolver([server]);
  assert.deepEqual(await dns.a('none.test'), absent('nxdomain'));
  assert.deepEqual(await dns.a('empty.test'), absent('nodata'));
  const asked = server.asked.length;
  for (const name of ['', '.', 'a..test', `${'x'.repeat(64)}.test`, 'x.'.repeat(128)]) {
    assert.deepEqual(await dns.a(name), { kind: 'absent', why: 'nxdomain' }, name);
  }
  assert.equal(server.asked.length, asked, 'nobody was asked');
});

test('a server that fails, refuses or is silent passes the question on', async (t) => {
  const [failing, refusing, silent, good] = await Promise.all([
    nameServer(t, { 'A x.test': SERVFAIL }),
    nameServer(t, { 'A x.test': REFUSED }),
    nameServer(t, { 'A x.test': undefined }),
    nameServer(t, { 'A x.test': addresses('x.test', '192.0.2.9') }),
  ]);
  const dns = resolver([failing, refusing, silent, good], { timeoutMs: 300 });
  assert.deepEqual(await dns.a('x.test'), found('192.0.2.9'));
  for (const server of [failing, refusing, silent]) assert.ok(server.asked.length > 0);
});

test('an absence is an answer: no other server is asked', async (t) => {
  const [first, second] = await Promise.all([
    nameServer(t, {}),
    nameServer(t, { 'A x.test': addresses('x.test', '192.0.2.9') }),
  ]);
  assert.deepEqual(await resolver([first, second]).a('x.test'), absent('nxdomain'));
  assert.deepEqual(second.asked, []);
});

test('when nobody answers it cannot be known, which is remembered for a moment', async (t) => {
  const server = await nameServer(t, { 'A x.test': SERVFAIL, 'A y.test': undefined });
  let now = 0;
  const dns = resolver([server], { tries: 2, timeoutMs: 200, now: () => now });
  assert.deepEqual(await dns.a('x.test'), { kind: 'unknown', why: 'ESERVFAIL' });
  assert.equal(server.asked.length, 2, 'asked in two rounds');
  await dns.a('x.test');
  assert.equal(server.asked.length, 2);
  now += 2_001;
  await dns.a('x.test');
  assert.equal(server.asked.length, 4);
  const began = performance.now();
  assert.equal((await dns.a('y.test')).kind, 'unknown');
  assert.ok(performance.now() - began < 1_000, 'two tries of 200 ms');
});

test('answers are kept for their time to live, at most an hour, absences for a minute', async (t) => {
  const ttl = (name: string, seconds: number) =>
    records(
      { name, type: 'A', data: '192.0.2.1', ttl: seconds },
      { name, type: 'A', data: '192.0.2.2', ttl: 2 * seconds },
    );
  const server = await nameServer(t, {
    'A short.test': ttl('short.test', 5),
    'A long.test': ttl('long.test', 90_000),
    'A zero.test': ttl('zero.test', 0),
  });
  let now = 0;
  const dns = resolver([server], { now: () => now });
  const asks = async (name: string) => {
    const before = server.asked.length;
    await dns.a(name);
    return server.asked.length - before;
  };
  for (const name of ['short.test', 'long.test', 'none.test']) {
    assert.equal(await asks(name), 1);
    assert.equal(await asks(name.toUpperCase()), 0, name);
  }
  assert.deepEqual([await asks('zero.test'), await asks('zero.test')], [1, 0], 'a burst asks once');
  now = 1_001;
  assert.equal(await asks('zero.test'), 1);
  now = 5_001;
  assert.deepEqual([await asks('short.test'), await asks('none.test')], [1, 0]);
  now = 60_001;
  assert.deepEqual([await asks('none.test'), await asks('long.test')], [1, 0]);
  now = 3_600_001;
  assert.equal(await asks('long.test'), 1);
  dns.forget();
  assert.equal(await asks('long.test'), 1, 'after a reload');
});

test('the cache has a bound', async (t) => {
  const server = await nameServer(t, {});
  const dns = resolver([server], { cacheEntries: 3 });
  for (const name of ['a.test', 'b.test', 'c.test', 'd.test']) await dns.a(name);
  assert.equal(server.asked.length, 4);
  for (const name of ['b.test', 'c.test', 'd.test']) await dns.a(name);
  assert.equal(server.asked.length, 4, 'the newest are kept');
  await dns.a('a.test');
  assert.equal(server.asked.length, 5);
});

test('a bug is not kept in the cache', async () => {
  const cache = new AnswerCache(10);
  await assert.rejects(cache.get('A x', () => Promise.reject(new TypeError('bug'))));
  const answer = { kind: 'found', records: ['192.0.2.1'] } as const;
  assert.deepEqual(await cache.get('A x', async () => ({ answer, ttlMs: 1_000 })), answer);
});

test('many who ask the same at once are one question', async (t) => {
  const server = await nameServer(t, {
    'A x.test': { ...addresses('x.test', '192.0.2.1'), delayMs: 50 },
  });
  const dns = resolver([server]);
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, i) => dns.a(i % 2 ? 'x.test' : 'X.Test')),
  );
  assert.deepEqual(server.asked, ['A x.test']);
  for (const answer of answers) assert.deepEqual(answer, found('192.0.2.1'));
});

test('so many questions at once to a server, the others wait in line', async (t) => {
  const zone = Object.fromEntries(
    Array.from({ length: 20 }, (_, i) => [
      `A n${i}.test`,
      { ...addresses(`n${i}.test`, '192.0.2.1'), delayMs: 20 },
    ]),
  );
  const server = await nameServer(t, zone);
  const dns = resolver([server], { concurrency: 4 });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => dns.a(`n${i}.test`)));
  assert.ok(answers.every(({ kind }) => kind === 'found'));
  assert.equal(server.mostInHand, 4);
});

test('a server that is gone holds up neither those in line nor the other server, and is heard when it is back', async (t) => {
  let isGone = true;
  const server = await ScriptedNameServer.start((name) =>
    isGone ? undefined : addresses(name, '192.0.2.1'),
  );
  t.after(() => server.stop());
  const timeoutMs = 1_300;
  const dns = resolver([server], { timeoutMs, concurrency: 2 });
  const timed = async (resolving: Resolver, ...names: readonly string[]) => {
    const began = performance.now();
    const answers = await Promise.all(names.map((name) => resolving.a(name)));
    return { kinds: new Set(answers.map(({ kind }) => kind)), ms: performance.now() - began };
  };
  const names = (word: string, count: number) => Array.from({ length: count }, (_, i) => `${word}${i}.test`);
  const crowd = await timed(dns, ...names('crowd', 20));
  assert.deepEqual(crowd.kinds, new Set(['unknown']));
  assert.ok(crowd.ms < timeoutMs * 2 + 800, `20 questions, 2 at once: ${crowd.ms} ms`);
  const late = await timed(dns, 'late.test');
  assert.ok(late.ms < timeoutMs - 100, `known to be silent: ${late.ms} ms`);

  const both = resolver([server, await nameServer(t, {})], { timeoutMs: 300 });
  for (const name of names('dead', 4)) await both.a(name);
  const { ms } = await timed(both, 'quick.test');
  assert.ok(ms < 200, `the other server is asked first: ${ms} ms`);

  isGone = false;
  assert.equal((await dns.a('back.test')).kind, 'found');
});

test('an alias is followed within the answer', async (t) => {
  const server = await nameServer(t, {
    'A www.test': records(
      { name: 'www.test', type: 'CNAME', data: 'host.test' },
      { name: 'host.test', type: 'A', data: '192.0.2.7' },
    ),
    'A lost.test': records({ name: 'lost.test', type: 'CNAME', data: 'nowhere.test' }),
    'PTR 7.2.0.192.in-addr.arpa': records(
      { name: '7.2.0.192.in-addr.arpa', type: 'CNAME', data: '7.0-15.2.0.192.in-addr.arpa' },
      { name: '7.0-15.2.0.192.in-addr.arpa', type: 'PTR', data: 'seven.test' },
    ),
  });
  const dns = resolver([server]);
  assert.deepEqual(await dns.a('www.test'), found('192.0.2.7'));
  assert.deepEqual(await dns.a('lost.test'), absent('nodata'));
  assert.deepEqual(await dns.ptr('192.0.2.7'), found('seven.test'), 'RFC 2317');
});

test('what does not fit into a datagram comes over TCP', async (t) => {
  const many = Array.from({ length: 200 }, (_, i) => `198.51.100.${i}`);
  const server = await nameServer(t, {
    'A many.test': { ...addresses('many.test', ...many), truncated: true },
  });
  assert.deepEqual(await resolver([server]).a('many.test'), found(...many));
  assert.deepEqual(server.asked, ['A many.test', 'A many.test tcp']);
});

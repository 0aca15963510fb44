import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deadline } from '../../src/sender-auth/deadline.ts';
import { TreeWalks, type Walk } from '../../src/sender-auth/dmarc-tree-walk.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';

/** A zone with these DMARC records. */
function published(records: Readonly<Record<string, string | string[] | 'unknown'>>): FakeDns {
  const zone: Record<string, FakeZone[string]> = {};
  for (const [domain, text] of Object.entries(records)) {
    zone[`_dmarc.${domain}`] = text === 'unknown' ? 'unknown' : { TXT: [text].flat() };
  }
  return new FakeDns(zone);
}

async function walk(domain: string, dns: FakeDns): Promise<Walk> {
  const deadline = new Deadline(1000);
  try {
    return await new TreeWalks(dns, deadline).from(domain);
  } finally {
    deadline.end();
  }
}

const P = 'v=DMARC1; p=none';

test('the organization of a domain', async () => {
  const cases: [records: Record<string, string | string[]>, domain: string, organization: string][] = [
    [{}, 'a.mail.example.com', 'a.mail.example.com'],
    [{ 'mail.example.com': P, 'example.com': P }, 'a.mail.example.com', 'example.com'],
    [{ 'mail.example.com': `${P}; psd=n`, 'example.com': P }, 'a.mail.example.com', 'mail.example.com'],
    [{ com: `${P}; psd=y` }, 'a.mail.example.com', 'example.com'],
    [{ 'example.com': `${P}; psd=y`, com: P }, 'a.mail.example.com', 'mail.example.com'],
    [{ 'mail.example.com': P, com: `${P}; psd=y` }, 'a.mail.example.com', 'example.com'],
    [{ 'example.com': `${P}; psd=y` }, 'example.com', 'example.com'],
    [{ 'example.com': [P, P], com: P }, 'mail.example.com', 'com'],
    [{ 'example.com': [P, 'something else'] }, 'mail.example.com', 'example.com'],
    [{ 'x.a.b.c.d.e.example.com': P }, 'z.y.x.a.b.c.d.e.example.com', 'z.y.x.a.b.c.d.e.example.com'],
    [{ 'a.b.c.d.e.example.com': P }, 'z.y.x.a.b.c.d.e.example.com', 'a.b.c.d.e.example.com'],
  ];
  for (const [records, domain, organization] of cases) {
    const found = await walk(domain, published(records));
    assert.equal(found.kind === 'walked' && found.organization, organization, JSON.stringify(records));
  }
});

test('at most eight questions, as RFC 9989 4.10 lists them', async () => {
  const dns = published({});
  await walk('a.b.c.d.e.f.g.h.i.j.mail.example.com', dns);
  assert.deepEqual(dns.asked, [
    'TXT _dmarc.a.b.c.d.e.f.g.h.i.j.mail.example.com',
    'TXT _dmarc.g.h.i.j.mail.example.com',
    'TXT _dmarc.h.i.j.mail.example.com',
    'TXT _dmarc.i.j.mail.example.com',
    'TXT _dmarc.j.mail.example.com',
    'TXT _dmarc.mail.example.com',
    'TXT _dmarc.example.com',
    'TXT _dmarc.com',
  ]);
  for (const labels of [1, 2, 7, 8, 9, 60]) {
    const counted = published({});
    await walk(Array.from({ length: labels }, () => 'a').join('.'), counted);
    assert.equal(counted.asked.length, Math.min(labels, 8), String(labels));
  }
});

test('names are asked for once however many walks pass them', async () => {
  const dns = published({ 'example.com': P });
  const deadline = new Deadline(1000);
  const walks = new TreeWalks(dns, deadline);
  await Promise.all(
    ['a.example.com', 'b.example.com', 'a.example.com', 'example.com'].map((name) => walks.from(name)),
  );
  await walks.record('a.example.com');
  deadline.end();
  assert.deepEqual(dns.asked.toSorted(), [
    'TXT _dmarc.a.example.com',
    'TXT _dmarc.b.example.com',
    'TXT _dmarc.com',
    'TXT _dmarc.example.com',
  ]);
});

test('a walk that cannot be finished is unknown', async () => {
  const found = await walk('a.example.com', published({ 'a.example.com': P, com: 'unknown' }));
  assert.deepEqual(found, { kind: 'unknown', why: '_dmarc.com: ETIMEOUT' });
});

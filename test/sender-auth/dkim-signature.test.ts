import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSignature } from '../../src/sender-auth/dkim-signature.ts';

const NOW = 1_700_000_000;
const GOOD: Readonly<Record<string, string>> = {
  v: '1',
  a: 'rsa-sha256',
  c: 'relaxed/simple',
  d: 'Example.com',
  s: 'sel.2024',
  h: 'From : to:\r\n\tSubject',
  bh: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
  b: 'abcd efgh\r\n\tijkl',
};

/** The good signature with other tags; undefined leaves one out. */
function parse(changes: Readonly<Record<string, string | undefined>>) {
  const tags = Object.entries({ ...GOOD, ...changes }).filter(([, value]) => value !== undefined);
  const raw = `DKIM-Signature: ${tags.map(([name, value]) => `${name}=${value}`).join('; ')}`;
  return parseSignature({ name: 'dkim-signature', raw }, { now: NOW, kind: 'dkim' });
}

test('a good signature', () => {
  const parsed = parse({
    i: 'joe@Mail.example.com',
    l: '12',
    q: 'foo:dns/txt',
    t: '1',
    x: String(NOW + 1),
    z: 'From:x',
  });
  assert.equal(parsed.kind, 'good');
  if (parsed.kind !== 'good') return;
  const { field: _, bodyHash, value, ...signature } = parsed.signature;
  assert.deepEqual(signature, {
    keyType: 'rsa',
    domain: 'example.com',
    selector: 'sel.2024',
    identityDomain: 'mail.example.com',
    headerCanonicalization: 'relaxed',
    bodyCanonicalization: 'simple',
    signedFields: ['from', 'to', 'subject'],
    bodyLength: 12,
  });
  assert.deepEqual([bodyHash.length, value.toString('base64')], [32, 'abcdefghijkl']);
  assert.deepEqual(parsed.label, {
    domain: 'example.com',
    selector: 'sel.2024',
    algorithm: 'rsa-sha256',
    identity: 'joe@Mail.example.com',
    signatureStart: 'abcdefgh',
  });
});

test('what is left out has its default', () => {
  const cases: [Record<string, string | undefined>, string, string][] = [
    [{ c: undefined }, 'simple', 'simple'],
    [{ c: 'relaxed' }, 'relaxed', 'simple'],
    [{ c: 'Simple/Relaxed' }, 'simple', 'relaxed'],
  ];
  for (const [changes, header, body] of cases) {
    const parsed = parse(changes);
    assert.ok(parsed.kind === 'good');
    assert.equal(parsed.signature.headerCanonicalization, header);
    assert.equal(parsed.signature.bodyCanonicalization, body);
    assert.equal(parsed.signature.bodyLength, undefined);
    assert.equal(parsed.label.identity, '@example.com');
  }
});

test('signatures that are refused before a key is asked for', () => {
  const cases: [Record<string, string | undefined>, string, RegExp][] = [
    [{ v: undefined }, 'neutral', /no v=/],
    [{ v: '2' }, 'neutral', /version/],
    [{ v: '1.0' }, 'neutral', /version/],
    ...['a', 'b', 'bh', 'd', 'h', 's'].map((tag): [Record<string, undefined>, string, RegExp] => [
      { [tag]: undefined },
      'neutral',
      /missing/,
    ]),
    [{ b: '' }, 'neutral', /missing/],
    [{ a: 'rsa-sha1' }, 'policy', /rsa-sha1/],
    [{ a: 'rsa-sha512' }, 'neutral', /algorithm/],
    [{ a: 'ed25519-sha512' }, 'neutral', /algorithm/],
    [{ c: 'nowsp' }, 'neutral', /canonicalization/],
    [{ c: 'relaxed/' }, 'neutral', /canonicalization/],
    [{ q: 'http' }, 'neutral', /query/],
    [{ b: '*' }, 'neutral', /b= is not/],
    [{ bh: 'a=b' }, 'neutral', /bh= is not/],
    [{ l: '-1' }, 'neutral', /l=/],
    [{ l: '1e3' }, 'neutral', /l=/],
    [{ t: 'now' }, 'neutral', /t=/],
    [{ x: '1234567890123' }, 'neutral', /x=/],
    [{ d: 'com' }, 'neutral', /d=/],
    [{ d: 'example.com\0.evil' }, 'neutral', /d=/],
    [{ d: "example.com'a.evil.example" }, 'neutral', /d=/],
    [{ s: 'a..b' }, 'neutral', /s=/],
    [{ s: '.b' }, 'neutral', /s=/],
    [{ s: 'sel._domainkey.evil.example.\0.any' }, 'neutral', /s=/],
    [{ s: 'x'.repeat(64) }, 'neutral', /s=/],
    [{ i: 'joe@other.example' }, 'permerror', /i=/],
    [{ i: 'joe@badexample.com' }, 'permerror', /i=/],
    [{ i: 'joe' }, 'permerror', /i=/],
    [{ h: 'to:subject' }, 'permerror', /From/],
    [{ t: '100', x: '100' }, 'neutral', /x= is before/],
    [{ x: String(NOW - 301) }, 'policy', /expired/],
    [{ t: String(NOW + 301) }, 'policy', /future/],
  ];
  for (const [changes, result, comment] of cases) {
    const parsed = parse(changes);
    assert.ok(parsed.kind === 'bad', JSON.stringify(changes));
    assert.equal(parsed.refusal.result, result, JSON.stringify(changes));
    assert.match(parsed.refusal.comment, comment);
  }
  assert.equal(parse({ b: 'x;;' }).kind, 'bad');
});

test('clocks may differ by five minutes', () => {
  assert.equal(parse({ x: String(NOW - 300) }).kind, 'good');
  assert.equal(parse({ t: String(NOW + 300) }).kind, 'good');
});

test('what cannot be a domain is not repeated in the label', () => {
  const { label } = parse({ d: 'evil"; x', s: 'a b', i: 'x@(y' });
  assert.deepEqual([label.domain, label.selector, label.identity], ['', '', '']);
});

import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { Deadline } from '../../src/sender-auth/deadline.ts';
import { findKey, readKeyRecord } from '../../src/sender-auth/dkim-key.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';

function rsa(modulusLength: number, publicExponent = 65_537): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent }).publicKey;
}
const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).toString('base64');
const good = rsa(1024);
const p = spki(good);
const ed = generateKeyPairSync('ed25519').publicKey;
const edBytes = ed.export({ type: 'spki', format: 'der' }).subarray(12).toString('base64');

test('key records that can be used', () => {
  const cases: [record: string, key: KeyObject, bits: number, testing: boolean, sameDomain: boolean][] = [
    [`v=DKIM1; k=rsa; p=${p}`, good, 1024, false, false],
    [`p=${p}`, good, 1024, false, false],
    [
      ` v = DKIM1 ; t = y : s : x ; s = email:web ; h = sha1:sha256 ; n=some notes; g=; x=y; p=${p.slice(0, 40)} ${p.slice(40)} ;`,
      good,
      1024,
      true,
      true,
    ],
    [
      `v=DKIM1; p=${good.export({ type: 'pkcs1', format: 'der' }).toString('base64')}`,
      good,
      1024,
      false,
      false,
    ],
    [`v=DKIM1; g=nobody*; s=*; p=${p}`, good, 1024, false, false],
    [`v=DKIM1; k=ed25519; p=${edBytes}`, ed, 256, false, false],
  ];
  for (const [text, key, bits, testing, sameDomain] of cases) {
    const answer = readKeyRecord(text);
    assert.ok(answer.kind === 'key', text);
    assert.ok(answer.record.key.equals(key));
    assert.deepEqual(
      [answer.record.bits, answer.record.testing, answer.record.sameDomain],
      [bits, testing, sameDomain],
      text,
    );
  }
});

test('key records that cannot', () => {
  const cases: [record: string, result: string, comment: RegExp][] = [
    ['', 'permerror', /no key in the key record/],
    ['v=spf1 -all', 'permerror', /version/],
    [`v=DKIM2; p=${p}`, 'permerror', /version/],
    [`k=rsa; v=DKIM1; p=${p}`, 'permerror', /version/],
    ['v=DKIM1; p=', 'permerror', /revoked/],
    [`v=DKIM1; k=dsa; p=${p}`, 'permerror', /type/],
    [`v=DKIM1; h=sha1; p=${p}`, 'permerror', /sha256/],
    [`v=DKIM1; s=chat; p=${p}`, 'permerror', /mail/],
    [`v=DKIM1; t; p=${p}`, 'permerror', /no tag list/],
    ['v=DKIM1; p=nonsense*', 'permerror', /broken/],
    ['v=DKIM1; p=AAAA', 'permerror', /broken/],
    [`v=DKIM1; k=ed25519; p=${spki(ed)}`, 'permerror', /broken/],
    [`v=DKIM1; k=rsa; p=${spki(ed)}`, 'permerror', /broken/],
    [`v=DKIM1; p=${spki(rsa(768))}`, 'policy', /768 bits is too weak/],
    [`v=DKIM1; p=${p}; x=${'y'.repeat(70_000)}`, 'permerror', /no tag list/],
  ];
  for (const [text, result, comment] of cases) {
    const answer = readKeyRecord(text);
    assert.ok(answer.kind !== 'key', text);
    assert.equal(answer.refusal.result, result, text);
    assert.match(answer.refusal.comment, comment, text);
  }
});

test('keys that take too long to check with are refused', () => {
  const huge = Buffer.alloc(1200, 0xff);
  const key = createPublicKey({
    key: { kty: 'RSA', n: huge.toString('base64url'), e: 'AQAB' },
    format: 'jwk',
  });
  const exponent = createPublicKey({
    key: {
      kty: 'RSA',
      n: huge.subarray(0, 256).toString('base64url'),
      e: huge.subarray(0, 200).toString('base64url'),
    },
    format: 'jwk',
  });
  for (const one of [key, exponent]) {
    const answer = readKeyRecord(`v=DKIM1; p=${spki(one)}`);
    assert.ok(answer.kind === 'unusable');
    assert.match(answer.refusal.comment, /too large/);
  }
});

test('absent, unusable and unknown are three answers', async () => {
  const name = 's._domainkey.example.com';
  const cases: [FakeZone, string, string][] = [
    [{ [name]: { TXT: [`v=DKIM1; p=${p}`] } }, 'key', ''],
    [{ [name]: { TXT: ['some note', `v=DKIM1; p=${p}`] } }, 'key', ''],
    [{ [name]: { TXT: ['v=DKIM1; p='] } }, 'unusable', 'permerror'],
    [{ [name]: {} }, 'absent', 'permerror'],
    [{}, 'absent', 'permerror'],
    [{ [name]: 'unknown' }, 'unknown', 'temperror'],
  ];
  for (const [zone, kind, result] of cases) {
    const deadline = new Deadline(1000);
    const answer = await findKey('s', 'example.com', new FakeDns(zone), deadline);
    deadline.end();
    assert.equal(answer.kind, kind);
    if (answer.kind !== 'key') assert.equal(answer.refusal.result, result);
  }
});

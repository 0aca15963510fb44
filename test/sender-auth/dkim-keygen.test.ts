import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { test } from 'node:test';
import { readKeyRecord } from '../../src/sender-auth/dkim-key.ts';
import { compareKeyWithDns, makeDkimKey, recordOf, zoneLine } from '../../src/sender-auth/dkim-keygen.ts';
import { signingKey } from '../../src/sender-auth/dkim-sign.ts';
import { FakeDns, type FakeZone } from './fake-dns.ts';
import { edPem, edRecord, keyZone, rsaPem, rsaRecord } from './signed-message.ts';

test('a new key and its record belong together', async () => {
  for (const [type, bits] of [
    ['rsa', 2048],
    ['ed25519', 256],
  ] as const) {
    const { privateKeyPem, record } = await makeDkimKey(type);
    const answer = readKeyRecord(record);
    assert.ok(answer.kind === 'key');
    assert.deepEqual([answer.record.keyType, answer.record.bits], [type, bits]);
    assert.ok(createPublicKey(privateKeyPem).equals(answer.record.key));
    assert.equal(recordOf(type, createPrivateKey(privateKeyPem)), record);
  }
});

test('the line for the zone file is cut into strings that a TXT record can hold', () => {
  const line = zoneLine('example.com', 'sel', rsaRecord);
  const [, head, strings = ''] = /^(sel\._domainkey\.example\.com\. IN TXT) \( (".*") \)$/.exec(line) ?? [];
  assert.equal(head, 'sel._domainkey.example.com. IN TXT');
  const parts = strings.slice(1, -1).split('" "');
  assert.ok(parts.length > 1 && parts.every((part) => part.length <= 255));
  assert.equal(parts.join(''), rsaRecord);
  assert.equal(zoneLine('example.com', 'e', 'v=DKIM1'), 'e._domainkey.example.com. IN TXT ( "v=DKIM1" )');
});

test('a key compared with the DNS', async () => {
  const name = 'rsa._domainkey.example.com';
  const cases: [pem: string, zone: FakeZone, kind: string, why: RegExp][] = [
    [rsaPem, keyZone, 'same', /^$/],
    [edPem, keyZone, 'different', /another key/],
    [rsaPem, { [name]: { TXT: [edRecord] } }, 'different', /another key/],
    [rsaPem, { [name]: { TXT: ['v=DKIM1; p='] } }, 'different', /revoked/],
    [rsaPem, {}, 'absent', /no key/],
    [rsaPem, { [name]: 'unknown' }, 'unknown', /ETIMEOUT/],
  ];
  for (const [pem, zone, kind, why] of cases) {
    const key = signingKey('example.com', 'rsa', pem);
    const found = await compareKeyWithDns(key, { dns: new FakeDns(zone), timeoutMs: 1000 });
    assert.equal(found.kind, kind);
    assert.match(found.kind === 'same' ? '' : found.why, why);
  }
});

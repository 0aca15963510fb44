import assert from 'node:assert/strict';
import { test } from 'node:test';
import { infectedField, ownFieldNames, scannedFields } from '../../../src/content/clamav/virus-fields.ts';
import { newMail } from './mail.ts';

const { session } = newMail();
const now = new Date('2026-11-22T04:36:01Z');

const CASES: readonly [string, string[]][] = [
  ['X-Virus-Scanned: ClamAV using Portcullis', ['X-Virus-Scanned: ClamAV using Portcullis']],
  ['', []],
  ['  ', []],
  ['X-AV: by %l for %i, 100%%', ['X-AV: by 192.0.2.25 for 198.51.100.7, 100%']],
  ['X-AV: a\\r\\nX-More: b', ['X-AV: a', 'X-More: b']],
  ['X-AV: a\\r\\n\tb', ['X-AV: a\r\n\tb']],
  ['X-AV: a\\n\\n', ['X-AV: a']],
];

for (const [header, expected] of CASES) {
  test(`clamav_header = ${header}`, () => assert.deepEqual(scannedFields(header, session, now), expected));
}

test('%d is the date', () => {
  assert.match(
    scannedFields('X-AV: %d', session, now)[0] ?? '',
    /^X-AV: Sun, 22 Nov 2026 \d\d:36:01 [+-]\d{4}/,
  );
});

test('%i is the original client where an MTA in front tells of it', () => {
  const forwarded = { address: '203.0.113.9', name: 'a', port: '1', helo: 'h', protocol: 'ESMTP', ident: '' };
  const behind = { ...session, forwarded: { ...forwarded, domain: 'remote' as const } };
  assert.deepEqual(scannedFields('X-AV: %i', behind, now), ['X-AV: 203.0.113.9']);
});

test('fields in our name', () => {
  const names = ownFieldNames('X-Virus-Scanned: ClamAV\\r\\nX-More: b');
  assert.deepEqual([...names], ['x-virus-infected', 'x-virus-scanned', 'x-more']);
  assert.deepEqual([...ownFieldNames('')], ['x-virus-infected']);
  assert.equal(infectedField('A.B'), 'X-Virus-Infected: A.B');
});

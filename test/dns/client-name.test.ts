/** Names of clients: forward-confirmed or not. `Postfix: smtpd_peer.c`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientNames } from '../../src/dns/client-name.ts';
import { FakeDns, type FakeZone } from '../sender-auth/fake-dns.ts';

const ARPA = '5.2.0.192.in-addr.arpa';
const ARPA6 = `5.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`;

const named = (name: string, nameStatus: string, reverseName: string, reverseNameStatus = 'ok') => ({
  name,
  nameStatus,
  reverseName,
  reverseNameStatus,
});

const cases: readonly [what: string, address: string, zone: FakeZone, wanted: object][] = [
  [
    'the name leads back',
    '192.0.2.5',
    { [ARPA]: { PTR: ['Mail.Test'] }, 'mail.test': { A: ['192.0.2.4', '192.0.2.5'] } },
    named('Mail.Test', 'ok', 'Mail.Test'),
  ],
  [
    'the name leads elsewhere',
    '192.0.2.5',
    { [ARPA]: { PTR: ['mail.test'] }, 'mail.test': { A: ['192.0.2.4'] } },
    named('unknown', 'forged', 'mail.test'),
  ],
  [
    'the name leads nowhere',
    '192.0.2.5',
    { [ARPA]: { PTR: ['mail.test'] } },
    named('unknown', 'forged', 'mail.test'),
  ],
  [
    'where the name leads cannot be known now',
    '192.0.2.5',
    { [ARPA]: { PTR: ['mail.test'] }, 'mail.test': 'unknown' },
    named('unknown', 'unknown', 'mail.test'),
  ],
  ['there is no name', '192.0.2.5', {}, named('unknown', 'absent', 'unknown', 'absent')],
  [
    'the name cannot be known now',
    '192.0.2.5',
    { [ARPA]: 'unknown' },
    named('unknown', 'unknown', 'unknown', 'unknown'),
  ],
  [
    'of several names the first counts',
    '192.0.2.5',
    {
      [ARPA]: { PTR: ['one.test', 'two.test'] },
      'one.test': { A: ['192.0.2.1'] },
      'two.test': { A: ['192.0.2.5'] },
    },
    named('unknown', 'forged', 'one.test'),
  ],
  [
    'what is no host name is no name',
    '192.0.2.5',
    { [ARPA]: { PTR: ['-bad-.test'] } },
    named('unknown', 'absent', 'unknown', 'absent'),
  ],
  [
    'an address as a name proves nothing',
    '192.0.2.5',
    { [ARPA]: { PTR: ['192.0.2.5'] }, '192.0.2.5': { A: ['192.0.2.5'] } },
    named('unknown', 'absent', 'unknown', 'absent'),
  ],
  [
    'IPv6, however it is spelled',
    '2001:db8::5',
    { [ARPA6]: { PTR: ['six.test'] }, 'six.test': { AAAA: ['2001:0db8:0000::0005'], A: ['192.0.2.5'] } },
    named('six.test', 'ok', 'six.test'),
  ],
  [
    'an IPv4 address does not confirm an IPv6 client',
    '2001:db8::5',
    { [ARPA6]: { PTR: ['six.test'] }, 'six.test': { A: ['192.0.2.5'] } },
    named('unknown', 'forged', 'six.test'),
  ],
];

for (const [what, address, zone, wanted] of cases) {
  test(what, async () => assert.deepEqual(await clientNames(address, new FakeDns(zone)), wanted));
}

/** Addresses turned round. RFC 5782 2.1, 2.4; RFC 3596 2.5; RFC 5952. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ipv6Nibbles, normalAddress, reversedAddress, reverseName } from '../../src/dns/reverse-name.ts';

test('addresses turned round', () => {
  assert.equal(reversedAddress('1.2.3.4'), '4.3.2.1');
  assert.equal(reverseName('1.2.3.4'), '4.3.2.1.in-addr.arpa');
  const example = 'b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4'; // RFC 3596 2.5
  assert.equal(reversedAddress('4321:0:1:2:3:4:567:89ab'), example);
  assert.equal(reverseName('4321:0:1:2:3:4:567:89AB'), `${example}.ip6.arpa`);
});

test('the 32 digits of every spelling', () => {
  for (const [written, digits] of [
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['2001:db8::1:0:0:1', '20010db8000000000001000000000001'],
    ['2001:DB8:0:0:1::1', '20010db8000000000001000000000001'],
    ['::ffff:192.0.2.128', '00000000000000000000ffffc0000280'],
    ['64:ff9b::255.255.255.255', '0064ff9b0000000000000000ffffffff'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ] as const) {
    assert.equal(ipv6Nibbles(written), digits, written);
  }
});

test('one spelling for one address', () => {
  for (const [written, normal] of [
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['2001:0DB8:0:0::0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['unknown', 'unknown'],
  ] as const) {
    assert.equal(normalAddress(written), normal, written);
  }
});

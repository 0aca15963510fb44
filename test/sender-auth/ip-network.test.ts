import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressDigits, ipv6Digits, sameNetwork } from '../../src/sender-auth/ip-network.ts';

test('addresses as digits', () => {
  const cases: [text: string, digits: string | undefined][] = [
    ['192.0.2.1', 'c0000201'],
    ['::ffff:192.0.2.1', 'c0000201'],
    ['::FFFF:C000:0201', 'c0000201'],
    ['2001:DB8::1', '20010db8000000000000000000000001'],
    ...['', '192.0.2', '192.0.2.256', '192.0.02.1', 'fe80::1%eth0', 'x'].map((text): [string, undefined] => [
      text,
      undefined,
    ]),
  ];
  for (const [text, digits] of cases) assert.equal(addressDigits(text), digits, text);
  assert.equal(ipv6Digits('::ffff:192.0.2.1')?.length, 32);
});

test('networks', () => {
  const cases: [address: string, network: string, prefix: number, wanted: boolean][] = [
    ['192.0.2.1', '192.0.2.200', 24, true],
    ['192.0.2.1', '192.0.3.1', 24, false],
    ['192.0.2.1', '192.0.3.1', 23, true],
    ['192.0.2.129', '192.0.2.1', 25, false],
    ['192.0.2.7', '192.0.2.4', 30, true],
    ['192.0.2.1', '192.0.2.1', 32, true],
    ['192.0.2.1', '192.0.2.0', 32, false],
    ['192.0.2.1', '10.0.0.0', 0, true],
    ['2001:db8::1', '2001:db8:8000::', 33, false],
    ['2001:db8::1', '2001:db8:4000::', 33, true],
    ['2001:db8::1', '2001:db8::1', 128, true],
    ['192.0.2.1', '::', 0, false],
  ];
  for (const [address, network, prefix, wanted] of cases) {
    const found = sameNetwork(addressDigits(address) ?? '', addressDigits(network) ?? '', prefix);
    assert.equal(found, wanted, `${address} in ${network}/${prefix}`);
  }
});

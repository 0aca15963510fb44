import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseClamdAddress } from '../../../src/content/clamav/clamd-address.ts';

const GOOD: readonly [string, object][] = [
  ['inet:127.0.0.1:3310', { kind: 'inet', host: '127.0.0.1', port: 3310 }],
  ['inet:clamd.example.com:3310', { kind: 'inet', host: 'clamd.example.com', port: 3310 }],
  ['inet:[::1]:3310', { kind: 'inet', host: '::1', port: 3310 }],
  ['127.0.0.1:3310', { kind: 'inet', host: '127.0.0.1', port: 3310 }],
  ['unix:/run/clamav/clamd.ctl', { kind: 'unix', path: '/run/clamav/clamd.ctl' }],
  ['/var/run/clamav/clamd', { kind: 'unix', path: '/var/run/clamav/clamd' }],
];

for (const [text, expected] of GOOD) {
  test(text, () => assert.deepEqual(parseClamdAddress(text), { text, ...expected }));
}

const BAD: readonly [string, RegExp][] = [
  ['3310', /is no address of a clamd; it should be inet:/],
  ['inet:3310', /no address/],
  ['unix:clamd.ctl', /no address/],
  ['inet:::1:3310', /no address/],
  ['inet:127.0.0.1:99999', /port 99999 should be between 1 and 65535/],
  ['inet:127.0.0.1:0', /port 0/],
  ['inet:[clamd]:3310', /brackets should hold an IPv6 address/],
];

for (const [text, problem] of BAD) {
  test(`not ${text}`, () => assert.throws(() => parseClamdAddress(text), problem));
}

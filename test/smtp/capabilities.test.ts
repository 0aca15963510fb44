import assert from 'node:assert/strict';
import { test } from 'node:test';
import { multiline } from '../../src/mail/reply.ts';
import { plainCapabilities, readCapabilities, sameCapabilities } from '../../src/smtp/capabilities.ts';

const ehlo = multiline(250, [
  'mx.test greets PIPELINING',
  'pipelining',
  'SIZE 1000',
  '8bitmime',
  'AUTH PLAIN login',
  'AUTH=CRAM-MD5 PLAIN',
  'XFORWARD NAME addr  HELO',
  'DSN',
  '',
]);

test('EHLO keywords are read in any case, the name is none of them', () => {
  const can = readCapabilities(ehlo);
  assert.deepEqual([can.esmtp, can.pipelining, can.eightBitMime, can.dsn], [true, true, true, true]);
  assert.deepEqual([can.smtputf8, can.startTls, can.requireTls, can.chunking], [false, false, false, false]);
  assert.deepEqual(can.auth, ['PLAIN', 'LOGIN', 'CRAM-MD5']);
  assert.deepEqual(can.xforward, ['NAME', 'ADDR', 'HELO']);
  assert.deepEqual(can.xclient, []);
});

const sizes: [line: string, size: boolean, limit: number | undefined][] = [
  ['SIZE 1000', true, 1000],
  ['SIZE', true, undefined],
  ['SIZE 0', true, undefined],
  ['SIZE many', true, undefined],
  ['SIZE 99999999999999999999', true, undefined],
  ['HELP', false, undefined],
];

for (const [line, size, limit] of sizes) {
  test(`${line} means ${limit ?? 'no limit'}`, () => {
    const can = readCapabilities(multiline(250, ['mx.test', line]));
    assert.deepEqual([can.size, can.sizeLimitBytes], [size, limit]);
  });
}

test('a discarded keyword was never offered', () => {
  const can = readCapabilities(ehlo, ['8bitmime', 'auth', 'xforward']);
  assert.deepEqual([can.eightBitMime, can.auth, can.xforward, can.pipelining], [false, [], [], true]);
});

test('8-bit mail may go where 8BITMIME is discarded, undeclared', () => {
  const offer = { code: 250, status: '', lines: ['mx', '8BITMIME'] };
  const { eightBitMime, takesEightBit } = readCapabilities(offer, ['8bitmime']);
  assert.deepEqual({ eightBitMime, takesEightBit }, { eightBitMime: false, takesEightBit: true });
  assert.equal(readCapabilities({ code: 250, status: '', lines: ['mx'] }).takesEightBit, false);
});

test('HELO offers nothing', () => {
  const can = plainCapabilities();
  assert.deepEqual([can.esmtp, can.pipelining, can.size, can.keywords.size], [false, false, false, 0]);
});

test('capabilities are the same when they say the same', () => {
  assert.equal(sameCapabilities(readCapabilities(ehlo), readCapabilities(ehlo)), true);
  assert.equal(sameCapabilities(readCapabilities(ehlo), readCapabilities(ehlo, ['dsn'])), false);
  assert.equal(sameCapabilities(plainCapabilities(), readCapabilities(multiline(250, ['mx.test']))), false);
  const bigger = multiline(
    250,
    ehlo.lines.map((line) => line.replace('1000', '2000')),
  );
  assert.equal(sameCapabilities(readCapabilities(ehlo), readCapabilities(bigger)), false);
});

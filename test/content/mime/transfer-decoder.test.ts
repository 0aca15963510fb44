import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type DecoderKind, transferDecoder } from '../../../src/content/mime/transfer-decoder.ts';
import { processorMs } from '../../support/processor-time.ts';
import { cut } from '../mail-under-test.ts';

const CUTS = [[Number.POSITIVE_INFINITY], [1], [2], [3], [4, 1, 7]];

function decoded(kind: DecoderKind, text: string, sizes: readonly number[]): string {
  const decoder = transferDecoder(kind);
  const pieces = [...cut(Buffer.from(text, 'latin1'), sizes)].map((piece) =>
    Buffer.from(decoder.write(piece)),
  );
  return Buffer.concat([...pieces, decoder.end()]).toString('latin1');
}

const cases: Readonly<Record<Exclude<DecoderKind, 'identity'>, readonly [string, string][]>> = {
  base64: [
    ['aGVsbG8=', 'hello'],
    ['aGVs\r\nbG8=\r\n', 'hello'],
    ['aGVsbG8', 'hello'],
    ['aGVsbA==', 'hell'],
    ['aGVsbA==aGVsbA==', 'hellhell'],
    ['a!G*V s-b_G8=', 'hello'],
    ['=', ''],
    ['a', ''],
    ['/+==', '\xff'],
    ['', ''],
  ],
  'quoted-printable': [
    ['a=3Db', 'a=b'],
    ['a=3db', 'a=b'],
    ['soft=\r\n line', 'soft line'],
    ['soft=\nline', 'softline'],
    ['soft= \t\r\nline', 'softline'],
    ['soft=', 'soft='],
    ['soft= \r', 'soft'],
    ['a=4', 'a=4'],
    ['a=zz', 'a=zz'],
    ['a=4z', 'a=4z'],
    ['a==41', 'a=A'],
    ['=E4=f6', '\xe4\xf6'],
    ['plain\r\ntext', 'plain\r\ntext'],
    ['', ''],
  ],
};

for (const kind of ['base64', 'quoted-printable'] as const) {
  describe(kind, () => {
    for (const [text, expected] of cases[kind]) {
      test(JSON.stringify(text), () => {
        for (const sizes of CUTS) assert.equal(decoded(kind, text, sizes), expected, `pieces of ${sizes}`);
      });
    }
  });
}

test('what Node encodes is decoded', () => {
  for (let length = 0; length < 300; length++) {
    const bytes = Buffer.from(Array.from({ length }, (_, at) => (at * 37 + length) % 256));
    assert.equal(decoded('base64', bytes.toString('base64'), [7]), bytes.toString('latin1'));
  }
});

test('hostile texts take linear time', () => {
  const began = processorMs();
  for (const one of ['=', '= ', '=4', '=\r', ' ', 'a=', '=\r\n']) {
    for (const sizes of [[65_536], [10]]) decoded('quoted-printable', one.repeat(100_000), sizes);
  }
  assert.ok(processorMs() - began < 5_000);
});

test('speed', (t) => {
  const lines = `${Buffer.alloc(57, 'abc').toString('base64')}\r\n`.repeat(200_000);
  const bytes = Buffer.from(lines);
  const began = processorMs();
  decoded('base64', lines, [65_536]);
  const rate = bytes.length / 1e3 / (processorMs() - began);
  t.diagnostic(`base64: ${rate.toFixed(0)} MB/s`);
  assert.ok(rate > 10);
});

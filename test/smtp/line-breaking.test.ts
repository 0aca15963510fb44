import assert from 'node:assert/strict';
import { test } from 'node:test';
import { breakLines } from '../../src/smtp/line-breaking.ts';
import { processorMs } from '../support/processor-time.ts';

const LIMIT = 10;

/** The rule, one line after the other, as slowly as one likes. */
function slowly(message: string): string {
  return message
    .split('\r\n')
    .map((line) => {
      const pieces: string[] = [];
      let rest = line;
      for (let room = LIMIT; rest.length > room; room = LIMIT - 1) {
        pieces.push(rest.slice(0, room));
        rest = rest.slice(room);
      }
      return [...pieces, rest].join('\r\n ');
    })
    .join('\r\n');
}

function broken(message: string, sizes: (i: number) => number): string {
  const chunks: Buffer[] = [];
  const bytes = Buffer.from(message, 'latin1');
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes(i);
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  const made = breakLines(chunks, LIMIT, () => {}) as Iterable<Buffer>;
  return Buffer.concat([...made]).toString('latin1');
}

const cases = [
  '',
  'short\r\n',
  '1234567890\r\n',
  '12345678901\r\n',
  '1234567890123456789\r\n',
  '12345678901234567890\r\n',
  'no end of line at all, and long',
  '\r\n\r\n\r\n',
  'a\r\n12345678901234567890123456789012345\r\nb\r\n',
];

for (const message of cases) {
  test(`${JSON.stringify(message)} in chunks of every size`, () => {
    for (let size = 1; size <= message.length + 1; size++) {
      assert.equal(
        broken(message, () => size),
        slowly(message),
        `chunks of ${size}`,
      );
    }
  });
}

test('random messages in random chunks', () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  for (let round = 0; round < 2_000; round++) {
    const lines = Array.from({ length: random(6) }, () => 'x'.repeat(random(35)));
    const message = lines.join('\r\n');
    assert.equal(
      broken(message, () => 1 + random(20)),
      slowly(message),
      JSON.stringify(message),
    );
  }
});

test('lines of ordinary length are looked at quickly', (t) => {
  const line = `${'x'.repeat(70)}\r\n`;
  const chunk = Buffer.from(line.repeat(1_000));
  const started = processorMs();
  let bytes = 0;
  const chunks = {
    *[Symbol.iterator]() {
      for (let i = 0; i < 1_000; i++) yield chunk;
    },
  };
  for (const piece of breakLines(chunks, 998, () => assert.fail()) as Iterable<Buffer>) bytes += piece.length;
  const rate = bytes / 1_000 / (processorMs() - started);
  t.diagnostic(`${Math.round(rate)} MB/s`);
  assert.ok(rate > 500);
});

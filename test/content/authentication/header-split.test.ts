import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HeaderSplit } from '../../../src/content/authentication/header-split.ts';
import { processorMs } from '../../support/processor-time.ts';

function split(chunks: readonly Buffer[]): { header: string; body: string } {
  const found = { header: '<none>', body: '' };
  const splitter = new HeaderSplit({
    header: (block) => {
      assert.equal(found.header, '<none>', 'the header comes once');
      found.header = block.toString('latin1');
    },
    body: (chunk) => {
      assert.notEqual(found.header, '<none>', 'the header comes before the body');
      found.body += chunk.toString('latin1');
    },
  });
  for (const chunk of chunks) splitter.write(chunk);
  splitter.end();
  return found;
}

const cases: readonly [message: string, header: string, body: string][] = [
  ['A: b\r\n\r\nhello\r\n', 'A: b\r\n', 'hello\r\n'],
  ['\r\nhello', '', 'hello'],
  ['\r\n\r\nhello', '', '\r\nhello'],
  ['A: b\r\n', 'A: b\r\n', ''],
  ['A: b\r\n\r\n', 'A: b\r\n', ''],
  ['A: b\r\n\r\n\r\n\r\nx', 'A: b\r\n', '\r\n\r\nx'],
  ['A: b\r\r\n\r\nx', 'A: b\r\r\n', 'x'],
  ['A: b\n\nno end', 'A: b\n\nno end', ''],
  ['', '', ''],
];

for (const [message, header, body] of cases) {
  test(`${JSON.stringify(message)} is parted in whatever chunks it comes`, () => {
    const bytes = Buffer.from(message, 'latin1');
    for (let size = 1; size <= Math.max(1, bytes.length); size++) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
      assert.deepEqual(split(chunks), { header, body }, `in chunks of ${size}`);
    }
  });
}

test('a header that does not end is given up, byte by byte in linear time', () => {
  const byte = Buffer.from('x');
  const started = processorMs();
  const splitter = new HeaderSplit({ header: (block) => assert.ok(block.length > 1_000_000), body() {} });
  for (let i = 0; i < 2_000_000; i++) splitter.write(byte);
  const ms = processorMs() - started;
  assert.ok(ms < 5_000, `${ms} ms`);
});

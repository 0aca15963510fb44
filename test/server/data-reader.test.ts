import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BareNewlines, DataReader } from '../../src/server/data-reader.ts';
import { processorMs } from '../support/processor-time.ts';

/** Reads a text in chunks of so many bytes: what comes out, and what is left behind the end of data. */
function read(text: string, chunkSize: number, bare: BareNewlines = 'normalize') {
  const out: Buffer[] = [];
  const reader = new DataReader(bare, (bytes) => out.push(Buffer.from(bytes)));
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += chunkSize) {
    const chunk = bytes.subarray(at, at + chunkSize);
    const end = reader.take(chunk);
    if (end >= 0) return result(out, bytes.subarray(at + end).toString('latin1'), reader);
  }
  return result(out, undefined, reader);
}

function result(out: Buffer[], rest: string | undefined, { bareNewlines }: DataReader) {
  return { data: Buffer.concat(out).toString('latin1'), rest, bareNewlines };
}

const cases: [name: string, text: string, bare: BareNewlines, data: string, rest: string | undefined][] = [
  ['plain', 'a\r\nb\r\n.\r\nQUIT\r\n', 'normalize', 'a\r\nb\r\n', 'QUIT\r\n'],
  ['empty', '.\r\n', 'normalize', '', ''],
  ['stuffed dots', '..a\r\n...\r\n.x\r\n.\r\n', 'normalize', '.a\r\n..\r\nx\r\n', ''],
  ['LF . LF is no end', 'a\n.\nb\r\n.\r\n', 'normalize', 'a\r\nb\r\n', ''],
  ['LF . CRLF is no end', 'a\n.\r\nb\r\n.\r\n', 'normalize', 'a\r\nb\r\n', ''],
  ['CRLF . LF is no end', 'a\r\n.\nb\r\n.\r\n', 'normalize', 'a\r\nb\r\n', undefined],
  ['LF . LF ends where it may', 'a\n.\nQUIT', 'accept', 'a\r\n', 'QUIT'],
  ['CR . CR is no end', 'a\r.\rb\r\n.\r\n', 'normalize', 'a . b\r\n', ''],
  ['CR CR LF . CR CR LF is no end', 'a\r\r\n.\r\r\nb\r\n.\r\n', 'normalize', 'a \r\n \r\nb\r\n', ''],
  ['NUL in front of the dot', 'a\r\n\0.\r\nb\r\n.\r\n', 'normalize', 'a\r\n\0.\r\nb\r\n', ''],
  ['a blank behind the dot', 'a\r\n. \r\nb\r\n.\r\n', 'normalize', 'a\r\n \r\nb\r\n', ''],
  ['cut off', 'a\r\n.', 'normalize', 'a\r\n', undefined],
];

for (const [name, text, bare, data, rest] of cases) {
  test(`data: ${name}, in any chunking`, () => {
    for (const size of [1, 2, 3, 5, text.length]) {
      const got = read(text, size, bare);
      assert.equal(got.data, data, `chunks of ${size}`);
      if (rest !== undefined && size === text.length) assert.equal(got.rest, rest);
      if (rest === undefined) assert.equal(got.rest, name === 'cut off' ? undefined : got.rest);
    }
  });
}

test('data: every chunking of random text gives the same bytes', () => {
  const alphabet = ['\r', '\n', '.', '\r\n', 'a', '\r\n.', '\0'];
  for (let round = 0; round < 300; round++) {
    let text = '';
    for (let i = 0; i < 40; i++) text += alphabet[Math.floor(Math.random() * alphabet.length)];
    const whole = read(text, text.length);
    for (const size of [1, 2, 3, 7])
      assert.deepEqual(read(text, size).data, whole.data, JSON.stringify(text));
  }
});

test('data: megabytes of line feeds, dots or carriage returns take no longer than text', () => {
  for (const unit of ['\n', '..\r\n', '\r', '.\n', 'plain text of a line\r\n']) {
    const text = Buffer.from(unit.repeat(4_000_000 / unit.length));
    const reader = new DataReader('normalize', () => {});
    const began = processorMs();
    for (let at = 0; at < text.length; at += 65_536) reader.take(text.subarray(at, at + 65_536));
    const ms = processorMs() - began;
    assert.ok(ms < 2000, `${JSON.stringify(unit)}: ${ms} ms for 4 MB`);
  }
});

test('data: a chunk becomes few pieces, whatever is taken out of it', () => {
  for (const unit of ['\n', '..\r\n', '\r', '\r\r\n', '.x\r\n', 'x\n']) {
    let pieces = 0;
    const reader = new DataReader('normalize', () => {
      pieces += 1;
    });
    reader.take(Buffer.from(unit.repeat(65_536 / unit.length)));
    assert.ok(pieces < 40, `${JSON.stringify(unit)}: ${pieces} pieces`);
  }
});

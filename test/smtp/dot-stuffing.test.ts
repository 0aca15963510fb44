import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DotStuffing } from '../../src/smtp/dot-stuffing.ts';
import { processorMs } from '../support/processor-time.ts';

function stuffed(chunks: readonly Buffer[]): Buffer {
  const stuffing = new DotStuffing();
  const out: Buffer[] = [];
  for (const chunk of chunks) stuffing.push(chunk, out);
  return Buffer.concat([...out, stuffing.end()]);
}

/** The same, in the simplest way. */
function oracle(message: string): string {
  const body = message.replace(/^\./, '..').replace(/\n\./g, '\n..');
  if (body === '' || body.endsWith('\r\n')) return `${body}.\r\n`;
  return body.endsWith('\r') ? `${body}\n.\r\n` : `${body}\r\n.\r\n`;
}

const cases: [name: string, message: string, wire: string][] = [
  ['nothing', '', '.\r\n'],
  ['a line', 'a\r\n', 'a\r\n.\r\n'],
  ['the last line end is missing', 'a', 'a\r\n.\r\n'],
  ['half of it is missing', 'a\r', 'a\r\n.\r\n'],
  ['a bare LF at the end', 'a\n', 'a\n\r\n.\r\n'],
  ['only a line end', '\r\n', '\r\n.\r\n'],
  ['a dot at the beginning', '.a\r\n', '..a\r\n.\r\n'],
  ['a dot in the middle of a line', 'a.\r\n', 'a.\r\n.\r\n'],
  ['lines of dots', '.\r\n..\r\n', '..\r\n...\r\n.\r\n'],
  ['a dot behind a bare LF', 'a\n.\r\n', 'a\n..\r\n.\r\n'],
  ['a dot behind a bare CR', 'a\r.\r\n', 'a\r.\r\n.\r\n'],
];

for (const [name, message, wire] of cases) {
  test(`dot-stuffing: ${name}`, () => {
    assert.equal(stuffed([Buffer.from(message)]).toString(), wire);
    assert.equal(stuffed(Array.from(message, (octet) => Buffer.from(octet))).toString(), wire);
  });
}

test('any message in any chunks is stuffed as the simplest code would do it', () => {
  const pieces = [
    '.',
    '..',
    '\r\n',
    '\n',
    '\r',
    '\r\n.',
    'a',
    'bb.',
    '\r\n.\r\n',
    '\n.\n',
    'text of a line\r\n',
    '',
  ];
  for (let round = 0; round < 3_000; round++) {
    const count = Math.floor(Math.random() * (round % 10 === 0 ? 300 : 20));
    const message = Array.from(
      { length: count },
      () => pieces[Math.floor(Math.random() * pieces.length)],
    ).join('');
    const chunks: Buffer[] = [];
    for (let at = 0; at < message.length; ) {
      const size = 1 + Math.floor(Math.random() ** 2 * message.length);
      chunks.push(Buffer.from(message.slice(at, at + size)));
      at += size;
    }
    assert.equal(stuffed(chunks).toString('latin1'), oracle(message), JSON.stringify(message));
  }
});

test('no message can end itself early', () => {
  for (const smuggled of ['\r\n.\r\nMAIL', '\n.\r\nMAIL', '\n.\nMAIL', '\r\n.\nMAIL', '\n.\r\r\nMAIL']) {
    const wire = stuffed([Buffer.from(`a${smuggled}\r\n`)]).toString();
    assert.equal(/\n\.(?![.])/.exec(wire)?.index, wire.length - 4, 'the only single dot is the last one');
  }
});

test('chunks without dots are not copied, crowds of dots cost no pile of pieces, and both are fast', (t) => {
  const plain = Buffer.from('x'.repeat(998).concat('\r\n').repeat(64));
  const dots = Buffer.from('.\r\n'.repeat(21_845));
  const out: Buffer[] = [];
  new DotStuffing().push(plain, out);
  assert.equal(out[0], plain);
  out.length = 0;
  new DotStuffing().push(dots, out);
  assert.ok(out.length < 50, `${out.length} pieces`);
  for (const [name, chunk] of [
    ['text', plain],
    ['dots', dots],
  ] as const) {
    const from = processorMs();
    const stuffing = new DotStuffing();
    for (let i = 0; i < 200; i++) stuffing.push(chunk, []);
    const ms = processorMs() - from;
    const rate = (chunk.length * 200) / 1e6 / (ms / 1000);
    t.diagnostic(`${name}: ${rate.toFixed(0)} MB/s`);
    assert.ok(rate > 5, `${name}: ${rate.toFixed(1)} MB/s`);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BodyWalk, type Emit, RelaxedWalk, SimpleWalk } from '../../src/sender-auth/body-walk.ts';
import { processorMs } from '../support/processor-time.ts';
import { randomNumbers } from './random-numbers.ts';

type Form = 'simple' | 'relaxed';
const FORMS: Readonly<Record<Form, new (emit: Emit) => BodyWalk>> = {
  simple: SimpleWalk,
  relaxed: RelaxedWalk,
};

function canonical(form: Form, chunks: readonly Buffer[]): string {
  let text = '';
  const walk = new FORMS[form]((bytes) => {
    text += bytes.toString('latin1');
  });
  for (const chunk of chunks) walk.update(chunk);
  walk.end();
  return text;
}

/** RFC 6376 3.4.3 and 3.4.4 in the fewest words, for a whole body at once. */
function byTheBook(form: Form, body: string): string {
  const lines = body
    .split('\r\n')
    .map((line) => (form === 'simple' ? line : line.replace(/[ \t]+/g, ' ').replace(/ $/, '')));
  while (lines.length > 0 && lines.at(-1) === '') lines.pop();
  if (lines.length === 0) return form === 'simple' ? '\r\n' : '';
  return `${lines.join('\r\n')}\r\n`;
}

const bytes = (text: string) => Buffer.from(text, 'latin1');

test('canonical bodies', () => {
  const cases: [body: string, simple: string, relaxed: string][] = [
    ['', '\r\n', ''],
    ['\r\n', '\r\n', ''],
    ['\r\n\r\n\r\n', '\r\n', ''],
    [' \t\r\n \r\n', ' \t\r\n \r\n', ''],
    [' C \r\nD \t E\r\n\r\n\r\n', ' C \r\nD \t E\r\n', ' C\r\nD E\r\n'],
    ['no line end', 'no line end\r\n', 'no line end\r\n'],
    ['blank at the end  ', 'blank at the end  \r\n', 'blank at the end\r\n'],
    ['a\r\n\r\n\r\nb', 'a\r\n\r\n\r\nb\r\n', 'a\r\n\r\n\r\nb\r\n'],
    ['a\rb\nc \rd\r', 'a\rb\nc \rd\r\r\n', 'a\rb\nc \rd\r\r\n'],
    ['a\r\r\nb\r\n', 'a\r\r\nb\r\n', 'a\r\r\nb\r\n'],
  ];
  for (const [body, simple, relaxed] of cases) {
    assert.equal(canonical('simple', [bytes(body)]), simple, JSON.stringify(body));
    assert.equal(canonical('relaxed', [bytes(body)]), relaxed, JSON.stringify(body));
  }
});

const PIECES = [
  '\r\n',
  '\r\n',
  '\r',
  '\n',
  ' ',
  '\t',
  '  ',
  'a',
  'word',
  '\0',
  'x'.repeat(40),
  'y'.repeat(1500),
  '\r\n\r\n\r\n',
];

test('any chunking gives the same canonical body', () => {
  for (let round = 0; round < 2000; round++) {
    const random = randomNumbers(round);
    const body = Array.from({ length: random(30) }, () => PIECES[random(PIECES.length)]).join('');
    const chunks: Buffer[] = [];
    for (let at = 0; at < body.length; ) {
      const size = 1 + random(round % 3 === 0 ? 2 : 200);
      chunks.push(bytes(body.slice(at, at + size)));
      at += size;
    }
    for (const form of ['simple', 'relaxed'] as const) {
      assert.equal(
        canonical(form, chunks),
        byTheBook(form, body),
        `round ${round}, ${form}: ${JSON.stringify(body)}`,
      );
    }
  }
});

test('20 MB of anything is linear work', (t) => {
  const size = 20_000_000;
  const shapes: [string, Buffer][] = [
    ['one line', Buffer.alloc(size, 'a')],
    ['spaces', Buffer.alloc(size, ' ')],
    ['words', Buffer.alloc(size, 'ab ')],
    ['tabs between letters', Buffer.alloc(size, 'a\t')],
    ['empty lines', Buffer.alloc(size, '\r\n')],
    ['bare CR', Buffer.alloc(size, '\r')],
    ['bare LF', Buffer.alloc(size, '\n')],
  ];
  for (const [what, body] of shapes) {
    for (const form of ['simple', 'relaxed'] as const) {
      const walk = new FORMS[form](() => {});
      let worst = 0;
      const start = processorMs();
      for (let at = 0; at < size; at += 65_536) {
        const began = processorMs();
        walk.update(body.subarray(at, at + 65_536));
        worst = Math.max(worst, processorMs() - began);
      }
      walk.update(bytes('end'));
      walk.end();
      const ms = processorMs() - start;
      t.diagnostic(`${what}, ${form}: ${ms.toFixed(0)} ms, slowest chunk ${worst.toFixed(1)} ms`);
      assert.ok(ms < 2000, `${what}, ${form}: ${ms} ms`);
    }
  }
});

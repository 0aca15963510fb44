import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText, SourceTextBuilder } from '../../src/settings/source-text.ts';

const line = (number: number) => ({ file: 'main.cf', line: number });

function built(...parts: [text: string, line: number][]): SourceText {
  const builder = new SourceTextBuilder();
  for (const [text, number] of parts) builder.add(SourceText.of(text, line(number)));
  return builder.finish();
}

/** Each character with the line it came from: `a1b1c2`. */
function lines(text: SourceText): string {
  return [...text.text].map((c, i) => `${c}${text.sourceAt(i).line}`).join('');
}

test('every character keeps its line through joining, slicing and trimming', () => {
  const text = built(['ab', 1], ['cd', 2], ['', 3], ['ef', 4]);
  assert.equal(lines(text), 'a1b1c2d2e4f4');
  assert.equal(lines(text.slice(1, 5)), 'b1c2d2e4');
  assert.equal(lines(text.slice(2)), 'c2d2e4f4');
  assert.equal(lines(built([' \t', 1], [' x ', 2], ['\r ', 3]).trim()), 'x2');
  assert.equal(built(['   ', 1]).trim().text, '');
});

test('slices of slices keep their lines, too', () => {
  const text = built(['0123456789', 1], ['0123456789', 2], ['0123456789', 3]);
  for (let from = 0; from < 30; from += 3) {
    for (let to = from; to <= 30; to += 4) {
      const wanted = [...text.text].map((c, i) => `${c}${text.sourceAt(i).line}`).slice(from, to);
      assert.equal(lines(text.slice(from, to)), wanted.join(''));
      assert.equal(lines(text.slice(from).slice(0, to - from)), wanted.join(''));
    }
  }
});

test('parts of one line need one mark however many there are', () => {
  const builder = new SourceTextBuilder();
  const source = line(7);
  const word = SourceText.of('word ', source);
  for (let i = 0; i < 100_000; i++) builder.add(word);
  const text = builder.finish();
  assert.equal(text.text.length, 500_000);
  assert.deepEqual(text.marks(0, text.text.length), [{ at: 0, source }]);
});

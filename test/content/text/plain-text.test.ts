import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PARAGRAPH_LIMIT, Paragraphs } from '../../../src/content/text/paragraphs.ts';
import { PlainText } from '../../../src/content/text/plain-text.ts';

function paragraphsOf(text: string, pieceLength: number, how = { isFlowed: false, deletesSpace: false }) {
  const paragraphs = new Paragraphs();
  const plain = new PlainText(paragraphs, how);
  for (let at = 0; at < text.length; at += pieceLength) plain.write(text.slice(at, at + pieceLength));
  plain.end();
  return paragraphs.take();
}

function check(
  cases: readonly [text: string, ...paragraphs: string[]][],
  how?: { isFlowed: boolean; deletesSpace: boolean },
): void {
  for (const [text, ...expected] of cases)
    for (const size of [1, 5, 100_000]) {
      const found = paragraphsOf(text, size, how).map((one) => one.text);
      assert.deepEqual(found, expected, `${JSON.stringify(text)} by ${size}`);
    }
}

test('lines are joined, blank lines end a paragraph', () => {
  check([
    ['one\r\ntwo\r\n\r\nthree', 'one two', 'three'],
    ['one\ntwo\n\n\n\nthree\n', 'one two', 'three'],
    ['8 (495)\r\n105-51-86', '8 (495) 105-51-86'],
    ['a  b\t\tc', 'a b c'],
    ['> > quoted\r\n> > text\r\n>\r\n> more', 'quoted text', 'more'],
    [' \t \r\nx\r\n   \r\ny', 'x', 'y'],
    ['', ...[]],
    ['\r\n\r\n', ...[]],
    ['| a | b |', 'a | b |'],
    ['-- \r\nsignature', '-- signature'],
  ]);
});

test('format=flowed', () => {
  check(
    [
      [' >stuffed \r\nnext', '>stuffed next'],
      ['one \r\ntwo', 'one two'],
    ],
    { isFlowed: true, deletesSpace: false },
  );
  check(
    [
      ['num \r\nber', 'number'],
      ['one\r\ntwo', 'one two'],
    ],
    { isFlowed: true, deletesSpace: true },
  );
});

test('long paragraphs are cut between words, and nothing is lost at the cut', () => {
  const words = Array.from({ length: 20_000 }, (_, n) => `word${n}`);
  for (const text of [words.join(' '), words.join('\r\n'), words.join('')]) {
    const found = paragraphsOf(text, 997);
    assert.ok(found.length > 5);
    for (const { text: one } of found) assert.ok(one.length <= PARAGRAPH_LIMIT);
    for (const pair of [0, 7_777, 12_345, 19_998]) {
      const joint = text.includes(' ') || text.includes('\n') ? ' ' : '';
      const wanted = `word${pair}${joint}word${pair + 1}`;
      assert.ok(
        found.some(({ text: one }) => one.includes(wanted)),
        wanted,
      );
    }
  }
});

test('a paragraph knows its place in the text', () => {
  const found = paragraphsOf('one  one\r\n\r\ntwo\r\n\r\nthree', 4);
  const whole = found.map(({ text }) => text).join('\n');
  for (const { text, offset } of found) assert.equal(whole.indexOf(text), offset);
});

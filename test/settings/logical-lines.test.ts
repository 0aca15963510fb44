import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Complaint, complaintLine } from '../../src/settings/complaint.ts';
import { logicalLines } from '../../src/settings/logical-lines.ts';
import { processorMs } from '../support/processor-time.ts';

const cases: [title: string, text: string, lines: string[], complaints?: string[]][] = [
  ['one line', 'a = b\n', ['1 a = b']],
  ['no newline at the end', 'a = b', ['1 a = b']],
  ['nothing', '', []],
  ['a continuation keeps its blanks', 'a = b\n  c\n\td\n', ['1 a = b  c\td']],
  ['a comment between continuations', 'a = b\n# no\n  # nor this\n c\n', ['1 a = b c']],
  ['empty lines between continuations', 'a = b\n\n   \n c\n', ['1 a = b c']],
  ['a comment behind text is text', 'a = b # c\n', ['1 a = b # c']],
  ['comments and empty lines', '# x\n\n  # y\na=1\n# z\nb=2\n', ['4 a=1', '6 b=2']],
  ['lines that end in CR LF', 'a = b\r\n c\r\n\r\n# x\r\nd = e\r\n', ['1 a = b\r c\r', '5 d = e\r']],
  ['a byte order mark', '\ufeffa = b\n', ['1 a = b']],
  [
    'a continuation of nothing',
    '  a = b\n c\nd = e\n',
    ['3 d = e'],
    [
      'main.cf:1: "a = b" begins with a blank, but there is no line before it to continue; it is not read; a parameter begins in the first column',
    ],
  ],
  [
    'a null byte',
    'a = b\0c\n d\n',
    ['1 a = b d'],
    ['main.cf:1: the line has a null byte; what stands behind it is not read'],
  ],
  ['a blank that is none to Postfix', 'a = b\n\u00a0c = d\n', ['1 a = b', '2 \u00a0c = d']],
];

for (const [title, text, wanted, complaints = []] of cases) {
  test(`logical lines: ${title}`, () => {
    const book: Complaint[] = [];
    const lines = logicalLines(text, 'main.cf', (complaint) => book.push(complaint));
    assert.deepEqual(
      lines.map(({ content, source }) => `${source.line} ${content.text}`),
      wanted,
    );
    assert.deepEqual(book.map(complaintLine), complaints);
  });
}

test('a continued line knows the line of each part', () => {
  const [line] = logicalLines('x = one,\n# no\n  two\n\n\tthree\n', 'main.cf', () => {});
  const at = (word: string) => line?.content.sourceAt(line.content.text.indexOf(word)).line;
  assert.deepEqual(['x', 'one', 'two', 'three'].map(at), [1, 1, 3, 5]);
});

test('a hundred thousand continuations are read in linear time', () => {
  const began = processorMs();
  const lines = logicalLines(`x =${'\n word,'.repeat(100_000)}`, 'main.cf', () => {});
  assert.equal(lines.length, 1);
  assert.ok(processorMs() - began < 2000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decisiveTree } from '../../src/patterns/decisive-tree.ts';
import { PatternUnits } from '../../src/patterns/pattern-units.ts';
import { parsePcre } from '../../src/patterns/pcre-parser.ts';
import { bytesReading, type Reading, utf8Reading } from '../../src/patterns/reading.ts';
import { chooseWindows, type Window } from '../../src/patterns/window.ts';

const flags = {
  ignoreCase: false,
  multiline: false,
  dotAll: true,
  extended: false,
  dollarEndOnly: false,
  ungreedy: false,
};

function choose(text: string, reading: Reading = bytesReading) {
  const { tree } = parsePcre(new PatternUnits(text, reading), reading, flags);
  return chooseWindows(decisiveTree(tree, reading, false), reading, false);
}

const SIGNS = { once: '', optional: '?', any: '*', some: '+' };

/** A window in the spelling of patterns: `^`, `$`, a character, or `[...]` for a set. */
function spelled({ items, atStart, atEnd }: Window): string {
  const set = (ranges: readonly number[]): string =>
    ranges.length === 2 && ranges[0] === ranges[1]
      ? String.fromCharCode(ranges[0] ?? 0)
      : `[${ranges.map((c, i) => (i % 2 === 0 ? String.fromCharCode(c) : c === ranges[i - 1] ? '' : `-${String.fromCharCode(c)}`)).join('')}]`;
  return `${atStart ? '^' : ''}${items.map((item) => set(item.set.ranges) + SIGNS[item.times]).join('')}${atEnd ? '$' : ''}`;
}

/** pattern, its windows, whether they are all of it. */
const rows: readonly (readonly [string, readonly string[], boolean])[] = [
  ['foo', ['foo'], true],
  ['.*foo.*', ['foo'], true],
  ['^.*foo.*$', ['foo'], true],
  ['[a-z]+foo\\d+', ['[a-z]foo[0-9]'], true],
  ['^foo$', ['^foo\n?$'], true],
  ['2[ -]*[0o]', ['2[ -]*[0o]'], true],
  ['ab|cd', ['ab', 'cd'], true],
  ['(ab|c)x?d', ['abx?d', 'cx?d'], true],
  ['a{2,3}b', ['aab'], true],
  ['xa{1,2}b', ['xaa?b'], true],
  ['(ab){2}', ['abab'], true],
  ['foo.*barbaz', ['barbaz'], false],
  ['foo\\b', ['foo'], false],
  ['foo(?=bar)', ['foo'], false],
  ['(foo|bar.*qux)!', ['foo', 'qux'], false],
  ['[a-z]+quux[a-z]+@', ['[a-z]quux[a-z]+@'], true],
  ['\\w+quux\\w+@', ['[0-9A-Z_a-z]quux'], false],
];

test('windows are the rarest part that every match contains', () => {
  for (const [text, windows, exact] of rows) {
    const choice = choose(text);
    assert.ok(choice, text);
    assert.deepEqual(choice.windows.map(spelled), windows, text);
    assert.equal(choice.exact, exact, text);
  }
});

test('a pattern without a rare part has no windows', () => {
  for (const text of ['[a-z]+ [a-z]+!?\\b', '.{80}\\b', '\\b\\w+\\b', '(*ACCEPT)foo', '(a|.*)\\b']) {
    assert.equal(choose(text), undefined, text);
  }
});

test('a pattern that matches any text is found in any', () => {
  assert.deepEqual(choose('a*')?.windows.map(spelled), ['']);
  assert.equal(choose('a*')?.exact, true);
  assert.deepEqual(choose('(*FAIL)')?.windows, []);
});

test('in UTF-8 a window is made of bytes', () => {
  const choice = choose('ж[а-в]', utf8Reading);
  assert.equal(choice?.exact, true);
  assert.deepEqual(
    choice?.windows[0]?.items.map((item) => item.set.ranges),
    [
      [0xd0, 0xd0],
      [0xb6, 0xb6],
      [0xd0, 0xd0],
      [0xb0, 0xb2],
    ],
  );
  // р is D1 80 and о D0 BE: byte by byte that also admits D0 80 and D1 BE.
  assert.equal(choose('[ор]!!!!', utf8Reading)?.exact, false);
});

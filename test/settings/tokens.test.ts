import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SourceText, SourceTextBuilder } from '../../src/settings/source-text.ts';
import {
  braceAttribute,
  closingBrace,
  insideBraces,
  sourceTokens,
  splitTokens,
} from '../../src/settings/tokens.ts';

const lists: [text: string, tokens: string[]][] = [
  ['', []],
  [' , ,\t', []],
  ['a', ['a']],
  ['a,b c\td\r\ne', ['a', 'b', 'c', 'd', 'e']],
  ['inline:{ a=b, c=d } x', ['inline:{ a=b, c=d }', 'x']],
  ['inline:{ {a b = c}, {d = e} },x', ['inline:{ {a b = c}, {d = e} }', 'x']],
  [
    'check_policy_service { inet:h:1, timeout=1s }, x',
    ['check_policy_service', '{ inet:h:1, timeout=1s }', 'x'],
  ],
  ['{a b', ['{a b']],
  ['a} b', ['a}', 'b']],
  ['a}{b c} d', ['a}{b c}', 'd']],
];

for (const [text, tokens] of lists) {
  test(`tokens of ${JSON.stringify(text)}`, () => assert.deepEqual(splitTokens(text), tokens));
}

test('only the separators asked for separate', () => {
  assert.deepEqual(splitTokens('a,b {c d},e f', ' '), ['a,b', '{c d},e', 'f']);
});

test('tokens know the line their first character stands in', () => {
  const builder = new SourceTextBuilder();
  for (const [line, text] of ['a, in', 'line:{', ' x=y }, b'].entries()) {
    builder.add(SourceText.of(text, { file: 'main.cf', line: line + 1 }));
  }
  const found = sourceTokens(builder.finish()).map(({ text, source }) => `${source.line} ${text}`);
  assert.deepEqual(found, ['1 a', '1 inline:{ x=y }', '3 b']);
});

const braces: [text: string, inside: string, problem?: string][] = [
  ['{}', ''],
  ['{ a b }', 'a b'],
  ['{ {a} {b} }', '{a} {b}'],
  ['{a', 'a', '"}" is missing'],
  ['{a} b', 'a', 'there is text behind "}"'],
  ['a', 'a', 'does not begin with "{"'],
];

for (const [text, inside, problem] of braces) {
  test(`inside ${text}`, () => {
    const found = insideBraces(SourceText.of(text));
    assert.deepEqual([found.inside.text, found.problem], [inside, problem]);
  });
}

const attributes: [text: string, attribute: { name: string; value: string } | undefined][] = [
  ['{ name = value }', { name: 'name', value: 'value' }],
  ['{name=a b}', { name: 'name', value: 'a b' }],
  ['{ name = }', { name: 'name', value: '' }],
  ['{ name = { a } }', { name: 'name', value: '{ a }' }],
  ['{ = a }', undefined],
  ['{ a b = c }', undefined],
  ['{ name = value', undefined],
  ['name = value', undefined],
];

for (const [text, attribute] of attributes) {
  test(`attribute ${text}`, () => assert.deepEqual(braceAttribute(text), attribute));
}

test('the closing brace is the one that balances', () => {
  assert.equal(closingBrace('x{a{b}c}d', 1), 8);
  assert.equal(closingBrace('{a', 0), -1);
});

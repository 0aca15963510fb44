import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, type PatternSyntax, pcreSyntax } from '../../src/patterns/pattern.ts';
import { PatternError } from '../../src/patterns/pattern-error.ts';

const s = pcreSyntax;
const caseful: PatternSyntax = { ...s, ignoreCase: false };

/** pattern, syntax, text, what match gives. PCRE2 10.42 says the same. */
const matches: readonly (readonly [
  string,
  PatternSyntax,
  string,
  readonly (string | undefined)[] | undefined,
])[] = [
  ['(a|ab)(c|bcd)*', s, 'xabcd', ['abcd', 'a', 'bcd']],
  ['(a*)*', s, 'b', ['', '']],
  ['(a|(b))*', s, 'ba', ['ba', 'a', 'b']],
  ['(a|b*)*c', s, 'abc', ['abc', '']],
  ['a+?b??', s, 'aab', ['a']],
  ['a+', { ...s, ungreedy: true }, 'aa', ['a']],
  ['a b # c', { ...s, extended: true }, 'xab', ['ab']],
  ['b', { ...s, anchored: true }, 'ab', undefined],
  ['a$', s, 'a\n', ['a']],
  ['a$', { ...s, dollarEndOnly: true }, 'a\n', undefined],
  ['^b$', { ...s, multiline: true }, 'a\nb\nc', ['b']],
  ['^$', { ...s, multiline: true }, 'a\n', undefined],
  ['a.b', s, 'a\nb', ['a\nb']],
  ['a.b', { ...s, dotAll: false }, 'a\nb', undefined],
  ['a\\Nb', s, 'a\nb', undefined],
  ['\\x41\\x{62}\\o{103}\\104\\cA', caseful, 'AbCD\x01', ['AbCD\x01']],
  ['\\Qa.b\\E+', s, 'a.bb a.b', ['a.bb']],
  ['[\\Q]-\\E^a]+', s, ']-^a', [']-^a']],
  ['[[:^digit:]]+', s, '1ab', ['ab']],
  ['[\\d-]+', s, 'a1-2', ['1-2']],
  ['[a-\\x63]+', s, 'xabc', ['abc']],
  ['\\h\\v\\H', s, '\t\na', ['\t\na']],
  ['a\\Rb', s, 'a\r\nb', ['a\r\nb']],
  ['a\\R\\nb', s, 'a\r\nb', undefined],
  ['(?i)a(?-i)b', caseful, 'Ab', ['Ab']],
  ['a(?i)b|c', caseful, 'C', ['C']],
  ['(?i:a)b', caseful, 'AB', undefined],
  ['(?s-i:.a)b', caseful, '\nab', ['\nab']],
  ['(?^)a', s, 'A', undefined],
  ['(?x: a b )c', s, 'abc', ['abc']],
  ['(?#note)a(?n)(b)', s, 'ab', ['ab']],
  ['(?<n>a)\\k<n>\\g{n}(?P=n)', s, 'aaaa', ['aaaa', 'a']],
  ['(?|(a)|(b))\\1', s, 'bb', ['bb', 'b']],
  ['(a)(?=b)(?!bc)', s, 'abd', ['a', 'a']],
  ['(?<=a|bc)d', s, 'bcd', ['d']],
  ['(?<!a)b', s, 'ab cb', ['b']],
  ['(?>a+)ab', s, 'aaab', undefined],
  ['a*+b|c', s, 'aab', ['aab']],
  ['foo\\Kbar', s, 'foobar', ['bar']],
  ['^(?:(a)|b)(?(1)c|d)$', s, 'ac', ['ac', 'a']],
  ['^(?(?=a)ab|cd)', s, 'cde', ['cd']],
  ['(\\((?:[^()]|(?1))*\\))', s, 'x(a(b)c)', ['(a(b)c)', '(a(b)c)']],
  ['(?(DEFINE)(?<d>[0-9]+))(?&d)\\.(?&d)', s, '12.3', ['12.3', undefined]],
  ['a(*ACCEPT)b', s, 'ac', ['a']],
  ['a(*FAIL)|c', s, 'ac', ['c']],
  ['(*NO_JIT)(*LIMIT_MATCH=10)a', s, 'a', ['a']],
  ['[[:<:]]a[[:>:]]', s, 'ba a', ['a']],
  ['\\p{Lu}\\PL\\p{^Lu}', caseful, 'A1b', ['A1b']],
  ['a{2}{', s, 'aa{', ['aa{']],
  ['a{,2}', s, 'a{,2}', ['a{,2}']],
];

test('PCRE patterns match what PCRE2 matches', async () => {
  for (const [text, syntax, input, expected] of matches) {
    const pattern = compilePattern(text, syntax);
    assert.deepEqual(await pattern.match(input), expected, `${text} on ${JSON.stringify(input)}`);
    assert.equal(await pattern.test(input), expected !== undefined, `test: ${text}`);
  }
});

/** pattern, offset, part of the problem; PCRE2 refuses them too. */
const mistakes: readonly (readonly [string, number, RegExp])[] = [
  ['', 0, /empty/],
  ['a**', 2, /needs something before it/],
  ['^*', 1, /repeated/],
  ['(?i)*', 4, /repeated/],
  ['(a', 0, /not closed/],
  ['a)', 1, /never opened/],
  ['[a', 0, /no closing \]/],
  ['[z-a]', 3, /upside down/],
  ['[\\d-z]', 3, /not a range/],
  ['[[:alhpa:]]', 1, /no class/],
  ['[:alpha:]', 0, /stands inside another/],
  ['\\', 1, /at the end/],
  ['\\i', 1, /means nothing/],
  ['\\x{zz}', 3, /digits/],
  ['\\x{100}', 7, /larger than/],
  ['\\p{Nonsense}', 2, /no property/],
  ['(a)\\2', 4, /leads to no group/],
  ['\\k<x>', 1, /leads to no group/],
  ['(?<1a>b)', 3, /begins with a letter/],
  ['(?<a>b)(?<a>c)', 12, /two groups/],
  ['(?<=a+)b', 0, /same number/],
  ['(?=a\\K)', 5, /no place in a look-around/],
  ['(?z)', 2, /no option "z"/],
  ['a{2,1}', 1, /n up to m/],
  ['a{70000}', 2, /at most 65535/],
  ['(?(1)a|b|c)', 0, /at most 2 branches/],
  ['\\81', 1, /leads to no group/],
];

/** pattern and problem; PCRE2 takes these, we do not. */
const unsupported: readonly (readonly [string, RegExp])[] = [
  ['a(?C1)b', /callouts/],
  ['\\X', /\\X/],
  ['a(*SKIP)b', /\(\*SKIP is not supported/],
  ['(*UCP)\\w', /\(\*UCP\)/],
  ['(*CRLF)a', /\(\*CRLF\)/],
  ['(*sr:a)', /not supported/],
];

function expectError(text: string, check: (error: PatternError) => void): void {
  assert.throws(
    () => compilePattern(text, s),
    (error) => {
      assert.ok(error instanceof PatternError, `${text}: ${error}`);
      check(error);
      return true;
    },
    `not refused: ${text}`,
  );
}

test('mistakes are named with their place and what should be', () => {
  for (const [text, offset, problem] of mistakes) {
    expectError(text, (error) => {
      assert.match(error.problem, problem, text);
      assert.equal(error.offset, offset, `offset in ${text}`);
    });
  }
});

test('what PCRE2 can do and we cannot is refused by name', () => {
  for (const [text, problem] of unsupported)
    expectError(text, (error) => assert.match(error.problem, problem));
});

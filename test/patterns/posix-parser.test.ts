import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, type PatternSyntax, regexpSyntax } from '../../src/patterns/pattern.ts';
import { PatternError } from '../../src/patterns/pattern-error.ts';

const bre: PatternSyntax = { ...regexpSyntax, dialect: 'bre' };
const caseful: PatternSyntax = { ...regexpSyntax, ignoreCase: false };
const multiline: PatternSyntax = { ...regexpSyntax, multiline: true };

/** pattern, syntax, text, what match gives (undefined: no match). The GNU C library 2.36 says the same. */
const matches: readonly (readonly [
  string,
  PatternSyntax,
  string,
  readonly (string | undefined)[] | undefined,
])[] = [
  ['(a|ab)(c|bcd)*', regexpSyntax, 'xabcd', ['abcd', 'a', 'bcd']],
  ['(x|xy)(z|yz)', regexpSyntax, 'xyz', ['xyz', 'x', 'yz']],
  ['(a*)(ab)*(b*)', regexpSyntax, 'abb', ['abb', 'a', undefined, 'bb']],
  ['(a|ab|c|bcd){2}', regexpSyntax, 'abcd', ['abcd', 'bcd']],
  ['(ab|a|b){0,2}', regexpSyntax, 'ab', ['ab', 'b']],
  ['(a?)*', regexpSyntax, 'aab', ['aa', 'a']],
  ['(|b)c', regexpSyntax, 'bc', ['bc', 'b']],
  ['a{,2}b', regexpSyntax, 'aaab', ['aab']],
  ['a{0}b', regexpSyntax, 'ab', ['b']],
  ['a)b}', regexpSyntax, 'a)b}', ['a)b}']],
  ['()a', regexpSyntax, 'a', ['a', '']],
  ['[[:upper:]]+', regexpSyntax, 'ab', ['ab']],
  ['[[:upper:]]+', caseful, 'abCD', ['CD']],
  ['[A-Z]+', regexpSyntax, 'abc', ['abc']],
  ['[^A-Z]+', regexpSyntax, 'ab1C', ['1']],
  ['[!-Z]', regexpSyntax, '_', undefined],
  ['[)-a]+', regexpSyntax, ']aA', ['aA']],
  ['[`-{]', regexpSyntax, 'a', undefined],
  ['\\d', regexpSyntax, 'dD', undefined],
  ['\\d', caseful, 'dD', ['d']],
  ['\\D', regexpSyntax, 'd', ['d']],
  ['[]a]+', regexpSyntax, 'b]a', [']a']],
  ['[^]a]+', regexpSyntax, ']b', ['b']],
  ['[a-]+', regexpSyntax, 'b-a', ['-a']],
  ['[[.-.]-0]', regexpSyntax, '.', ['.']],
  ['[[=a=]b]+', regexpSyntax, 'xab', ['ab']],
  ['[\\n]+', regexpSyntax, 'a\\n', ['\\n']],
  ['\\w+\\W\\s\\S', regexpSyntax, 'ab. x', ['ab. x']],
  ['\\<b\\>', regexpSyntax, 'ab b', ['b']],
  ['\\bb\\B', regexpSyntax, 'ab bc', ['b']],
  ["\\`a\\'", regexpSyntax, 'a', ['a']],
  ['^b', regexpSyntax, 'a\nb', undefined],
  ['^b$', multiline, 'a\nb\nc', ['b']],
  ['a.b', regexpSyntax, 'a\nb', ['a\nb']],
  ['a.b', multiline, 'a\nb', undefined],
  ['a[^x]b', multiline, 'a\nb', undefined],
  ['(a)\\1', regexpSyntax, 'xaA', ['aA', 'a']],
  ['(a|b)*\\1', regexpSyntax, 'abb', ['abb', 'b']],
  ['a\\(b\\)\\{2\\}', bre, 'abb', ['abb', 'b']],
  ['a+b', bre, 'aab a+b', ['a+b']],
  ['a\\+b\\?', bre, 'aab', ['aab']],
  ['a\\|b', bre, 'b', ['b']],
  ['*a', bre, '*a', ['*a']],
  ['\\(*a\\)', bre, '*a', ['*a', '*a']],
  ['a^b', bre, 'a^b', ['a^b']],
  ['a$b', bre, 'a$b', ['a$b']],
  ['\\(^a$\\)', bre, 'a', ['a', 'a']],
  ['(a){2}', bre, '(a){2}', ['(a){2}']],
];

test('POSIX patterns match what the GNU C library matches', async () => {
  for (const [text, syntax, input, expected] of matches) {
    const pattern = compilePattern(text, syntax);
    assert.deepEqual(
      await pattern.match(input),
      expected,
      `${syntax.dialect} ${text} on ${JSON.stringify(input)}`,
    );
    assert.equal(await pattern.test(input), expected !== undefined, `test: ${text}`);
  }
});

/** pattern, syntax, offset, part of the problem. The library refuses them too, but for the last two. */
const mistakes: readonly (readonly [string, PatternSyntax, number, RegExp])[] = [
  ['', regexpSyntax, 0, /empty/],
  ['a|*b', regexpSyntax, 2, /needs something before it/],
  ['(*a)', regexpSyntax, 1, /needs something before it/],
  ['^*', regexpSyntax, 1, /needs something before it/],
  ['{1}', regexpSyntax, 0, /needs something before it/],
  ['(a', regexpSyntax, 0, /not closed/],
  ['a\\(b', bre, 1, /not closed/],
  ['a\\)', bre, 1, /no \\\( before it/],
  ['[a', regexpSyntax, 0, /no closing \]/],
  ['x[]', regexpSyntax, 1, /no closing \]/],
  ['[[:alhpa:]]', regexpSyntax, 1, /no class \[:alhpa:\]/],
  ['[b-a]', regexpSyntax, 1, /upside down/],
  ['[a--z]', regexpSyntax, 1, /upside down/],
  ['[Z-a]', regexpSyntax, 1, /upside down/],
  ['[[:alpha:]-z]', regexpSyntax, 10, /hyphen/],
  ['[[.ab.]]', regexpSyntax, 1, /one character/],
  ['a{2,1}', regexpSyntax, 1, /n up to m/],
  ['a{x}', regexpSyntax, 1, /\{n\}, \{n,\} or \{n,m\}/],
  ['a{1', regexpSyntax, 1, /\{n\}, \{n,\} or \{n,m\}/],
  ['a{40000}', regexpSyntax, 1, /up to 32767/],
  ['a\\', regexpSyntax, 1, /backslash stands at the end/],
  ['\\1(a)', regexpSyntax, 0, /not complete before it/],
  ['(a\\1)', regexpSyntax, 2, /not complete before it/],
  ['(a)|\\1', regexpSyntax, 4, /not complete before it/],
  ['a**', bre, 2, /a repetition follows a repetition/],
  ['(a{1,255}){1,255}', regexpSyntax, 0, /multiply to more than there is room for/],
  [`${'('.repeat(300)}${')'.repeat(300)}`, regexpSyntax, 251, /250 deep/],
];

test('mistakes are named with their place and what should be', () => {
  for (const [text, syntax, offset, problem] of mistakes) {
    assert.throws(
      () => compilePattern(text, syntax),
      (error) => {
        assert.ok(error instanceof PatternError, `${text}: ${error}`);
        assert.match(error.problem, problem, text);
        assert.equal(error.offset, offset, `offset in ${text}`);
        assert.match(error.message, /^"/);
        return true;
      },
      `not refused: ${text}`,
    );
  }
});

test('offsets count characters of what the operator wrote, not bytes', () => {
  assert.throws(
    () => compilePattern('почта(', regexpSyntax),
    (error) => error instanceof PatternError && error.offset === 5,
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_EXPANSION } from '../../src/settings/expansion.ts';
import { expand, expandText, onlyAllowed, referencedNames } from '../../src/settings/macros.ts';
import { SourceText } from '../../src/settings/source-text.ts';
import { processorMs } from '../support/processor-time.ts';

const names: Readonly<Record<string, string>> = {
  a: '1',
  b: 'two $a',
  empty: '',
  nothing: '$empty',
  long: '${a?{x $b}:{y}}',
  level: '3.6',
  circle: '<$spin>',
  spin: '$circle',
  self: 'x ${self}',
  guarded: '${guarded?yes}',
};

/** As values of main.cf are expanded. */
function expanded(text: string, values: Readonly<Record<string, string>> = names): string {
  const problems: string[] = [];
  const result = expandText(SourceText.of(text), {
    lookup: (name) => (values[name] === undefined ? undefined : SourceText.of(values[name])),
    recursive: true,
    backslashProtects: true,
    problem: (what) => problems.push(what),
  });
  return problems.length > 0 ? `! ${problems.join('; ')}` : result.text;
}

const cases: [text: string, result: string][] = [
  ['plain', 'plain'],
  ['$a', '1'],
  ['${a}', '1'],
  ['$(a)', '1'],
  ['${ a }', '1'],
  ['x$a.y$a', 'x1.y1'],
  ['$b', 'two 1'],
  ['$unknown', ''],
  ['[${unknown}]', '[]'],
  ['$$', '$'],
  ['a$$b', 'a$b'],
  ['$$$a', '$1'],
  ['$$a', '$a'],
  // Conditions look at the raw value.
  ['${a?yes}', 'yes'],
  ['${a? yes }', ' yes '],
  ['${empty?yes}', ''],
  ['${unknown?yes}', ''],
  ['${nothing?yes}', 'yes'],
  ['${a:no}', ''],
  ['${empty:no}', 'no'],
  ['${unknown:no}', 'no'],
  ['${a?{yes}:{no}}', 'yes'],
  ['${empty?{yes}:{no}}', 'no'],
  ['${empty ? {yes} : {no} }', 'no'],
  ['${a?{yes}:no}', 'yes'],
  ['${empty?{yes}:no}', 'no'],
  ['${empty:{no}}', 'no'],
  // Without braces the rest of the text belongs to the branch, as in Postfix 2.
  ['${a??foo:{b}ar}', '?foo:{b}ar'],
  ['${a?$b and $a}', 'two 1 and 1'],
  ['${a?{$b}:{$unknown}}', 'two 1'],
  ['${a?{${empty:{deep $a}}}}', 'deep 1'],
  ['$long', 'x two 1'],
  ['$(a?(yes))', '(yes)'],
  // Comparisons.
  ['${{$a} == {1} ? {same} : {other}}', 'same'],
  ['${{$a} != {1} ? {other} : {same}}', 'same'],
  ['${{$a}=={1}?{same}:{other}}', 'same'],
  ['${{$a} == {1}?same}', 'same'],
  ['${{$a} == {2}:other}', 'other'],
  ['${{$a} == {1}}', 'true'],
  ['[${{$a} == {2}}]', '[]'],
  ['${{9} < {10} ? {number} : {text}}', 'number'],
  ['${{9x} < {10} ? {number} : {text}}', 'text'],
  ['${{007} == {7} ? {number} : {text}}', 'number'],
  ['${{b} >= {a} ? {yes} : {no}}', 'yes'],
  ['${{a} <= {a} ? {yes} : {no}}', 'yes'],
  ['${{a} > {a} ? {yes} : {no}}', 'no'],
  ['${{99999999999999999999} > {9} ? {yes} : {no}}', 'yes'],
  ['${{$level} >=level {3.10} ? {new} : {old}}', 'old'],
  ['${{$level} <level {3.10} ? {old} : {new}}', 'old'],
  ['${{$level} >=level {3} ? {new} : {old}}', 'new'],
  ['${{$level} ==level {3.6.0} ? {same} : {other}}', 'same'],
  ['${{${{$a} == {1} ? {x} : {y}}} == {x} ? {deep} : {no}}', 'deep'],
  // The dialect of 2003.
  ['\\$a', '$a'],
  ['check \\${sender}|\\${recipient} hash:$a', 'check ${sender}|${recipient} hash:1'],
  ['554 \\$client_address $a', '554 $client_address 1'],
  ['\\$$', '\\$'],
  ['\\$$a', '\\$a'],
  ['a\\b\\', 'a\\b\\'],
  ['${guarded?ok}', 'ok'],
  ['$guarded', 'yes'],
  // Mistakes.
  ['x$', '! "$" without a name in "$"; a dollar is "$$"'],
  ['$-x', '! "$" without a name in "$-x"; a dollar is "$$"'],
  ['${}', '! there is no name in "${}"'],
  ['$()', '! there is no name in "$()"'],
  ['[${ }]', '[]'],
  ['${a', '! "}" is missing in "${a"'],
  ['$(a', '! ")" is missing in "$(a"'],
  ['${a-b}', '! "-b" does not belong to a name in "${a-b}"'],
  ['${a b}', '! "b" does not belong to a name in "${a b}"'],
  ['${a{b}}', '! "{b}" does not belong to a name in "${a{b}}"'],
  ['${a?{yes} no}', '! ":" is missing before "no"'],
  ['${a?{yes}:{no} more}', '! "more" is too much in a macro'],
  ['${{a} = {b}}', '! there is no comparison "="'],
  ['${{a} {b}}', '! a comparison (== != < <= >= >) is missing before "{b}"'],
  ['${{a} == b}', '! "{text}" is missing behind "{a} == "'],
  ['${{a} ==other {b}}', '! there is no comparison "==other"'],
  ['${{a} ==level {b}}', '! cannot compare "a" ==level "b": a level is 3.6 or 3.6.1'],
  ['${{a} == {a} x}', '! "?" or ":" is missing before "x"'],
  ['$circle', '! the value refers to itself: circle -> spin -> circle'],
  ['$spin', '! the value refers to itself: circle -> spin -> circle'],
  ['$self', '! the value refers to itself: self -> self'],
];

for (const [text, result] of cases) {
  test(`macros: ${text}`, () => assert.equal(expanded(text), result));
}

test('a comparison that leads back to its own name is a circle, not the end of the stack', () => {
  assert.equal(expanded('$x', { x: '${{$x} == {1} ? {a} : {b}}' }), '! the value refers to itself: x -> x');
});

test('a hundred levels of names are enough, more are refused', () => {
  const chain = (length: number) =>
    Object.fromEntries(Array.from({ length }, (_, i) => [`n${i}`, i + 1 < length ? `$n${i + 1}` : 'end']));
  assert.equal(expanded('$n0', chain(90)), 'end');
  assert.match(expanded('$n0', chain(150)), /^! macros are nested more than 100 deep/);
  assert.match(expanded('${a?{'.repeat(150) + '}}'.repeat(150)), /^! macros are nested more than 100 deep/);
});

test('names that double at every step are stopped at the bound, quickly', () => {
  const doubling = Object.fromEntries(
    Array.from({ length: 60 }, (_, i) => [`n${i}`, i < 59 ? `$n${i + 1}$n${i + 1}` : 'x'.repeat(100)]),
  );
  const began = processorMs();
  assert.match(expanded('$n0', doubling), new RegExp(`beyond ${MAX_EXPANSION} characters`));
  assert.ok(processorMs() - began < 2000);
});

test('hostile text ends, and in linear time', () => {
  for (const piece of [
    '$',
    '${',
    '$(',
    '{',
    '}',
    '${a?',
    '${a?{',
    '$$',
    '\\$',
    '${{',
    '${{a}==',
    '$a',
    '${a:',
  ]) {
    const began = processorMs();
    expanded(piece.repeat(20_000));
    assert.ok(processorMs() - began < 1000, piece);
  }
});

test('expanded pieces keep the line they were written in', () => {
  const at = (line: number) => ({ file: 'main.cf', line });
  const values: Record<string, SourceText> = {
    head: SourceText.of('permit_mynetworks', at(3)),
    tail: SourceText.of('${more?{x, $more}}', at(5)),
    more: SourceText.of('reject', at(9)),
  };
  const result = expandText(SourceText.of('$head, own, $tail', at(7)), {
    lookup: (name) => values[name],
    recursive: true,
    backslashProtects: true,
    problem: assert.fail,
  });
  const lineOf = (word: string) => result.sourceAt(result.text.indexOf(word)).line;
  assert.equal(result.text, 'permit_mynetworks, own, x, reject');
  assert.deepEqual(['permit_mynetworks', 'own', 'x', 'reject'].map(lineOf), [3, 7, 5, 9]);
});

const templates: [template: string, values: Record<string, string>, result: string][] = [
  [
    '$rbl_code Service unavailable${rbl_reason?; $rbl_reason}',
    { rbl_code: '554' },
    '554 Service unavailable',
  ],
  [
    '$rbl_code Service unavailable${rbl_reason?; $rbl_reason}',
    { rbl_code: '554', rbl_reason: 'spam' },
    '554 Service unavailable; spam',
  ],
  ['$x', { x: '$y', y: 'secret' }, '$y'],
  ['\\$x', { x: '1' }, '\\1'],
  ['no dollar', {}, 'no dollar'],
];

for (const [template, values, result] of templates) {
  test(`template: ${template} with ${JSON.stringify(values)}`, () => {
    assert.equal(
      expand(template, (name) => values[name]),
      result,
    );
  });
}

test('a template shows clients only the characters that are allowed, and says when it is broken', () => {
  const problems: string[] = [];
  const problem = (what: string) => problems.push(what);
  assert.equal(
    expand('<$x>', () => 'a\r\n<b>', { allowed: 'ab' }),
    '<a___b_>',
  );
  assert.equal(
    expand('ok ${x', () => '1', { problem }),
    'ok ',
  );
  assert.deepEqual(problems, ['"}" is missing in "${x"']);
  assert.equal(onlyAllowed('a\u00e9\ud83d\ude00\udc80b', 'ab'), 'a_______b');
});

test('referenced names are found in every branch', () => {
  const found = referencedNames(
    '$a ${b?$c} ${d:{$e}} ${{$f} == {g} ? {$(h)} : {}} $$i \\$j \\${k} ${ l } $ m',
  );
  assert.deepEqual(
    found.map(({ name }) => name),
    ['a', 'b', 'c', 'd', 'e', 'f', 'h', 'l'],
  );
});

test('a mistake is told with the innermost name and line', () => {
  const at = (line: number) => ({ file: 'main.cf', line });
  const values: Record<string, SourceText> = {
    outer: SourceText.of('x $inner', at(1)),
    inner: SourceText.of('${a?{b} c}', at(2)),
    one: SourceText.of('$two', at(3)),
    two: SourceText.of('$one', at(4)),
  };
  const mistakes: string[] = [];
  for (const text of ['$outer', '$inner', 'own ${', '$two', '$one']) {
    expandText(SourceText.of(text, at(9)), {
      lookup: (name) => values[name],
      recursive: true,
      backslashProtects: true,
      problem: (what, { name, source }) => mistakes.push(`${source.line} ${name}: ${what}`),
    });
  }
  assert.deepEqual(mistakes, [
    '2 inner: ":" is missing before "c"',
    '2 inner: ":" is missing before "c"',
    '9 undefined: "}" is missing in "${"',
    '3 one: the value refers to itself: one -> two -> one',
    '3 one: the value refers to itself: one -> two -> one',
  ]);
});

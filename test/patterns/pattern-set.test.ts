import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPromise } from '../../src/mail/maybe-promise.ts';
import { compilePattern, type Pattern, pcreSyntax, regexpSyntax } from '../../src/patterns/pattern.ts';
import { PatternError, PatternOverrun } from '../../src/patterns/pattern-error.ts';
import { PatternSet } from '../../src/patterns/pattern-set.ts';
import { inTurns } from '../../src/patterns/turns.ts';
import { LoopWatch, processorMs } from '../support/processor-time.ts';
import {
  ereGrammar,
  hardPcreGrammar,
  pcreGrammar,
  Random,
  randomPattern,
  randomText,
} from './random-patterns.ts';

const set = (...texts: string[]): PatternSet =>
  new PatternSet(texts.map((text) => compilePattern(text, pcreSyntax)));

test('all that match are named, ascending; the first and any agree', async () => {
  const patterns = set('foo.*bar', '^foo', 'o', '\\d{3}', 'bar$', '(?!x)r$', 'x?', '[a-z]+ [a-z]+$');
  const rows: readonly (readonly [string, readonly number[]])[] = [
    ['foo and bar', [0, 1, 2, 4, 5, 6, 7]],
    ['foo', [1, 2, 6]],
    ['123', [3, 6]],
    ['', [6]],
  ];
  for (const [text, expected] of rows) {
    assert.deepEqual(await patterns.matches(Buffer.from(text)), expected, text);
    assert.equal(await patterns.first(Buffer.from(text)), expected[0]);
    assert.equal(await patterns.any(Buffer.from(text)), true);
  }
  const none = set('foo', '^bar$', 'a.*b');
  for (const text of ['', 'fo', 'xbar', 'b a']) {
    assert.deepEqual(none.matches(Buffer.from(text)), [], text);
    assert.equal(none.any(Buffer.from(text)), false);
    assert.equal(none.first(Buffer.from(text)), undefined);
  }
  assert.deepEqual(new PatternSet([]).matches(Buffer.from('a')), []);
});

test('start and end bound the text: anchors, boundaries and newlines at its end look no further', async () => {
  const patterns = set('^b', 'b$', '\\bb', 'ab', 'bc', 'b\\n$');
  assert.deepEqual(await patterns.matches(Buffer.from('abc'), 1, 2), [0, 1, 2]);
  assert.deepEqual(await patterns.matches(Buffer.from('ab\nc'), 1, 3), [0, 1, 2, 5]);
});

test('patterns that read UTF-8 and patterns that read bytes live in one set', async () => {
  const patterns = new PatternSet([
    compilePattern('ПОЧТА', { ...pcreSyntax, utf8: true }),
    compilePattern('почта', pcreSyntax),
    compilePattern('^.{5}$', { ...pcreSyntax, utf8: true }),
    compilePattern('^.{10}$', regexpSyntax),
  ]);
  assert.deepEqual(await patterns.matches(Buffer.from('почта')), [0, 1, 2, 3]);
  assert.deepEqual(await patterns.matches(Buffer.from([0xf0, 0xcf, 0xde, 0xd4, 0xc1])), [2]);
});

test('a set of random patterns answers as its patterns do one by one', async () => {
  const random = new Random(3);
  const pieces = [...'aabbcABx10_ .-\n', 'foo', 'ж', 'Я', 'é', 'ab'];
  let asked = 0;
  let matched = 0;
  for (let round = 0; round < 60; round++) {
    const patterns = randomSet(random, 40);
    const all = new PatternSet(patterns);
    await inTurns(all.prepare());
    for (let i = 0; i < 20; i++) {
      const line = Buffer.from(randomText(random, pieces, 14), random.chance(3) ? 'latin1' : 'utf8');
      const text = Buffer.concat([Buffer.from('a\nb'), line, Buffer.from('foo')]);
      const expected: number[] = [];
      for (const [id, pattern] of patterns.entries()) if (await pattern.test(line)) expected.push(id);
      const found = await all.matches(text, 3, 3 + line.length);
      const shown = JSON.stringify(line.toString('latin1'));
      assert.deepEqual(found, expected, `${shown} ${patterns.map((p) => p.text).join('  ')}`);
      assert.equal(await all.first(text, 3, 3 + line.length), expected[0]);
      assert.equal(await all.any(text, 3, 3 + line.length), expected.length > 0);
      const possible = await all.possible(text, 3, 3 + line.length);
      assert.deepEqual(
        possible.filter((id) => expected.includes(id) || patterns[id]?.engine === 'linear'),
        expected,
      );
      asked += patterns.length;
      matched += expected.length;
    }
  }
  console.log(`${asked} answers compared, ${matched} of them yes`);
  assert.ok(matched > asked / 20);
});

function randomSet(random: Random, size: number): Pattern[] {
  const patterns: Pattern[] = [];
  const utf8 = random.chance(2);
  while (patterns.length < size) {
    const grammar = random.pick([ereGrammar, pcreGrammar, pcreGrammar, hardPcreGrammar]);
    const dialect = grammar === ereGrammar ? regexpSyntax : pcreSyntax;
    const syntax = {
      ...dialect,
      ignoreCase: !random.chance(3),
      multiline: random.chance(5),
      utf8: utf8 && random.chance(2),
    };
    try {
      patterns.push(compilePattern(randomPattern(random, grammar, 2, random.pick([0, 4])), syntax));
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
    }
  }
  return patterns;
}

test('long work is done in turns and ends with the same answer', async (t) => {
  const patterns = set(...Array.from({ length: 3000 }, (_, i) => `zq${i};[a-z ]+e`), 'never', 'zq[0-9]+; z');
  const text = Buffer.from(Array.from({ length: 3000 }, (_, i) => `zq${i}; `).join(''));
  const watch = new LoopWatch();
  t.after(() => watch.stop());
  await inTurns(patterns.prepare());
  const before = processorMs();
  const answer = patterns.matches(text);
  const first = processorMs() - before;
  assert.ok(isPromise(answer));
  assert.deepEqual(await answer, [3001]);
  console.log(
    `3,000 near misses in ${text.length} bytes: first turn ${first.toFixed(0)} ms, longest turn ${watch.longestMs.toFixed(0)} ms`,
  );
  assert.ok(first < 50 && watch.longestMs < 50);
});

test('several texts at once do not disturb each other', async () => {
  const patterns = set(...Array.from({ length: 500 }, (_, i) => `zq${i};[a-z ]+e`));
  const misses = Array.from({ length: 500 }, (_, i) => `zq${i}; `).join('');
  const texts = [1, 2, 3, 4].map((n) => Buffer.from(`${misses.repeat(n)} zq${n}; e`));
  const answers = await Promise.all(texts.map((text) => patterns.matches(text)));
  assert.deepEqual(answers, [[1], [2], [3], [4]]);
});

test('a pattern that overruns makes the whole answer unknown', async () => {
  const patterns = set('abc', '^(a|a)+\\1x$');
  const hostile = Buffer.from(`${'a'.repeat(50)}bx`);
  await assert.rejects(async () => patterns.matches(hostile), PatternOverrun);
  assert.deepEqual(await patterns.possible(hostile), [1]);
  assert.deepEqual(await patterns.possible(Buffer.from('abc')), [0]);
});

/** Compares with the JavaScript engine's RegExp, where both dialects mean the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, pcreSyntax } from '../../src/patterns/pattern.ts';
import { type Grammar, Random, randomPattern, randomText } from './random-patterns.ts';

const grammar: Grammar = {
  atoms: [
    ...'aabbcABx1_-',
    '.',
    '[ab]',
    '[^a]',
    '[a-c]',
    '\\w',
    '\\W',
    '\\d',
    '\\D',
    '[\\w-]',
    'ab',
    '(?=a)',
    '(?!b)',
    '(?<=a)',
  ],
  anchors: ['^', '$', '\\b', '\\B'],
  repetitions: ['*', '+', '?', '{2}', '{1,2}', '{2,}', '*?', '+?', '??', '{1,3}?'],
  groups: ['(?:', '(?:', '(?=', '(?!'],
};

test('random patterns find the same part of the text as RegExp does', async () => {
  const random = new Random(21);
  let compared = 0;
  for (let i = 0; i < 3000; i++) {
    const text = randomPattern(random, grammar, 2, 6);
    if (/\((\?[=!]|\?<=)[^()]*\)[*+?{]/.test(text) || /\)[*+?{]/.test(text)) continue;
    const flags = { ignoreCase: random.chance(2), dotAll: random.chance(2), dollarEndOnly: true };
    const pattern = compilePattern(text, { ...pcreSyntax, ...flags });
    const expression = new RegExp(text, `${flags.ignoreCase ? 'i' : ''}${flags.dotAll ? 's' : ''}`);
    for (let k = 0; k < 6; k++) {
      const input = randomText(random, [...'aabbcABx1_- .', '\n'], 10);
      const found = await pattern.match(input);
      assert.equal(found?.[0], expression.exec(input)?.[0], `${expression} on ${JSON.stringify(input)}`);
      compared++;
    }
  }
  console.log(`${compared} matches compared with RegExp`);
});

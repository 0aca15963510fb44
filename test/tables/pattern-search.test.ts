/** Tables of thousands of patterns: the same answers as asking one rule after the other, in a fraction of the time. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FileComplaints } from '../../src/tables/file-complaints.ts';
import { type AskPattern, fits, PatternRules, type Rule } from '../../src/tables/pattern-rules.ts';
import { PatternSearch } from '../../src/tables/pattern-search.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { costMs } from '../support/processor-time.ts';
import { here, Workshop } from './opened.ts';
import { generator, pick } from './random.ts';

function rulesOf(lines: readonly string[]): readonly Rule[] {
  const rules = new PatternRules('pcre', new FileComplaints('rules'));
  for (const [i, line] of lines.entries()) rules.add(line, i + 1);
  rules.finish();
  return rules.rules;
}

const words = ['cheap', 'pills', 'offer', 'now', 'winner', 'bank', 'a', 'e', 'xx'];

function randomLine(random: (below: number) => number, i: number): string {
  const word = pick(random, words);
  const pattern = pick(random, [
    word,
    `^${word}`,
    `${word} .*${pick(random, words)}`,
    `(${word})+$`,
    `(.)\\1${word}`,
    `[${word}]{2}`,
  ]);
  const kind = random(15);
  if (kind === 0) return `if ${pick(random, ['', '!'])}/${pattern}/`;
  if (kind < 3) return 'endif';
  return `${kind === 3 ? '!' : ''}/${pattern}/ rule${i}`;
}

test('the search finds what asking one rule after the other finds', async () => {
  const random = generator(3);
  let found = 0;
  for (let round = 0; round < 40; round++) {
    const rules = rulesOf(Array.from({ length: 60 }, (_, i) => randomLine(random, i)));
    const search = new PatternSearch(rules);
    for (let i = 0; i < 60; i++) {
      const text = Buffer.from(
        Array.from({ length: random(6) }, () => pick(random, words)).join(pick(random, [' ', ''])),
      );
      const ask: AskPattern = (pattern) => pattern.test(text);
      let expected: Rule | undefined;
      for (const rule of rules) {
        if (!(await fits(rule, ask))) continue;
        expected = rule;
        break;
      }
      assert.equal((await search.find(text, 0, text.length, ask))?.line, expected?.line, `"${text}"`);
      if (expected) found += 1;
    }
  }
  console.log(`compared 2400 searches, ${found} of them with a rule`);
  assert.ok(found > 200 && found < 2300);
});

describe('a table of 5,000 patterns', () => {
  test('is no slower for lines that match nothing', async (t) => {
    const shop = new Workshop();
    const lines = Array.from({ length: 5000 }, (_, i) =>
      i % 2 === 0
        ? `/^Subject:.*cheap${i} pills/ REJECT`
        : `/offers? from d${i}\\.example\\.com/ REJECT $$${i}`,
    );
    const table = shop.tables.openRaw(`regexp:${shop.file('many', lines.join('\n'))}`, here);
    const body = Buffer.from(
      'a line of an ordinary message, as it comes by every day, with offers from somebody\n'.repeat(2000),
    );
    const ends: number[] = [];
    for (let at = body.indexOf(10); at >= 0; at = body.indexOf(10, at + 1)) ends.push(at);
    const scan = async () => {
      let start = 0;
      for (const end of ends) {
        assert.equal(await table.findInBytes(body, start, end), undefined);
        start = end + 1;
      }
    };
    await scan();
    const began = process.cpuUsage();
    await scan();
    const us = process.cpuUsage(began).user / ends.length;
    t.diagnostic(`${us.toFixed(1)} us for a line of 80 bytes, ${(80 / us).toFixed(0)} MB/s`);
    assert.ok(us < 100); // one after the other takes milliseconds
    const last = Buffer.from('offer from d4999.example.com');
    assert.equal((await table.findInBytes(last, 0, last.length))?.source.line, 5000);
    await shop.close();
  });
});

describe('patterns that cannot decide in time', () => {
  const evil = `(?=.*x)(a+)+\\1$`;
  const text = `${'a'.repeat(5000)}b x`;

  test('make the look-up fail for now, then are out of service with a warning', async () => {
    const shop = new Workshop();
    const table = shop.tables.open(
      `pcre:${shop.file('evil', `/first/ one\n/${evil}/ two\n/x$/ three\n`)}`,
      here,
    );
    assert.equal(await table.find('the first x'), 'one');
    const outcomes: string[] = [];
    for (let i = 0; i < 4; i++) {
      try {
        outcomes.push((await table.find(text)) ?? 'nothing');
      } catch (error) {
        assert.ok(error instanceof LookupFailure && error.reason === 'retry');
        outcomes.push('cannot know');
      }
    }
    assert.deepEqual(outcomes, ['cannot know', 'cannot know', 'three', 'three']);
    assert.match(shop.log.lines.join('\n'), /warn: pcre:.*evil: pattern .* out of service/);
    assert.equal(await table.find('the first x'), 'one');
    await shop.close();
  });
});

test('the first text does not pay for a table that has just been read', async () => {
  const shop = new Workshop();
  const rules = Array.from({ length: 3_000 }, (_, i) => `/word${i} [a-z]+(${i}|x)*y/ REJECT ${i}`);
  shop.file('rules', `${rules.join('\n')}\n`);
  const table = shop.tables.open('pcre:rules', here);
  await shop.tables.ready();
  const line = Buffer.from('an ordinary line of a mail');
  const first = await costMs(() => table.findInBytes(line, 0, line.length));
  assert.ok(first < 30, `${first.toFixed(0)} ms; without preparation it is about 100`);
  await shop.close();
});

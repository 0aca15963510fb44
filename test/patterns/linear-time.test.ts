/** Patterns on which backtracking explodes, against hostile texts; the times are printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, pcreSyntax, regexpSyntax } from '../../src/patterns/pattern.ts';
import { costMs, LoopWatch, meanMs, processorMs } from '../support/processor-time.ts';
import { Random } from './random-patterns.ts';

const LINE_BYTES = 50_000;

const texts: Readonly<Record<string, Buffer>> = {
  a: Buffer.alloc(LINE_BYTES, 'a'),
  'a!': Buffer.concat([Buffer.alloc(LINE_BYTES, 'a'), Buffer.from('!')]),
  ab: Buffer.from(Array.from({ length: LINE_BYTES }, (_, i) => 'ab'[((i * 2654435761) >>> 7) & 1]).join('')),
  'a-': Buffer.alloc(LINE_BYTES, 'a-'),
};

const PATTERNS = [
  '(a+)+$',
  '(a|aa)+$',
  '^(([a-z])+.)+[A-Z]([a-z])+$',
  '(a*)*b',
  '(.*)(.*)(.*)(.*)(.*)x',
  '^(a|b|ab)*(c|$)',
  '([a-z]+[ -]*)+[0-9]',
];

const ROUNDS = 10;

/** The same characters in the same random order each time. */
function randomLine(length: number, characters: string): Buffer {
  const random = new Random(99);
  return Buffer.from(Array.from({ length }, () => random.pick([...characters])).join(''));
}

for (const syntax of [pcreSyntax, regexpSyntax]) {
  test(`${syntax.dialect}: hostile lines of ${LINE_BYTES} bytes are decided within 10 ms`, async () => {
    for (const text of PATTERNS) {
      const pattern = compilePattern(text, syntax);
      assert.equal(pattern.engine, 'linear');
      const times: string[] = [];
      for (const [name, line] of Object.entries(texts)) {
        const testMs = await meanMs(ROUNDS, () => pattern.test(line));
        const matchMs = await costMs(() => pattern.match(line));
        times.push(`${name} ${testMs.toFixed(1)}/${matchMs.toFixed(0)}`);
        assert.ok(testMs < 10, `${text} on ${name}: ${testMs} ms`);
        assert.ok(matchMs < 500, `$1 of ${text} on ${name}: ${matchMs} ms`);
      }
      console.log(`${syntax.dialect} ${text}: test/match ms: ${times.join(', ')}`);
    }
  });
}

test('time grows as the text does, also where states explode', async () => {
  const pattern = compilePattern('a[ab]{60}c', pcreSyntax);
  const short = randomLine(20_000, 'ab');
  const long = randomLine(200_000, 'ab');
  const shortMs = await costMs(() => pattern.test(short));
  const longMs = await costMs(() => pattern.test(long));
  console.log(
    `a[ab]{60}c on random text: ${shortMs.toFixed(0)} ms for 20 KB, ${longMs.toFixed(0)} ms for 200 KB`,
  );
  assert.ok(longMs < 30 * shortMs + 100);
});

test('the event loop runs on while an expensive pattern is at work', async (t) => {
  const pattern = compilePattern('(a|b)(a|b|c){400}(d|e)', pcreSyntax);
  const text = randomLine(60_000, 'abc');
  const watch = new LoopWatch();
  t.after(() => watch.stop());
  const before = processorMs();
  const answer = pattern.test(text);
  const firstMs = processorMs() - before;
  assert.equal(await answer, false);
  console.log(
    `801 nodes on 60 KB: ${(processorMs() - before).toFixed(0)} ms, first turn ${firstMs.toFixed(0)} ms, longest turn ${watch.longestMs.toFixed(0)} ms`,
  );
  assert.ok(firstMs < 50 && watch.longestMs < 50);
});

test('short keys take microseconds', async () => {
  const keys = [
    'mail.example.com',
    'dsl-1-2.pool.example.net',
    'user@example.org',
    `Subject: ${'word '.repeat(14)}`,
  ];
  for (const text of [
    'dsl.*\\..*\\..*',
    '^(.*)@example\\.(com|org)$',
    '^[0-9.]+$',
    '^(?!owner-)(.*)-outgoing@',
  ]) {
    for (const syntax of text.includes('?!') ? [pcreSyntax] : [pcreSyntax, regexpSyntax]) {
      const pattern = compilePattern(text, syntax);
      const rounds = 5_000;
      const times: number[] = [];
      for (const run of [(key: string) => pattern.test(key), (key: string) => pattern.match(key)]) {
        times.push(
          (1000 *
            (await meanMs(1, () => {
              for (let i = 0; i < rounds; i++) for (const key of keys) run(key);
            }))) /
            rounds /
            keys.length,
        );
      }
      console.log(
        `${syntax.dialect} ${text}: test ${times[0]?.toFixed(2)} us, match ${times[1]?.toFixed(2)} us a key`,
      );
      assert.ok((times[0] ?? 0) < 20 && (times[1] ?? 0) < 100);
    }
  }
});

/** Measures what sets of patterns cost; the figures are printed. Processor time of one thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilePattern, pcreSyntax } from '../../src/patterns/pattern.ts';
import { PatternSet } from '../../src/patterns/pattern-set.ts';
import { inTurns } from '../../src/patterns/turns.ts';
import { meanMs, processorMs } from '../support/processor-time.ts';
import {
  digitText,
  ordinaryText,
  phoneDigits,
  phonePattern,
  taggedPhonePattern,
  wordPattern,
} from './mail-text.ts';
import { Random } from './random-patterns.ts';

const KINDS: Readonly<Record<string, (i: number) => string>> = {
  phone: phonePattern,
  'tagged phone': taggedPhonePattern,
  words: wordPattern,
};
const ROUNDS = 3;

const texts = { ordinary: ordinaryText(1e6), digits: digitText(2.5e5) };

interface Measured {
  readonly loadMs: number;
  readonly mbPerSecond: Readonly<Record<keyof typeof texts, number>>;
}

async function measure(kind: string, count: number): Promise<Measured> {
  const write = KINDS[kind];
  assert.ok(write);
  const before = processorMs();
  const set = new PatternSet(Array.from({ length: count }, (_, i) => compilePattern(write(i), pcreSyntax)));
  await inTurns(set.prepare());
  const loadMs = processorMs() - before;
  const mbPerSecond = { ordinary: await rate(set, texts.ordinary), digits: await rate(set, texts.digits) };
  const { exact, windowed, always, nodes, states } = set.shape;
  console.log(
    `${kind.padEnd(12)} ${String(count).padStart(6)} patterns: load ${loadMs.toFixed(0).padStart(4)} ms, ` +
      `ordinary ${mbPerSecond.ordinary.toFixed(0).padStart(3)} MB/s, digits ${mbPerSecond.digits.toFixed(0).padStart(3)} MB/s ` +
      `(${exact} exact, ${windowed} by a window, ${always} always; ${nodes} nodes, ${states} states)`,
  );
  return { loadMs, mbPerSecond };
}

/** MB/s, once the states are built. */
async function rate(set: PatternSet, lines: readonly Buffer[]): Promise<number> {
  const bytes = lines.reduce((sum, line) => sum + line.length, 0);
  const ms = await meanMs(ROUNDS, async () => {
    for (const line of lines) {
      const found = set.matches(line);
      if (found instanceof Promise) await found;
    }
  });
  return bytes / ms / 1000;
}

for (const kind of Object.keys(KINDS)) {
  test(`ten thousand ${kind} patterns cost at most three times what ten cost`, async () => {
    const few = await measure(kind, 10);
    const some = await measure(kind, 200);
    const many = await measure(kind, 10_000);
    assert.ok(
      some.mbPerSecond.ordinary > 60,
      `200 patterns: ${some.mbPerSecond.ordinary} MB/s, the goal is 100`,
    );
    assert.ok(few.mbPerSecond.ordinary / many.mbPerSecond.ordinary < 3);
    assert.ok(many.loadMs < 2000, `loading took ${many.loadMs} ms, the goal is 1000`);
  });
}

test('near misses of all patterns are slower, but not thousands of times', async () => {
  const random = new Random(5);
  const near = (i: number): string =>
    phoneDigits(i)
      .slice(0, 6)
      .split('')
      .join(random.pick(['', ' ', '-']));
  const windows = (i: number): string => phoneDigits(i).replace(/^(...)(..)/, '$1 $2 ');
  for (const [kind, write] of Object.entries({ phone: near, 'tagged phone': windows })) {
    const pattern = KINDS[kind];
    assert.ok(pattern);
    const set = new PatternSet(
      Array.from({ length: 10_000 }, (_, i) => compilePattern(pattern(i), pcreSyntax)),
    );
    await inTurns(set.prepare());
    for (const length of [76, 2000]) {
      const lines = Array.from({ length: Math.ceil(1e5 / length) }, () => {
        let text = '';
        while (text.length < length) text += `${write(random.below(10_000))}, `;
        return Buffer.from(text);
      });
      const before = processorMs();
      for (const line of lines) await set.matches(line);
      const mbPerSecond = (lines.length * length) / (processorMs() - before) / 1000;
      console.log(
        `near misses of 10,000 ${kind} patterns, lines of ${length}: ${mbPerSecond.toFixed(2)} MB/s with cold states`,
      );
      assert.ok(mbPerSecond > 0.05);
    }
  }
});

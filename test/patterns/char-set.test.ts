import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteClasses } from '../../src/patterns/byte-classes.ts';
import { CharSet } from '../../src/patterns/char-set.ts';
import { bytesReading, utf8Reading } from '../../src/patterns/reading.ts';
import { caseMappings, caseVariants } from '../../src/patterns/unicode-case.ts';
import { unicodeProperty } from '../../src/patterns/unicode-property.ts';
import { type ByteGraph, utf8Graph, utf8Sequences } from '../../src/patterns/utf8-sequences.ts';
import { Random } from './random-patterns.ts';

test('sets join, cut and turn round as sets do', () => {
  const random = new Random(4);
  for (let i = 0; i < 200; i++) {
    const [a, b] = [randomSet(random, 60), randomSet(random, 60)];
    const [left, right] = [new Set(a), new Set(b)];
    assert.deepEqual(
      [...a.plus(b)],
      [...left.union(right)].sort((x, y) => x - y),
    );
    assert.deepEqual(
      [...a.within(b)],
      [...left.intersection(right)].sort((x, y) => x - y),
    );
    const rest = a.complement(70);
    for (let c = 0; c <= 70; c++) assert.equal(rest.has(c), !left.has(c));
    assert.equal(a.size, left.size);
    assert.equal(CharSet.of([...a].flatMap((c) => [c, c])).key, a.key);
  }
});

function randomSet(random: Random, last: number): CharSet {
  const ranges: number[] = [];
  for (let i = random.below(5); i > 0; i--) {
    const low = random.below(last);
    ranges.push(low, Math.min(last, low + random.below(9)));
  }
  return CharSet.of(ranges);
}

test('bytes share a class exactly when no set tells them apart', () => {
  const random = new Random(5);
  for (let i = 0; i < 50; i++) {
    const sets = Array.from({ length: 1 + random.below(6) }, () => randomSet(random, 255));
    const classes = byteClasses(sets);
    const looks = (byte: number): string => sets.map((set) => Number(set.has(byte))).join('');
    const byLook = new Map<string, number>();
    for (let byte = 0; byte < 256; byte++) {
      const c = classes.of[byte] ?? -1;
      assert.equal(byLook.get(looks(byte)) ?? c, c);
      byLook.set(looks(byte), c);
      for (const [s, set] of sets.entries())
        assert.equal(classes.contains[s * classes.count + c], Number(set.has(byte)));
    }
    assert.equal(byLook.size, classes.count);
  }
});

test('byte sequences and their graph match exactly the UTF-8 of the members', () => {
  const random = new Random(6);
  for (let i = 0; i < 40; i++) {
    const low = random.below(0x11000);
    const set = CharSet.of([
      low,
      low + random.below(0x3000),
      random.below(0x800),
      0x7ff + random.below(9),
      0xfff0,
      0x10010,
    ]);
    const sequences = utf8Sequences(set);
    const graph = utf8Graph(set);
    for (let k = 0; k < 400; k++) {
      const code = random.chance(2) ? random.below(0x16000) : low + random.below(0x3100);
      if (code >= 0xd800 && code <= 0xdfff) continue;
      const bytes = [...Buffer.from(String.fromCodePoint(code))];
      const inSequence = sequences.some(
        (s) =>
          s.length === 2 * bytes.length &&
          bytes.every((b, n) => b >= (s[2 * n] ?? 0) && b <= (s[2 * n + 1] ?? 0)),
      );
      assert.equal(inSequence, set.has(code), code.toString(16));
      assert.equal(inGraph(graph, bytes), set.has(code), code.toString(16));
    }
  }
});

function inGraph(graph: ByteGraph | undefined, [byte, ...rest]: readonly number[]): boolean {
  if (graph === undefined || byte === undefined) return graph === undefined && byte === undefined;
  return graph.branches.some((branch) => branch.bytes.has(byte) && inGraph(branch.rest, rest));
}

test('case is simple folding: one character for one, and no Turkish rules', () => {
  assert.deepEqual([...bytesReading.variants(0x41)], [0x41, 0x61]);
  assert.deepEqual([...bytesReading.variants(0xe9)], [0xe9]);
  assert.deepEqual([...utf8Reading.variants(0x416)], [0x416, 0x436]);
  assert.deepEqual([...utf8Reading.variants(0x6b)], [0x4b, 0x6b, 0x212a]);
  assert.deepEqual([...utf8Reading.variants(0xdf)], [0xdf, 0x1e9e]);
  assert.deepEqual([...utf8Reading.variants(0x131)], [0x131]);
  assert.deepEqual(
    [...utf8Reading.folded(CharSet.of([0x430, 0x432]))],
    [0x410, 0x411, 0x412, 0x430, 0x431, 0x432, 0x1c80],
  );
  for (let code = 0; code < 0x20000; code++) {
    if (caseMappings(code).length > 0) assert.ok(caseVariants(code).length > 1, code.toString(16));
  }
});

test('properties are those of Unicode, and bytes stand for code points', () => {
  const letters = unicodeProperty('L', 0xff);
  assert.ok(letters?.has(0xe9) && !letters.has(0xd7));
  assert.ok(unicodeProperty('Cyrillic', 0x10ffff)?.has(0x436));
  assert.equal(unicodeProperty('lu', 0xff)?.has(0x41), true);
  assert.equal(unicodeProperty('Any', 0x10ffff)?.size, 0x110000 - 0x800);
  assert.equal(unicodeProperty('Nonsense', 0xff), undefined);
  assert.equal(unicodeProperty('L}|\\p{N', 0xff), undefined);
});

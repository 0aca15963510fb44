/**
 * A set of code points as sequences of byte ranges: `[а-я]` is D0 B0-BF or D1 80-8F. So an automaton over bytes can
 * match UTF-8 without decoding it. The text must be valid UTF-8 (RFC 3629).
 */
import { CharSet } from './char-set.ts';

/** first, last for each byte: 2, 4, 6 or 8 numbers. */
export type ByteSequence = readonly number[];

const LENGTH_LIMITS = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/** All sequences of a set; together they match exactly its members. Surrogates are left out. */
export function utf8Sequences(set: CharSet): ByteSequence[] {
  const out: ByteSequence[] = [];
  for (let i = 0; i < set.ranges.length; i += 2) {
    const low = set.ranges[i] ?? 0;
    const high = set.ranges[i + 1] ?? 0;
    if (low <= 0xd7ff) splitByLength(low, Math.min(high, 0xd7ff), out);
    if (high >= 0xe000) splitByLength(Math.max(low, 0xe000), high, out);
  }
  return out;
}

function splitByLength(low: number, high: number, out: ByteSequence[]): void {
  let from = low;
  for (const limit of LENGTH_LIMITS) {
    if (from > high) return;
    if (from > limit) continue;
    const to = Math.min(high, limit);
    splitByPrefix(from, to, out);
    from = to + 1;
  }
}

/** Splits until all bytes but the first differing one run through their whole range. */
function splitByPrefix(low: number, high: number, out: ByteSequence[]): void {
  for (let bits = 6; bits <= 18; bits += 6) {
    const mask = (1 << bits) - 1;
    if (low >> bits === high >> bits) continue;
    if ((low & mask) !== 0 && encodedLength(high) > bits / 6) {
      splitByPrefix(low, low | mask, out);
      splitByPrefix((low | mask) + 1, high, out);
      return;
    }
    if ((high & mask) !== mask && encodedLength(high) > bits / 6) {
      splitByPrefix(low, (high & ~mask) - 1, out);
      splitByPrefix(high & ~mask, high, out);
      return;
    }
  }
  const first = encoded(low);
  const last = encoded(high);
  out.push(first.flatMap((byte, i) => [byte, last[i] ?? byte]));
}

function encodedLength(code: number): number {
  return LENGTH_LIMITS.findIndex((limit) => code <= limit) + 1;
}

function encoded(code: number): number[] {
  return [...Buffer.from(String.fromCodePoint(code), 'utf8')];
}

/** Sequences as a graph: which first bytes lead where. Sequences that go on alike share what follows. */
export interface ByteGraph {
  readonly branches: readonly { readonly bytes: CharSet; readonly rest: ByteGraph | undefined }[];
  /** Branches of this graph and those behind it, each counted once. */
  readonly size: number;
}

/** The graph of a set; undefined for the empty set. */
export function utf8Graph(set: CharSet): ByteGraph | undefined {
  const known = graphs.get(set);
  if (known !== undefined) return known;
  const graph = graphOf(utf8Sequences(set), new Map());
  if (graph !== undefined) graphs.set(set, graph);
  return graph;
}

const graphs = new WeakMap<CharSet, ByteGraph>();

function graphOf(sequences: readonly ByteSequence[], known: Map<string, ByteGraph>): ByteGraph | undefined {
  if (sequences.length === 0 || sequences.some((sequence) => sequence.length === 0)) return undefined;
  const key = sequences.map((sequence) => sequence.join()).join(';');
  const before = known.get(key);
  if (before !== undefined) return before;
  const byRest = new Map<ByteGraph | undefined, number[]>();
  for (const [first, last, tails] of firstBytesOf(sequences)) {
    const rest = graphOf(tails, known);
    byRest.set(rest, [...(byRest.get(rest) ?? []), first, last]);
  }
  const branches = [...byRest].map(([rest, ranges]) => ({ bytes: CharSet.of(ranges), rest }));
  const size = branches.reduce((sum, { rest }) => sum + 1 + (rest?.size ?? 0), 0);
  const graph = { branches, size };
  known.set(key, graph);
  return graph;
}

/** Disjoint ranges of first bytes, each with what may follow. */
function firstBytesOf(sequences: readonly ByteSequence[]): [number, number, ByteSequence[]][] {
  const edges = new Set(sequences.flatMap(([first = 0, last = 0]) => [first, last + 1]));
  const sorted = [...edges].sort((a, b) => a - b);
  const ranges: [number, number, ByteSequence[]][] = [];
  for (let i = 0; i + 1 < sorted.length; i++) {
    const first = sorted[i] ?? 0;
    const inside = sequences.filter(([low = 0, high = 0]) => low <= first && first <= high);
    if (inside.length > 0) ranges.push([first, (sorted[i + 1] ?? 0) - 1, inside.map((s) => s.slice(2))]);
  }
  return ranges;
}

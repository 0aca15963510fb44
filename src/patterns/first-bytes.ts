/** The bytes that a match can begin with, so that a search passes over places where none can. */
import { assertNever } from '../mail/assert-never.ts';
import { CharSet } from './char-set.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './syntax-tree.ts';
import { utf8Sequences } from './utf8-sequences.ts';

interface First {
  readonly bytes: CharSet;
  /** The tree may take nothing, so that what follows may begin as well. */
  readonly nullable: boolean;
}

const ANYTHING: First = { bytes: CharSet.of([0, 255]), nullable: true };
const NOTHING: First = { bytes: CharSet.empty, nullable: true };

/** A table of 256 flags; undefined when a match can begin with any byte or be empty. */
export function firstBytes(tree: Tree, reading: Reading): Uint8Array | undefined {
  const { bytes, nullable } = firstOf(tree, reading);
  if (nullable || bytes.size === 256) return undefined;
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

function firstOf(tree: Tree, reading: Reading): First {
  switch (tree.kind) {
    case 'set':
      return { bytes: leadBytes(tree.set, reading), nullable: false };
    case 'cat':
      return inOrder(tree.parts, reading);
    case 'alt':
      return either(tree.branches.map((branch) => firstOf(branch, reading)));
    case 'repeat': {
      if (tree.max === 0) return NOTHING;
      const first = firstOf(tree.body, reading);
      return { bytes: first.bytes, nullable: first.nullable || tree.min === 0 };
    }
    case 'group':
    case 'atomic':
      return firstOf(tree.body, reading);
    case 'condition':
      return either([firstOf(tree.yes, reading), firstOf(tree.no, reading)]);
    case 'fail':
      return { bytes: CharSet.empty, nullable: false };
    case 'empty':
    case 'assert':
    case 'look':
    case 'keep':
      return NOTHING;
    case 'backref':
    case 'call':
    case 'accept':
      return ANYTHING;
    default:
      return assertNever(tree);
  }
}

function inOrder(parts: readonly Tree[], reading: Reading): First {
  let bytes = CharSet.empty;
  for (const part of parts) {
    const first = firstOf(part, reading);
    bytes = bytes.plus(first.bytes);
    if (!first.nullable) return { bytes, nullable: false };
  }
  return { bytes, nullable: true };
}

function either(firsts: readonly First[]): First {
  return {
    bytes: firsts.reduce((sum, first) => sum.plus(first.bytes), CharSet.empty),
    nullable: firsts.some((first) => first.nullable),
  };
}

function leadBytes(set: CharSet, reading: Reading): CharSet {
  if (reading.name === 'bytes') return set;
  return CharSet.of(utf8Sequences(set).flatMap((sequence) => sequence.slice(0, 2)));
}

/** How large the automaton or program of a tree becomes, roughly and rather too large: bounds are measured with it. */
import type { Reading } from './reading.ts';
import { childrenOf, type Tree } from './syntax-tree.ts';
import { utf8Graph } from './utf8-sequences.ts';

/** Nodes of the tree as it is written, each repetition counted once. */
export function writtenSize(tree: Tree, reading: Reading): number {
  return childrenOf(tree).reduce((sum, child) => sum + writtenSize(child, reading), ownSize(tree, reading));
}

/** The same with a copy of what is repeated for each round: `a{1,255}` is 255. */
export function unrolledSize(tree: Tree, reading: Reading): number {
  const inside = childrenOf(tree).reduce(
    (sum, child) => sum + unrolledSize(child, reading),
    ownSize(tree, reading),
  );
  if (tree.kind !== 'repeat') return inside;
  return inside * Math.max(1, tree.min, Number.isFinite(tree.max) ? tree.max : tree.min + 1);
}

function ownSize(tree: Tree, reading: Reading): number {
  const beyondAscii = reading.name === 'utf8' && tree.kind === 'set' && (tree.set.ranges.at(-1) ?? 0) > 0x7f;
  return beyondAscii ? 2 * (utf8Graph(tree.set)?.size ?? 0) : 2;
}

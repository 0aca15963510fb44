/**
 * A tree that an automaton can match, for one that none can: it matches everything that the original matches, and more.
 * When it does not match, the original need not be tried, which is the common case and costs next to nothing.
 */
import { CharSet } from './char-set.ts';
import type { Reading } from './reading.ts';
import { emptyTree, type Tree } from './syntax-tree.ts';

/** The relaxed tree; undefined when (*ACCEPT) lets anything be missing. */
export function relaxedTree(tree: Tree, reading: Reading): Tree | undefined {
  const anything: Tree = {
    kind: 'repeat',
    body: { kind: 'set', set: CharSet.of([0, reading.last]) },
    min: 0,
    max: Number.POSITIVE_INFINITY,
    greed: 'greedy',
  };
  let accepts = false;
  const relax = (node: Tree): Tree => {
    switch (node.kind) {
      case 'cat':
        return { kind: 'cat', parts: node.parts.map(relax) };
      case 'alt':
        return { kind: 'alt', branches: node.branches.map(relax) };
      case 'repeat':
        return { ...node, body: relax(node.body), greed: 'greedy' };
      case 'group':
      case 'atomic':
        return relax(node.body);
      case 'condition':
        return { kind: 'alt', branches: [relax(node.yes), relax(node.no)] };
      case 'look':
      case 'keep':
        return emptyTree;
      case 'backref':
      case 'call':
        return anything;
      case 'accept':
        accepts = true;
        return emptyTree;
      case 'empty':
      case 'fail':
      case 'set':
      case 'assert':
        return node;
    }
  };
  const relaxed = relax(tree);
  return accepts ? undefined : relaxed;
}

/** Whether a pattern can be matched in linear time by an automaton, and if not, why. */
import { type Automaton, buildAutomaton, NODE_LIMIT, TooLarge } from './automaton.ts';
import type { Reading } from './reading.ts';
import { childrenOf, type Tree } from './syntax-tree.ts';
import { unrolledSize } from './tree-size.ts';

const WHY: Partial<Record<Tree['kind'], string>> = {
  look: 'look-around',
  atomic: 'an atomic group',
  backref: 'a back-reference',
  call: 'a recursion',
  condition: 'a condition',
  keep: '\\K',
  accept: '(*ACCEPT)',
};

/** What in the tree no automaton can do, in words; undefined when all can be done. */
export function whyNotLinear(tree: Tree, reading: Reading): string | undefined {
  const special = specialPart(tree);
  if (special !== undefined) return special;
  return fits(tree, reading) ? undefined : 'repetitions that are too large';
}

function specialPart(tree: Tree): string | undefined {
  if (tree.kind === 'repeat' && tree.greed === 'possessive') return 'a possessive repetition';
  const why = WHY[tree.kind];
  if (why !== undefined) return why;
  for (const child of childrenOf(tree)) {
    const inside = specialPart(child);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** Builds it only when that is in doubt: thousands of patterns are loaded, few have large repetitions. */
function fits(tree: Tree, reading: Reading): boolean {
  if (unrolledSize(tree, reading) < NODE_LIMIT / 2) return true;
  try {
    buildAutomaton(tree, { reading, purpose: 'capture', anchored: false }) satisfies Automaton;
    return true;
  } catch (error) {
    if (error instanceof TooLarge) return false;
    throw error;
  }
}

/** Whether a pattern can be matched in linear time by an automaton, and if not, why. */
import { type Automaton, buildAutomaton, NODE_LIMIT, TooLarge } from './automaton.ts';
import type { Reading } from './reading.ts';
import { childrenOf, type Tree } from './syntax-tree.ts';
import { utf8Graph } from './utf8-sequences.ts';

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
  if (estimatedNodes(tree, reading.name === 'utf8') < NODE_LIMIT / 2) return true;
  try {
    buildAutomaton(tree, { reading, purpose: 'capture', anchored: false }) satisfies Automaton;
    return true;
  } catch (error) {
    if (error instanceof TooLarge) return false;
    throw error;
  }
}

function estimatedNodes(tree: Tree, utf8: boolean): number {
  const beyondAscii = utf8 && tree.kind === 'set' && (tree.set.ranges.at(-1) ?? 0) > 0x7f;
  const own = beyondAscii ? 2 * (utf8Graph(tree.set)?.size ?? 0) : 2;
  const inside = childrenOf(tree).reduce((sum, child) => sum + estimatedNodes(child, utf8), own);
  if (tree.kind !== 'repeat') return inside;
  return inside * Math.max(1, tree.min, Number.isFinite(tree.max) ? tree.max : tree.min + 1);
}

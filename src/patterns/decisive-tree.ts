/**
 * A tree that matches the same texts but not the same part of them: what can be left out at its edges is left out.
 * `^.*foo+.*$` is `foo`. Enough to decide whether a pattern matches, and quicker.
 */

import type { Reading } from './reading.ts';
import { emptyTree, sequence, type Tree } from './syntax-tree.ts';

interface Edges {
  /** The match may begin anywhere before, so that nothing is lost by beginning later. */
  readonly left: boolean;
  readonly right: boolean;
}

/** `anchored`: the match begins at the start of the text whatever the tree says. */
export function decisiveTree(tree: Tree, reading: Reading, anchored: boolean): Tree {
  return trimmed(tree, { left: !anchored, right: true }, reading);
}

function trimmed(tree: Tree, edges: Edges, reading: Reading): Tree {
  if (!edges.left && !edges.right) return tree;
  switch (tree.kind) {
    case 'group':
      return trimmed(tree.body, edges, reading);
    case 'alt':
      return { ...tree, branches: tree.branches.map((branch) => trimmed(branch, edges, reading)) };
    case 'repeat':
      return trimmedRepeat(tree, edges, reading);
    case 'cat':
      return trimmedSequence(tree.parts, edges, reading);
    default:
      return tree;
  }
}

function trimmedRepeat(tree: Extract<Tree, { kind: 'repeat' }>, edges: Edges, reading: Reading): Tree {
  if (tree.greed === 'possessive') return tree;
  if (tree.min === 0) return emptyTree;
  if (tree.min === 1) return trimmed(tree.body, edges, reading);
  return { ...tree, max: tree.min };
}

function trimmedSequence(parts: readonly Tree[], edges: Edges, reading: Reading): Tree {
  const list = [...parts];
  while (edges.left && list.length > 0) {
    const [first, second] = list;
    if (first === undefined) break;
    if (isAssert(first, ['textStart']) && second !== undefined && takesAnything(second, reading)) {
      list.splice(0, 2);
      continue;
    }
    const rest = trimmed(first, { left: true, right: edges.right && list.length === 1 }, reading);
    list[0] = rest;
    if (rest.kind !== 'empty') break;
    list.shift();
  }
  while (edges.right && list.length > 0) {
    const [before, last] = [list.at(-2), list.at(-1)];
    if (last === undefined) break;
    if (
      isAssert(last, ['textEnd', 'lastLineEnd']) &&
      before !== undefined &&
      takesAnything(before, reading)
    ) {
      list.splice(-2, 2);
      continue;
    }
    const rest = trimmed(last, { left: edges.left && list.length === 1, right: true }, reading);
    list[list.length - 1] = rest;
    if (rest.kind !== 'empty') break;
    list.pop();
  }
  return sequence(list);
}

function isAssert(tree: Tree, which: readonly string[]): boolean {
  return tree.kind === 'assert' && which.includes(tree.what);
}

/** `.*` where dot takes every character. */
function takesAnything(tree: Tree, reading: Reading): boolean {
  if (tree.kind === 'group') return takesAnything(tree.body, reading);
  if (tree.kind !== 'repeat' || tree.min > 0 || tree.max !== Number.POSITIVE_INFINITY) return false;
  return tree.greed !== 'possessive' && tree.body.kind === 'set' && tree.body.set.size > reading.last;
}

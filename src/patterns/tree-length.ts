/** How many characters a tree takes, when that is always the same; look-behind needs it (pcre2pattern(3)). */
import { assertNever } from '../mail/assert-never.ts';
import type { PcreCursor } from './pcre-cursor.ts';
import { childrenOf, type Look, type Tree } from './syntax-tree.ts';

const LONGEST_LOOK_BEHIND = 65535;

/** Throws PatternError when a look-behind has a branch of varying length. */
export function checkLookBehinds(tree: Tree, cursor: PcreCursor): void {
  const groups = groupBodies(tree);
  const visit = (node: Tree, around: ReadonlySet<number>): void => {
    if (node.kind === 'look' && node.behind) checkLook(node, groups, around, cursor);
    const inside = node.kind === 'group' ? new Set([...around, node.index]) : around;
    for (const child of childrenOf(node)) visit(child, inside);
  };
  visit(tree, new Set([0]));
}

/** `around`: the groups that the look-behind lies in; it cannot contain them. */
function checkLook(look: Look, groups: GroupBodies, around: ReadonlySet<number>, cursor: PcreCursor): void {
  for (const branch of look.branches) {
    const length = fixedLength(branch, groups, around);
    if (length === undefined || length > LONGEST_LOOK_BEHIND) {
      throw cursor.error('each branch of a look-behind always takes the same number of characters', look.at);
    }
  }
}

export type GroupBodies = ReadonlyMap<number, Tree>;

/** The bodies of all groups; of several with one number the first. Group 0 is the whole tree. */
export function groupBodies(tree: Tree): GroupBodies {
  const bodies = new Map<number, Tree>([[0, tree]]);
  const visit = (node: Tree): void => {
    if (node.kind === 'group' && !bodies.has(node.index)) bodies.set(node.index, node.body);
    childrenOf(node).forEach(visit);
  };
  visit(tree);
  return bodies;
}

/** The characters that the tree takes; undefined when that varies. */
export function fixedLength(
  tree: Tree,
  groups: GroupBodies,
  calling: ReadonlySet<number> = new Set(),
): number | undefined {
  const lengthOf = (node: Tree): number | undefined => fixedLength(node, groups, calling);
  switch (tree.kind) {
    case 'set':
      return 1;
    case 'cat':
      return sum(untilEnd(tree.parts).map(lengthOf));
    case 'alt':
      return same(tree.branches.map(lengthOf));
    case 'repeat': {
      const length = tree.min === tree.max ? lengthOf(tree.body) : undefined;
      return length === undefined ? undefined : length * tree.min;
    }
    case 'group':
    case 'atomic':
      return lengthOf(tree.body);
    case 'condition':
      return same([tree.yes, tree.no].map(lengthOf));
    case 'call':
    case 'backref': {
      const [group] = tree.groups;
      const body = group === undefined || tree.groups.length > 1 ? undefined : groups.get(group);
      if (group === undefined || body === undefined || calling.has(group)) return undefined;
      return fixedLength(body, groups, new Set([...calling, group]));
    }
    case 'empty':
    case 'fail':
    case 'assert':
    case 'look':
    case 'keep':
    case 'accept':
      return 0;
    default:
      return assertNever(tree);
  }
}

/** Nothing counts behind (*ACCEPT) or (*FAIL). */
function untilEnd(parts: readonly Tree[]): readonly Tree[] {
  const end = parts.findIndex((part) => part.kind === 'accept' || part.kind === 'fail');
  return end < 0 ? parts : parts.slice(0, end);
}

function sum(lengths: readonly (number | undefined)[]): number | undefined {
  let total = 0;
  for (const length of lengths) {
    if (length === undefined) return undefined;
    total += length;
  }
  return total;
}

function same(lengths: readonly (number | undefined)[]): number | undefined {
  const [first] = lengths;
  return lengths.every((length) => length === first) ? first : undefined;
}

/**
 * The tree that both dialects are parsed into. Case folding, dot and class flags are already settled in its sets, so
 * nobody behind the parsers needs the flags again.
 */
import { assertNever } from '../mail/assert-never.ts';
import type { CharSet } from './char-set.ts';

/**
 * What an assertion looks at, always between two characters:
 * - `textStart`, `textEnd`: the ends of the text (`\A`, `\z`)
 * - `lastLineEnd`: the end, or before a newline that ends the text (`\Z`, PCRE `$`)
 * - `lineStart`: the start, or after any newline (POSIX); `innerLineStart`: but not after the one that ends the text (PCRE)
 * - `lineEnd`: the end, or before any newline
 * - `characterStart`: not within a UTF-8 character; no pattern says so, but a search over bytes has to
 * - `notBeforeNewline`: so that `\R` does not take half of CR LF
 */
export type Assertion =
  | 'textStart'
  | 'textEnd'
  | 'lastLineEnd'
  | 'lineStart'
  | 'innerLineStart'
  | 'lineEnd'
  | 'wordBoundary'
  | 'notWordBoundary'
  | 'wordStart'
  | 'wordEnd'
  | 'characterStart'
  | 'notBeforeNewline';

export type Greed = 'greedy' | 'lazy' | 'possessive';

export type Condition =
  | { readonly kind: 'group'; readonly groups: readonly number[] }
  /** Inside a call of one of these groups (0: the whole pattern); undefined: inside any call. */
  | { readonly kind: 'recursion'; readonly groups: readonly number[] | undefined }
  | { readonly kind: 'look'; readonly look: Look }
  /** `(?(DEFINE)...)`, `(?(VERSION>=10)...)`: known at once. */
  | { readonly kind: 'constant'; readonly value: boolean; readonly define?: true };

export interface Look {
  readonly kind: 'look';
  readonly behind: boolean;
  readonly negative: boolean;
  readonly branches: readonly Tree[];
  /** Where it stands in the pattern. */
  readonly at: number;
}

export type Tree =
  | { readonly kind: 'empty' }
  /** Matches nothing at all: `(*FAIL)`. */
  | { readonly kind: 'fail' }
  | { readonly kind: 'set'; readonly set: CharSet }
  | { readonly kind: 'cat'; readonly parts: readonly Tree[] }
  /** The earlier branch is preferred. */
  | { readonly kind: 'alt'; readonly branches: readonly Tree[] }
  | {
      readonly kind: 'repeat';
      readonly body: Tree;
      readonly min: number;
      readonly max: number;
      readonly greed: Greed;
    }
  | { readonly kind: 'group'; readonly index: number; readonly body: Tree }
  | { readonly kind: 'assert'; readonly what: Assertion }
  // From here on: what no linear engine does.
  | Look
  | { readonly kind: 'atomic'; readonly body: Tree }
  /** The first of the groups that is set; several when a name stands for several groups. */
  | { readonly kind: 'backref'; readonly groups: readonly number[]; readonly ignoreCase: boolean }
  /** A group used as a subroutine (0: the whole pattern); the first of several with one name. */
  | { readonly kind: 'call'; readonly groups: readonly number[] }
  | { readonly kind: 'condition'; readonly test: Condition; readonly yes: Tree; readonly no: Tree }
  /** `\K` */
  | { readonly kind: 'keep' }
  /** `(*ACCEPT)` */
  | { readonly kind: 'accept' };

/** A parsed pattern. */
export interface Parsed {
  readonly tree: Tree;
  /** Capturing groups, the whole match not counted. */
  readonly groups: number;
}

export const emptyTree: Tree = { kind: 'empty' };

/** `first` then `second`, without needless levels. */
export function sequence(parts: readonly Tree[]): Tree {
  const flat = parts.filter((part) => part.kind !== 'empty');
  const [only] = flat;
  if (only === undefined) return emptyTree;
  return flat.length === 1 ? only : { kind: 'cat', parts: flat };
}

/** The trees directly below. */
export function childrenOf(tree: Tree): readonly Tree[] {
  switch (tree.kind) {
    case 'cat':
      return tree.parts;
    case 'alt':
    case 'look':
      return tree.branches;
    case 'repeat':
    case 'group':
    case 'atomic':
      return [tree.body];
    case 'condition':
      return tree.test.kind === 'look' ? [tree.test.look, tree.yes, tree.no] : [tree.yes, tree.no];
    case 'empty':
    case 'fail':
    case 'set':
    case 'assert':
    case 'backref':
    case 'call':
    case 'keep':
    case 'accept':
      return [];
    default:
      return assertNever(tree);
  }
}

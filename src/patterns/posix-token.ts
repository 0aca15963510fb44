/**
 * The tokens of POSIX regular expressions, basic and extended, with the GNU escapes: what `regcomp` of the GNU C library
 * takes each character for (regex(7), `Postfix: regexp_table(5)`).
 */
import type { PatternUnits } from './pattern-units.ts';
import type { Assertion } from './syntax-tree.ts';

export type PosixToken =
  | { readonly kind: 'char'; readonly code: number; readonly escaped: boolean }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'backref'; readonly group: number }
  | { readonly kind: 'class'; readonly name: 'word' | 'space'; readonly negative: boolean }
  | { readonly kind: Punctuation };

type Punctuation =
  | 'open'
  | 'close'
  | 'alternative'
  | 'star'
  | 'plus'
  | 'question'
  | 'interval'
  | 'intervalEnd'
  | 'bracket'
  | 'dot'
  | 'trailingBackslash'
  | 'end';

export interface PosixFlags {
  readonly extended: boolean;
  /** `^` and `$` also match at newlines. `Postfix: REG_NEWLINE` */
  readonly multiline: boolean;
}

const PUNCTUATION = new Map<string, Punctuation>(
  Object.entries({
    '(': 'open',
    ')': 'close',
    '|': 'alternative',
    '+': 'plus',
    '?': 'question',
    '{': 'interval',
    '}': 'intervalEnd',
  }),
);

const ESCAPES = new Map<string, PosixToken>(
  Object.entries({
    '<': { kind: 'assert', what: 'wordStart' },
    '>': { kind: 'assert', what: 'wordEnd' },
    b: { kind: 'assert', what: 'wordBoundary' },
    B: { kind: 'assert', what: 'notWordBoundary' },
    '`': { kind: 'assert', what: 'textStart' },
    "'": { kind: 'assert', what: 'textEnd' },
    w: { kind: 'class', name: 'word', negative: false },
    W: { kind: 'class', name: 'word', negative: true },
    s: { kind: 'class', name: 'space', negative: false },
    S: { kind: 'class', name: 'space', negative: true },
  }),
);

const END: PosixToken = { kind: 'end' };

export class PosixTokens {
  readonly units: PatternUnits;
  readonly flags: PosixFlags;
  /** Where the next token begins. */
  at = 0;

  constructor(units: PatternUnits, flags: PosixFlags) {
    this.units = units;
    this.flags = flags;
  }

  /** Takes the next token. `first`: at the start of a branch, where a basic expression's `^` is an anchor. */
  take(first = false): PosixToken {
    const code = this.units.codes[this.at];
    if (code === undefined) return END;
    if (code === 0x5c) return this.#escape();
    const token = this.#plain(code, first);
    this.at++;
    return token;
  }

  #escape(): PosixToken {
    const code = this.units.codes[this.at + 1];
    this.at += code === undefined ? 1 : 2;
    if (code === undefined) return { kind: 'trailingBackslash' };
    const char = String.fromCodePoint(code);
    if (char >= '1' && char <= '9') return { kind: 'backref', group: Number(char) };
    const punctuation = this.flags.extended ? undefined : PUNCTUATION.get(char);
    if (punctuation !== undefined) return { kind: punctuation };
    return ESCAPES.get(char) ?? { kind: 'char', code, escaped: true };
  }

  #plain(code: number, first: boolean): PosixToken {
    const char = String.fromCodePoint(code);
    const punctuation = this.flags.extended ? PUNCTUATION.get(char) : undefined;
    if (punctuation !== undefined) return { kind: punctuation };
    if (char === '*') return { kind: 'star' };
    if (char === '[') return { kind: 'bracket' };
    if (char === '.') return { kind: 'dot' };
    if (char === '^' && (this.flags.extended || first || this.at === 0)) {
      return { kind: 'assert', what: this.flags.multiline ? 'lineStart' : 'textStart' };
    }
    if (char === '$' && (this.flags.extended || this.#endsBranch())) {
      return { kind: 'assert', what: this.flags.multiline ? 'lineEnd' : 'textEnd' };
    }
    return { kind: 'char', code, escaped: false };
  }

  /** Whether a basic expression's `$` is the last of its branch, which makes it an anchor. */
  #endsBranch(): boolean {
    const { codes } = this.units;
    if (this.at + 1 === codes.length) return true;
    const next = codes[this.at + 2];
    return codes[this.at + 1] === 0x5c && (next === 0x29 || next === 0x7c);
  }
}

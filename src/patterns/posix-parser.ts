/**
 * Reads POSIX regular expressions, basic and extended, as the GNU C library does for Postfix (regexp_table(5)): the same
 * oddities and the same refusals. Order of branches follows the library too, because it decides which of several ways
 * to match fills $1.
 *
 * Unlike Postfix: parentheses nest at most 250 deep, repetitions too.
 */
import { CharSet } from './char-set.ts';
import { newline, spaces, wordChars } from './named-sets.ts';
import type { PatternUnits } from './pattern-units.ts';
import { parseBracket } from './posix-bracket.ts';
import { type PosixFlags, type PosixToken, PosixTokens } from './posix-token.ts';
import type { Reading } from './reading.ts';
import { emptyTree, type Parsed, sequence, type Tree } from './syntax-tree.ts';

/** POSIX RE_DUP_MAX of the GNU C library is 0x7fff; the room for nodes is bounded elsewhere. */
const LARGEST_REPEAT = 0x7fff;
const DEEPEST_NESTING = 250;

export interface PosixOptions extends PosixFlags {
  readonly ignoreCase: boolean;
}

/** Throws PatternError. */
export function parsePosix(units: PatternUnits, reading: Reading, options: PosixOptions): Parsed {
  return new PosixParser(units, reading, options).parse();
}

class PosixParser {
  readonly #units: PatternUnits;
  readonly #reading: Reading;
  readonly #options: PosixOptions;
  readonly #tokens: PosixTokens;
  #token: PosixToken;
  #tokenAt = 0;
  #groups = 0;
  /** Groups that a back-reference may name here: closed, and not in another branch. */
  #completed = new Set<number>();

  constructor(units: PatternUnits, reading: Reading, options: PosixOptions) {
    this.#units = units;
    this.#reading = reading;
    this.#options = options;
    this.#tokens = new PosixTokens(units, options);
    this.#token = this.#tokens.take(true);
  }

  parse(): Parsed {
    const tree = this.#alternatives(0);
    return { tree: tree ?? emptyTree, groups: this.#groups };
  }

  #next(first = false): void {
    this.#tokenAt = this.#tokens.at;
    this.#token = this.#tokens.take(first);
  }

  #error(problem: string, at = this.#tokenAt): Error {
    return this.#units.error(at, problem);
  }

  #endsBranch(depth: number): boolean {
    const { kind } = this.#token;
    return kind === 'alternative' || kind === 'end' || (depth > 0 && kind === 'close');
  }

  /** Undefined: nothing there, not even an empty group. */
  #alternatives(depth: number): Tree | undefined {
    if (depth > DEEPEST_NESTING) throw this.#error(`parentheses nest at most ${DEEPEST_NESTING} deep`);
    const before = new Set(this.#completed);
    const branches = [this.#branch(depth)];
    while (this.#token.kind === 'alternative') {
      this.#next(true);
      const soFar = this.#completed;
      this.#completed = new Set(before);
      branches.push(this.#branch(depth));
      for (const group of soFar) this.#completed.add(group);
    }
    const [first, second] = branches;
    if (branches.length === 1) return first;
    // The library tries a missing first branch after the second one.
    if (first === undefined && second !== undefined) branches.splice(0, 2, second, first);
    return { kind: 'alt', branches: branches.map((branch) => branch ?? emptyTree) };
  }

  #branch(depth: number): Tree | undefined {
    const parts: Tree[] = [];
    while (!this.#endsBranch(depth)) {
      const part = this.#repeated(depth);
      if (part !== undefined) parts.push(part);
    }
    return parts.length === 0 ? undefined : sequence(parts);
  }

  #repeated(depth: number): Tree | undefined {
    const token = this.#token;
    if (token.kind === 'assert') {
      // An anchor takes no repetition; what follows stands for itself.
      this.#next();
      return { kind: 'assert', what: token.what };
    }
    let tree: Tree | undefined = this.#atom(depth);
    let levels = 0;
    while (this.#isRepetition()) {
      if (++levels > DEEPEST_NESTING) throw this.#error(`at most ${DEEPEST_NESTING} repetitions in a row`);
      const star = this.#token.kind === 'star';
      tree = this.#repetition(tree);
      const { kind } = this.#token;
      if (!this.#options.extended && (kind === 'star' || kind === 'interval')) {
        throw this.#error(
          `a repetition follows a repetition; write \\(...\\)${star ? '*' : ''} around the first`,
        );
      }
    }
    return tree;
  }

  #isRepetition(): boolean {
    const { kind } = this.#token;
    return kind === 'star' || kind === 'plus' || kind === 'question' || kind === 'interval';
  }

  #atom(depth: number): Tree {
    const token = this.#token;
    const at = this.#tokenAt;
    switch (token.kind) {
      case 'char':
        return this.#taken(token.escaped ? this.#escapedChar(token.code) : this.#char(token.code));
      case 'dot':
        return this.#taken(this.#dot());
      case 'class':
        return this.#taken(this.#class(token.name, token.negative));
      case 'bracket':
        return this.#bracket();
      case 'open':
        return this.#group(depth);
      case 'backref':
        if (!this.#completed.has(token.group)) {
          throw this.#error(`\\${token.group} stands for a group that is not complete before it`);
        }
        return this.#taken({ kind: 'backref', groups: [token.group], ignoreCase: this.#options.ignoreCase });
      case 'close':
        if (!this.#options.extended) throw this.#error('\\) has no \\( before it');
        return this.#taken(this.#char(0x29));
      case 'intervalEnd':
        return this.#taken(this.#char(0x7d));
      case 'star':
      case 'plus':
      case 'question':
      case 'interval':
        return this.#repetitionOfNothing(token.kind);
      case 'trailingBackslash':
        throw this.#error('a backslash stands at the end; write \\\\ for a backslash');
      default:
        throw this.#error('nothing there to match', at);
    }
  }

  #taken(tree: Tree): Tree {
    this.#next();
    return tree;
  }

  /** A basic expression takes the operator for an ordinary character, an extended one refuses. */
  #repetitionOfNothing(kind: 'star' | 'plus' | 'question' | 'interval'): Tree {
    if (this.#options.extended || kind === 'interval') {
      throw this.#error(
        'a repetition needs something before it; write a backslash before the character to match it',
      );
    }
    return this.#taken(this.#char({ star: 0x2a, plus: 0x2b, question: 0x3f }[kind]));
  }

  #char(code: number): Tree {
    return { kind: 'set', set: this.#options.ignoreCase ? this.#reading.variants(code) : CharSet.char(code) };
  }

  /**
   * `Postfix: REG_ICASE`: the C library compares texts in upper case, but leaves an escaped letter as it is. So `\d`, which
   * is no digit in POSIX, matches nothing at all; without the backslash it would be a letter.
   */
  #escapedChar(code: number): Tree {
    const lost = this.#options.ignoreCase && this.#reading.name === 'bytes' && code >= 0x61 && code <= 0x7a;
    return lost ? { kind: 'fail' } : this.#char(code);
  }

  #dot(): Tree {
    const none = this.#options.multiline ? newline : CharSet.empty;
    return { kind: 'set', set: none.complement(this.#reading.last) };
  }

  #class(name: 'word' | 'space', negative: boolean): Tree {
    const set = name === 'word' ? wordChars : spaces;
    return { kind: 'set', set: negative ? set.complement(this.#reading.last) : set };
  }

  #bracket(): Tree {
    const [set, end] = parseBracket(this.#units, this.#tokens.at, {
      reading: this.#reading,
      ignoreCase: this.#options.ignoreCase,
      multiline: this.#options.multiline,
    });
    this.#tokens.at = end;
    return this.#taken({ kind: 'set', set });
  }

  #group(depth: number): Tree {
    const opened = this.#tokenAt;
    const index = ++this.#groups;
    this.#next(true);
    const body = this.#token.kind === 'close' ? undefined : this.#alternatives(depth + 1);
    if (this.#token.kind !== 'close') throw this.#error('the parenthesis is not closed', opened);
    if (index <= 9) this.#completed.add(index);
    return this.#taken({ kind: 'group', index, body: body ?? emptyTree });
  }

  #repetition(body: Tree | undefined): Tree | undefined {
    const { kind } = this.#token;
    let min = kind === 'plus' ? 1 : 0;
    let max = kind === 'question' ? 1 : Number.POSITIVE_INFINITY;
    if (kind === 'interval') [min, max] = this.#interval();
    this.#next();
    if (body === undefined || max === 0) return undefined;
    return { kind: 'repeat', body, min, max, greed: 'greedy' };
  }

  /** Reads `n}`, `n,}`, `,m}` or `n,m}`; the closing token stays to be taken. */
  #interval(): [number, number] {
    const opened = this.#tokenAt;
    const from = this.#number(opened);
    if (from === undefined && this.#token.kind === 'intervalEnd')
      throw this.#error('{} needs a number', opened);
    const min = from ?? 0;
    const max = this.#token.kind === 'intervalEnd' ? min : (this.#number(opened) ?? Number.POSITIVE_INFINITY);
    if (this.#token.kind !== 'intervalEnd' || min > max) {
      throw this.#error('a repetition is written {n}, {n,} or {n,m} with n up to m', opened);
    }
    if (Math.max(min, max === Number.POSITIVE_INFINITY ? 0 : max) > LARGEST_REPEAT) {
      throw this.#error(`a repetition counts up to ${LARGEST_REPEAT}`, opened);
    }
    return [min, max];
  }

  /** Digits up to a comma or the end of the interval; undefined when there are none. */
  #number(opened: number): number | undefined {
    let value: number | undefined;
    for (;;) {
      this.#next();
      const token = this.#token;
      if (token.kind === 'intervalEnd' || (token.kind === 'char' && token.code === 0x2c)) return value;
      if (token.kind !== 'char' || token.code < 0x30 || token.code > 0x39) {
        throw this.#error(
          'a repetition is written {n}, {n,} or {n,m}; write \\{ to match the character',
          opened,
        );
      }
      value = Math.min((value ?? 0) * 10 + token.code - 0x30, LARGEST_REPEAT + 1);
    }
  }
}

/**
 * Reads PCRE2 patterns as `Postfix: dict_pcre` has them compiled (pcre_table(5), pcre2pattern(3)).
 *
 * Unlike PCRE2 these are refused, with their names: callouts, \X, script runs, Bidi classes, \N{name}, backtracking verbs
 * other than (*ACCEPT) and (*FAIL), and at the start (*UCP) and newline conventions other than (*LF).
 */
import { CharSet } from './char-set.ts';
import { lineEnding } from './line-ending.ts';
import { newline } from './named-sets.ts';
import type { PatternUnits } from './pattern-units.ts';
import { readClass, strayPosixClass } from './pcre-class.ts';
import { readCondition } from './pcre-condition.ts';
import { looksAtCounts, readCounts } from './pcre-counts.ts';
import { PcreCursor } from './pcre-cursor.ts';
import { type Escape, LARGEST_GROUP, readEscape } from './pcre-escape.ts';
import { PcreGroups } from './pcre-groups.ts';
import { type PcreOptions, readOptions } from './pcre-options.ts';
import { skipStartOptions } from './pcre-start.ts';
import type { Reading } from './reading.ts';
import { emptyTree, type Greed, type Look, type Parsed, sequence, type Tree } from './syntax-tree.ts';
import { checkLookBehinds } from './tree-length.ts';

const DEEPEST_NESTING = 250;

export interface PcreFlags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  /** `$` matches at the very end only. `Postfix: the E flag` */
  readonly dollarEndOnly: boolean;
  readonly ungreedy: boolean;
}

/** Throws PatternError. */
export function parsePcre(units: PatternUnits, reading: Reading, flags: PcreFlags): Parsed {
  return new PcreParser(units, reading, flags).parse();
}

/** What stands between two quantifiers. `tree` undefined: nothing to match, such as `(?i)`. */
interface Item {
  readonly tree: Tree | undefined;
  readonly quantifiable: boolean;
}

const NOTHING: Item = { tree: undefined, quantifiable: false };

const ALPHA_GROUPS = new Map<string, string>(
  Object.entries({
    atomic: '>',
    pla: '=',
    positive_lookahead: '=',
    nla: '!',
    negative_lookahead: '!',
    plb: '<=',
    positive_lookbehind: '<=',
    nlb: '<!',
    negative_lookbehind: '<!',
  }),
);

export class PcreParser {
  readonly cursor: PcreCursor;
  readonly groups: PcreGroups;
  readonly #reading: Reading;
  readonly #flags: PcreFlags;
  #options: PcreOptions;
  #depth = 0;
  #quoted = false;
  /** Look-arounds around. */
  #looks = 0;

  constructor(units: PatternUnits, reading: Reading, flags: PcreFlags) {
    this.cursor = new PcreCursor(units);
    this.groups = new PcreGroups(this.cursor);
    this.#reading = reading;
    this.#flags = flags;
    this.#options = { ...flags, extendedMore: false, noAutoCapture: false, duplicateNames: false };
  }

  parse(): Parsed {
    skipStartOptions(this.cursor, this.#reading);
    const tree = this.#alternatives(false);
    if (!this.cursor.atEnd)
      throw this.cursor.error('the parenthesis was never opened; write \\) for the character');
    this.groups.settle();
    checkLookBehinds(tree, this.cursor);
    return { tree, groups: this.groups.count };
  }

  #alternatives(reset: boolean): Tree {
    const branches = this.#branches(reset);
    const [only] = branches;
    return branches.length === 1 && only !== undefined ? only : { kind: 'alt', branches };
  }

  /** Branches up to `)` or the end. `reset`: groups in each branch have the same numbers. */
  #branches(reset: boolean): Tree[] {
    const first = this.groups.opened;
    let most = first;
    const branches = [this.#branch()];
    while (this.cursor.passes('|')) {
      most = Math.max(most, this.groups.opened);
      if (reset) this.groups.opened = first;
      branches.push(this.#branch());
    }
    if (reset) this.groups.opened = Math.max(most, this.groups.opened);
    return branches;
  }

  #branch(): Tree {
    const parts: Tree[] = [];
    for (;;) {
      this.#skipIgnored();
      if (this.cursor.atEnd) break;
      if (!this.#quoted && (this.cursor.looksAt('|') || this.cursor.looksAt(')'))) break;
      const item = this.#item();
      const tree = this.#quantified(item);
      if (tree !== undefined) parts.push(tree);
    }
    return sequence(parts);
  }

  /** Passes what means nothing: comments, white space of the x option, `\E`, and the `\Q` of a quotation. */
  #skipIgnored(): void {
    const { cursor } = this;
    for (;;) {
      if (this.#quoted) {
        if (!cursor.passes('\\E')) return;
        this.#quoted = false;
      } else if (cursor.passes('\\Q')) this.#quoted = true;
      else if (cursor.passes('(?#')) this.#skipTo(')', 'the comment has no closing )');
      else if (!cursor.passes('\\E') && !(this.#options.extended && this.#skipExtended())) return;
    }
  }

  #skipExtended(): boolean {
    const code = this.cursor.code();
    const blank = code === 32 || (code >= 9 && code <= 13) || code === 0x85;
    if (blank || (code | 1) === 0x200f || (code | 1) === 0x2029) {
      this.cursor.at++;
      return true;
    }
    if (!this.cursor.passes('#')) return false;
    this.#skipTo('\n');
    return true;
  }

  /** Behind the next `text`; without one to the end, or an error. */
  #skipTo(text: string, problem?: string): void {
    while (!this.cursor.passes(text)) {
      if (!this.cursor.atEnd) this.cursor.at++;
      else if (problem !== undefined) throw this.cursor.error(problem);
      else return;
    }
  }

  #item(): Item {
    const { cursor } = this;
    const char = this.#quoted ? '' : cursor.peek();
    switch (char) {
      case '\\':
        cursor.at++;
        return this.#escape();
      case '^':
        cursor.at++;
        return this.#assertion(this.#options.multiline ? 'innerLineStart' : 'textStart');
      case '$':
        cursor.at++;
        return this.#assertion(this.#dollar());
      case '.':
        cursor.at++;
        return this.#set((this.#options.dotAll ? CharSet.empty : newline).complement(this.#reading.last));
      case '[':
        return this.#class();
      case '(':
        cursor.at++;
        return this.#parenthesis();
      case '*':
      case '+':
      case '?':
        throw cursor.error(`a repetition needs something before it; write \\${char} for the character`);
      case '{':
        if (looksAtCounts(cursor))
          throw cursor.error('a repetition needs something before it; write \\{ for the character');
        return this.#literal();
      default:
        return this.#literal();
    }
  }

  #literal(): Item {
    const code = this.cursor.code();
    this.cursor.at++;
    return this.#char(code);
  }

  #char(code: number): Item {
    return this.#set(this.#options.ignoreCase ? this.#reading.variants(code) : CharSet.char(code));
  }

  #set(set: CharSet): Item {
    return { tree: { kind: 'set', set }, quantifiable: true };
  }

  #assertion(what: Extract<Tree, { kind: 'assert' }>['what']): Item {
    return { tree: { kind: 'assert', what }, quantifiable: false };
  }

  #dollar(): 'lineEnd' | 'textEnd' | 'lastLineEnd' {
    if (this.#options.multiline) return 'lineEnd';
    return this.#flags.dollarEndOnly ? 'textEnd' : 'lastLineEnd';
  }

  #class(): Item {
    if (this.cursor.passes('[[:<:]]')) return { ...this.#assertion('wordStart'), quantifiable: true };
    if (this.cursor.passes('[[:>:]]')) return { ...this.#assertion('wordEnd'), quantifiable: true };
    if (strayPosixClass(this.cursor))
      throw this.cursor.error('a class such as [:alpha:] stands inside another: [[:alpha:]]');
    this.cursor.at++;
    const { ignoreCase, extendedMore } = this.#options;
    return this.#set(readClass(this.cursor, { reading: this.#reading, ignoreCase, extendedMore }));
  }

  #escape(): Item {
    const at = this.cursor.at;
    const context = { reading: this.#reading, inClass: false, groups: this.groups.opened };
    const read = readEscape(this.cursor, context);
    return this.#escaped(read, at);
  }

  #escaped(read: Escape, at: number): Item {
    const { ignoreCase } = this.#options;
    switch (read.kind) {
      case 'char':
        return this.#char(read.code);
      case 'set':
        return this.#set(read.set);
      case 'assert':
        return this.#assertion(read.what);
      case 'backref':
        return {
          tree: { kind: 'backref', groups: [this.groups.check(read.group, at)], ignoreCase },
          quantifiable: true,
        };
      case 'namedBackref':
        return {
          tree: { kind: 'backref', groups: this.groups.numbersOf(read.name, at), ignoreCase },
          quantifiable: true,
        };
      case 'call':
        return this.#call(read.group, at);
      case 'lineEnding':
        return { tree: lineEnding(this.#reading), quantifiable: true };
      case 'keep':
        if (this.#looks > 0) throw this.cursor.error('\\K has no place in a look-around', at);
        return { tree: { kind: 'keep' }, quantifiable: false };
      case 'quote':
        this.#quoted = true;
        return NOTHING;
    }
  }

  #call(group: number | string, at: number): Item {
    if (typeof group === 'number') {
      return { tree: { kind: 'call', groups: [this.groups.check(group, at)] }, quantifiable: true };
    }
    return { tree: { kind: 'call', groups: this.groups.numbersOf(group, at) }, quantifiable: true };
  }

  // ---- parentheses ----

  #parenthesis(): Item {
    const { cursor } = this;
    const opened = cursor.at - 1;
    if (++this.#depth > DEEPEST_NESTING)
      throw cursor.error(`parentheses nest at most ${DEEPEST_NESTING} deep`, opened);
    const options = this.#options;
    const item = this.#opened(opened);
    this.#depth--;
    if (item !== NOTHING) this.#options = options;
    return item;
  }

  #opened(opened: number): Item {
    const { cursor } = this;
    if (cursor.looksAt('*')) return this.#starred(opened);
    if (!cursor.passes('?')) {
      return this.#options.noAutoCapture ? this.#body(opened) : this.#capture(opened);
    }
    if (cursor.passes('|')) return this.#body(opened, true);
    const symbol = ['>', '=', '!', '<=', '<!'].find((s) => cursor.passes(s));
    if (symbol !== undefined) return this.#symbolic(symbol, opened);
    if (cursor.passes('(')) return this.#condition(opened);
    return this.#called() ?? this.#named(opened) ?? this.#optioned(opened);
  }

  /** The rest of a group whose head is read. */
  #body(opened: number, reset = false): Item {
    return { tree: this.#inside(opened, reset), quantifiable: true };
  }

  #inside(opened: number, reset = false): Tree {
    const tree = this.#alternatives(reset);
    this.#close(opened);
    return tree;
  }

  #capture(opened: number, name?: string): Item {
    const index = this.groups.open();
    if (name !== undefined) this.groups.name(name, this.#options.duplicateNames);
    return { tree: { kind: 'group', index, body: this.#inside(opened) }, quantifiable: true };
  }

  /** `(?<name>`, `(?'name'`, `(?P<name>`, and the reference `(?P=name)`. */
  #named(opened: number): Item | undefined {
    const { cursor } = this;
    if (cursor.passes('<') || cursor.passes('P<')) return this.#capture(opened, cursor.name('>'));
    if (cursor.passes("'")) return this.#capture(opened, cursor.name("'"));
    if (!cursor.looksAt('P')) return undefined;
    cursor.at++;
    const at = cursor.at;
    cursor.expect('=', '(?P is followed by <name>, =name or >name');
    return this.#escaped({ kind: 'namedBackref', name: cursor.name(')') }, at);
  }

  /** `(?R)`, `(?1)`, `(?-1)`, `(?&name)`, `(?P>name)` */
  #called(): Item | undefined {
    const { cursor } = this;
    const at = cursor.at;
    if (cursor.passes('R')) {
      cursor.expect(')', '(?R) ends with )');
      return this.#call(0, at);
    }
    if (cursor.passes('&') || cursor.passes('P>')) return this.#call(cursor.name(')'), at);
    const group = cursor.relativeNumber(this.groups.opened, LARGEST_GROUP);
    if (group === undefined) return undefined;
    cursor.expect(')', 'the call of a group ends with )');
    return this.#call(group, at);
  }

  #optioned(opened: number): Item {
    if (this.cursor.looksAt('C')) throw this.cursor.error('callouts are not supported');
    const options = readOptions(this.cursor, this.#options);
    this.#options = options;
    if (this.cursor.passes(')')) return NOTHING;
    this.cursor.at++;
    return this.#body(opened);
  }

  #symbolic(symbol: string, opened: number): Item {
    if (symbol === '>') return { tree: { kind: 'atomic', body: this.#inside(opened) }, quantifiable: true };
    return { tree: this.look(symbol, opened), quantifiable: true };
  }

  /** The rest of a look-around. `symbol`: `=`, `!`, `<=` or `<!`. */
  look(symbol: string, opened: number): Look {
    this.#looks++;
    const branches = this.#branches(false);
    this.#looks--;
    this.#close(opened);
    return {
      kind: 'look',
      behind: symbol.startsWith('<'),
      negative: symbol.endsWith('!'),
      branches,
      at: opened,
    };
  }

  #condition(opened: number): Item {
    const test = readCondition(this, opened);
    const branches = this.#branches(false);
    this.#close(opened);
    const most = test.kind === 'constant' && test.define === true ? 1 : 2;
    if (branches.length > most) throw this.cursor.error(`a condition has at most ${most} branches`, opened);
    const [yes = emptyTree, no = emptyTree] = branches;
    return { tree: { kind: 'condition', test, yes, no }, quantifiable: true };
  }

  #close(opened: number): void {
    if (!this.cursor.passes(')')) throw this.cursor.error('the parenthesis is not closed', opened);
  }

  /** `(*VERB)` and `(*atomic:...)`; the cursor stands at the star. */
  #starred(opened: number): Item {
    const { cursor } = this;
    const rest = cursor.ahead(60);
    const alpha = /^\*([a-z_]+):/.exec(rest);
    const symbol = ALPHA_GROUPS.get(alpha?.[1] ?? '');
    if (alpha !== null && symbol !== undefined) {
      cursor.at += alpha[0].length;
      return this.#symbolic(symbol, opened);
    }
    if (/^\*\)?$|^\*\)/.test(rest))
      throw cursor.error('a repetition needs something before it; write \\* for the character');
    if (cursor.passes('*ACCEPT)')) return { tree: { kind: 'accept' }, quantifiable: true };
    if (cursor.passes('*FAIL)') || cursor.passes('*F)'))
      return { tree: { kind: 'fail' }, quantifiable: false };
    throw cursor.error(`(${/^\*\w*/.exec(rest)?.[0] ?? '*'} is not supported`, opened);
  }

  // ---- repetition ----

  #quantified(item: Item): Tree | undefined {
    this.#skipIgnored();
    const counts = this.#quoted ? undefined : readCounts(this.cursor);
    if (counts === undefined) return item.tree;
    const { min, max, at } = counts;
    if (!item.quantifiable || item.tree === undefined) {
      throw this.cursor.error('a repetition needs something before it that can be repeated', at);
    }
    this.#skipIgnored();
    const greed = this.#greed();
    if (item.tree.kind === 'look')
      return { kind: 'repeat', body: item.tree, min: Math.min(min, 1), max: Math.min(max, 1), greed };
    return { kind: 'repeat', body: item.tree, min, max, greed };
  }

  #greed(): Greed {
    if (!this.#quoted && this.cursor.passes('+')) return 'possessive';
    const lazy = !this.#quoted && this.cursor.passes('?');
    return lazy === this.#options.ungreedy ? 'greedy' : 'lazy';
  }
}

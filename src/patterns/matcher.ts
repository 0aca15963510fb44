/**
 * One pattern in one reading, with the engines it needs; they are built when a text first needs them.
 *
 * - does it match: an automaton, in linear time. For patterns that no automaton can do it runs a relaxed form first, and
 *   only texts that match that go to the backtracker, within its deadline.
 * - where, and what do the groups hold: POSIX on the automaton, PCRE with the backtracker.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { type Automaton, buildAutomaton, type Purpose } from './automaton.ts';
import { BacktrackSearch } from './backtrack-search.ts';
import { decisiveTree } from './decisive-tree.ts';
import { LatticeTooLarge } from './lattice.ts';
import { LazyDfa } from './lazy-dfa.ts';
import { whyNotLinear } from './linearity.ts';
import { LongestMatch } from './longest-match.ts';
import type { Offences } from './offences.ts';
import type { Spans } from './posix-groups.ts';
import type { Reading } from './reading.ts';
import { relaxedTree } from './relaxed-tree.ts';
import type { Parsed, Tree } from './syntax-tree.ts';
import { inTurns, type Work } from './turns.ts';
import { chooseWindows, type WindowChoice } from './window.ts';

export interface MatcherOptions {
  readonly reading: Reading;
  /** POSIX: the leftmost longest match. */
  readonly longest: boolean;
  /** Only at the start of the text. */
  readonly anchored: boolean;
  readonly offences: Offences;
}

export class Matcher {
  readonly groups: number;
  /** What no automaton can do; undefined: all is linear. */
  readonly whyNotLinear: string | undefined;
  readonly #parsed: Parsed;
  readonly #options: MatcherOptions;
  /** What the automaton matches: exactly the pattern, or more. Undefined: no automaton helps. */
  readonly #gateTree: Tree | undefined;
  #gate: LazyDfa | undefined;
  #longestMatch: LongestMatch | undefined;
  #search: BacktrackSearch | undefined;

  /** Throws TooLarge when no engine has room for it. */
  constructor(parsed: Parsed, options: MatcherOptions) {
    this.groups = parsed.groups;
    this.#parsed = parsed;
    this.#options = options;
    this.whyNotLinear = whyNotLinear(parsed.tree, options.reading);
    const linear = this.whyNotLinear === undefined;
    const tree = linear ? parsed.tree : relaxedTree(parsed.tree, options.reading);
    this.#gateTree = tree && decisiveTree(tree, options.reading, options.anchored);
    if (linear) return;
    this.#backtracker();
    if (this.#gateTree !== undefined && whyNotLinear(this.#gateTree, options.reading) !== undefined) {
      this.#gateTree = undefined;
    }
  }

  /** Whether it matches in `bytes[start..end)`. Throws or rejects with PatternOverrun when that takes too long. */
  test(bytes: Buffer, start: number, end: number): MaybePromise<boolean> {
    const gate = this.#automaton();
    const scan = gate?.scan(bytes, start, end);
    if (scan === 'no') return false;
    if (scan === 'yes' && this.whyNotLinear === undefined) return true;
    return inTurns(this.decide(bytes, start, end));
  }

  /** The same as work to be done in turns. */
  *decide(bytes: Buffer, start: number, end: number): Work<boolean> {
    const gate = this.#automaton();
    if (gate !== undefined) {
      let scan = gate.scan(bytes, start, end);
      while (scan === 'paused') {
        const { pause } = gate;
        yield;
        scan = gate.resume(bytes, end, pause);
      }
      if (scan === 'no' || this.whyNotLinear === undefined) return scan === 'yes';
    }
    return (yield* this.#backtracker().find(bytes, start, end, false)) !== undefined;
  }

  /** The same for text; undefined when it has to go as bytes. */
  testAscii(text: string): boolean | undefined {
    const answer = this.#automaton()?.scanAscii(text);
    return answer === true && this.whyNotLinear !== undefined ? undefined : answer;
  }

  /** What to look for before asking it; undefined: it has to be asked for every text. */
  windows(): WindowChoice | undefined {
    if (this.#gateTree === undefined) return undefined;
    const choice = chooseWindows(this.#gateTree, this.#options.reading, this.#options.anchored);
    return choice !== undefined && this.whyNotLinear !== undefined ? { ...choice, exact: false } : choice;
  }

  /** The spans of the match and its groups; undefined when there is none. */
  find(bytes: Buffer, start: number, end: number): MaybePromise<Spans | undefined> {
    // Most texts do not match, and the automaton knows that soonest.
    if (this.#automaton()?.scan(bytes, start, end) === 'no') return undefined;
    return inTurns(this.#found(bytes, start, end));
  }

  *#found(bytes: Buffer, start: number, end: number): Work<Spans | undefined> {
    if (this.whyNotLinear !== undefined || !this.#options.longest) {
      return yield* this.#backtracker().find(bytes, start, end, this.#options.longest);
    }
    this.#longestMatch ??= new LongestMatch(this.#buildAutomaton(this.#parsed.tree, 'capture'), this.groups);
    try {
      return yield* this.#longestMatch.find(bytes, start, end);
    } catch (error) {
      if (!(error instanceof LatticeTooLarge)) throw error;
      throw this.#options.offences.overrun('the text is too long to know what the groups hold');
    }
  }

  #automaton(): LazyDfa | undefined {
    if (this.#gate === undefined && this.#gateTree !== undefined) {
      this.#gate = new LazyDfa(this.#buildAutomaton(this.#gateTree, 'decide'));
    }
    return this.#gate;
  }

  #buildAutomaton(tree: Tree, purpose: Purpose): Automaton {
    const { reading, anchored } = this.#options;
    return buildAutomaton(tree, { reading, purpose, anchored });
  }

  #backtracker(): BacktrackSearch {
    this.#search ??= new BacktrackSearch(this.#parsed, {
      ...this.#options,
      linear: this.whyNotLinear === undefined,
    });
    return this.#search;
  }
}

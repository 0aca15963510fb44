/**
 * One pattern in one reading, with the engines it needs; they are built when a text first needs them.
 *
 * - does it match: the automaton, in linear time; patterns that no automaton can do: the backtracker, within a deadline
 * - where, and what do the groups hold: POSIX on the automaton, PCRE with the backtracker, which remembers its failures
 *   and so is linear too wherever the automaton is possible
 */

import type { MaybePromise } from '../mail/maybe-promise.ts';
import { type Automaton, buildAutomaton } from './automaton.ts';
import { type BacktrackProgram, buildBacktrackProgram } from './backtrack-program.ts';
import { Backtracker, BacktrackLimit } from './backtracker.ts';
import { decisiveTree } from './decisive-tree.ts';
import { firstBytes } from './first-bytes.ts';
import { LazyDfa } from './lazy-dfa.ts';
import { whyNotLinear } from './linearity.ts';
import { LatticeTooLarge, LongestMatch, type Spans } from './longest-match.ts';
import { MATCH_DEADLINE_MS, type Offences } from './offences.ts';
import type { Reading } from './reading.ts';
import type { Parsed, Tree } from './syntax-tree.ts';
import { inTurns, type Work } from './turns.ts';
import { chooseWindows, type WindowChoice } from './window.ts';

/** Steps of the backtracker between two yields: about a millisecond. */
const STEPS = 1 << 16;

export interface MatcherOptions {
  readonly reading: Reading;
  /** POSIX: the leftmost longest match. */
  readonly longest: boolean;
  /** Only at the start of the text. */
  readonly anchored: boolean;
  readonly offences: Offences;
}

export class Matcher {
  readonly tree: Tree;
  readonly groups: number;
  readonly reading: Reading;
  /** What no automaton can do; undefined: all is linear. */
  readonly whyNotLinear: string | undefined;
  readonly #options: MatcherOptions;
  #dfa: LazyDfa | undefined;
  #longestMatch: LongestMatch | undefined;
  #program: BacktrackProgram | undefined;
  #programSets = new Uint8Array(0);
  #first: Uint8Array | undefined;

  /** Throws TooLarge when not even the backtracker has room for it. */
  constructor(parsed: Parsed, options: MatcherOptions) {
    this.tree = parsed.tree;
    this.groups = parsed.groups;
    this.reading = options.reading;
    this.#options = options;
    this.whyNotLinear = whyNotLinear(parsed.tree, options.reading);
    if (this.whyNotLinear !== undefined) this.#backtrackProgram();
  }

  /** Whether it matches in `bytes[start..end)`. Throws or rejects with PatternOverrun when that takes too long. */
  test(bytes: Buffer, start: number, end: number): MaybePromise<boolean> {
    if (this.whyNotLinear !== undefined) return inTurns(this.decide(bytes, start, end));
    const scan = this.#automaton().scan(bytes, start, end);
    if (scan !== 'paused') return scan === 'yes';
    return inTurns(scanOn(this.#automaton(), bytes, end));
  }

  /** The same as work to be done in turns. */
  *decide(bytes: Buffer, start: number, end: number): Work<boolean> {
    if (this.whyNotLinear !== undefined)
      return (yield* this.#backtracked(bytes, start, end, false)) !== undefined;
    const scan = this.#automaton().scan(bytes, start, end);
    return scan === 'paused' ? yield* scanOn(this.#automaton(), bytes, end) : scan === 'yes';
  }

  /** The same for text; undefined when it has to go as bytes. */
  testAscii(text: string): boolean | undefined {
    return this.whyNotLinear === undefined ? this.#automaton().scanAscii(text) : undefined;
  }

  /** What to look for before asking it; undefined: it has to be asked for every text. */
  windows(): WindowChoice | undefined {
    const choice = chooseWindows(this.tree, this.reading, this.#options.anchored);
    // The windows of what only the backtracker can do are not the whole truth.
    return choice !== undefined && this.whyNotLinear !== undefined ? { ...choice, exact: false } : choice;
  }

  /** The spans of the match and its groups; undefined when there is none. */
  find(bytes: Buffer, start: number, end: number): MaybePromise<Spans | undefined> {
    if (this.whyNotLinear !== undefined || !this.#options.longest)
      return inTurns(this.#backtracked(bytes, start, end));
    return inTurns(this.#longest(bytes, start, end));
  }

  *#longest(bytes: Buffer, start: number, end: number): Work<Spans | undefined> {
    this.#longestMatch ??= new LongestMatch(this.#buildAutomaton('capture'), this.groups);
    try {
      return yield* this.#longestMatch.find(bytes, start, end);
    } catch (error) {
      if (error instanceof LatticeTooLarge)
        throw this.#options.offences.overrun('the text is too long to fill $1');
      throw error;
    }
  }

  *#backtracked(
    bytes: Buffer,
    start: number,
    end: number,
    longest = this.#options.longest,
  ): Work<Spans | undefined> {
    const { offences, anchored } = this.#options;
    offences.checkService();
    const program = this.#backtrackProgram();
    const options = { anchored, longest, first: this.#first };
    const search = new Backtracker(program, this.#programSets, bytes, start, end, options);
    const linear = this.whyNotLinear === undefined;
    let spentMs = 0;
    try {
      for (;;) {
        const before = performance.now();
        const outcome = search.run(STEPS);
        if (outcome !== 'paused') return outcome === 'match' ? search.spans() : undefined;
        spentMs += performance.now() - before;
        if (!(linear && search.remembers) && spentMs > MATCH_DEADLINE_MS) {
          throw offences.overrun(
            `not decided after ${MATCH_DEADLINE_MS} ms on a text of ${end - start} bytes`,
          );
        }
        yield;
      }
    } catch (error) {
      if (error instanceof BacktrackLimit) throw offences.overrun(`not decided: ${error.message}`);
      throw error;
    }
  }

  #automaton(): LazyDfa {
    this.#dfa ??= new LazyDfa(this.#buildAutomaton('decide'));
    return this.#dfa;
  }

  #buildAutomaton(purpose: 'decide' | 'capture'): Automaton {
    const tree =
      purpose === 'decide' ? decisiveTree(this.tree, this.reading, this.#options.anchored) : this.tree;
    return buildAutomaton(tree, { reading: this.reading, purpose, anchored: this.#options.anchored });
  }

  #backtrackProgram(): BacktrackProgram {
    if (this.#program !== undefined) return this.#program;
    const program = buildBacktrackProgram(this.tree, this.groups, this.reading);
    this.#programSets = new Uint8Array(program.sets.length * 256);
    program.sets.forEach((set, i) => {
      for (let byte = 0; byte < 256; byte++) this.#programSets[i * 256 + byte] = set.has(byte) ? 1 : 0;
    });
    this.#first = firstBytes(this.tree, this.reading);
    this.#program = program;
    return program;
  }
}

/** Goes on with a scan that has just paused. */
function* scanOn(dfa: LazyDfa, bytes: Buffer, end: number): Work<boolean> {
  for (;;) {
    const { pause } = dfa;
    yield;
    const scan = dfa.resume(bytes, end, pause);
    if (scan !== 'paused') return scan === 'yes';
  }
}

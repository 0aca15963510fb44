/**
 * Searches with the backtracker, in turns. Where failures are remembered and the pattern is linear, it goes on to the
 * end; else MATCH_DEADLINE_MS of processor time is all it gets, and repeated offenders get none (offences.ts).
 */

import { BacktrackLimit } from './backtrack-limit.ts';
import type { BacktrackProgram } from './backtrack-ops.ts';
import { buildBacktrackProgram } from './backtrack-program.ts';
import { Backtracker } from './backtracker.ts';
import { CharacterText } from './character-text.ts';
import { firstBytes } from './first-bytes.ts';
import { MATCH_DEADLINE_MS, type Offences } from './offences.ts';
import type { Spans } from './posix-groups.ts';
import type { Reading } from './reading.ts';
import type { Parsed } from './syntax-tree.ts';
import type { Work } from './turns.ts';

/** Steps between two yields: about a millisecond. */
const STEPS = 1 << 15;

export interface BacktrackOptions {
  readonly reading: Reading;
  readonly anchored: boolean;
  /** Linear wherever failures are remembered. */
  readonly linear: boolean;
  readonly offences: Offences;
}

export class BacktrackSearch {
  readonly #options: BacktrackOptions;
  readonly #program: BacktrackProgram;
  /** 256 flags for each set of the program. */
  readonly #sets: Uint8Array;
  readonly #first: Uint8Array | undefined;

  /** Throws TooLarge. */
  constructor({ tree, groups }: Parsed, options: BacktrackOptions) {
    this.#options = options;
    this.#program = buildBacktrackProgram(tree, groups, options.reading);
    this.#sets = new Uint8Array(this.#program.sets.length * 256);
    this.#program.sets.forEach((set, i) => {
      for (let byte = 0; byte < 256; byte++) this.#sets[i * 256 + byte] = set.has(byte) ? 1 : 0;
    });
    this.#first = firstBytes(tree, options.reading);
  }

  /** `longest`: POSIX, else the first that PCRE2 finds. Ends with PatternOverrun when it takes too long. */
  *find(bytes: Buffer, start: number, end: number, longest: boolean): Work<Spans | undefined> {
    const { offences, anchored, linear } = this.#options;
    offences.checkService();
    const text = new CharacterText(bytes, start, end, this.#options.reading, this.#program.sets, this.#sets);
    const search = new Backtracker(this.#program, text, { anchored, longest, first: this.#first });
    const unlimited = linear && search.remembers;
    let spentMs = 0;
    for (;;) {
      const before = performance.now();
      const outcome = this.#steps(search);
      if (outcome !== 'paused') return outcome === 'match' ? search.spans() : undefined;
      spentMs += performance.now() - before;
      if (!unlimited && spentMs > MATCH_DEADLINE_MS) {
        throw offences.overrun(`not decided after ${MATCH_DEADLINE_MS} ms on a text of ${end - start} bytes`);
      }
      yield;
    }
  }

  #steps(search: Backtracker): ReturnType<Backtracker['run']> {
    try {
      return search.run(STEPS);
    } catch (error) {
      if (error instanceof BacktrackLimit)
        throw this.#options.offences.overrun(`not decided: ${error.message}`);
      throw error;
    }
  }
}

/** The operations of the backtracker, and the program that is made of them. */
import type { CharSet } from './char-set.ts';
import type { Reading } from './reading.ts';
import type { Assertion, Greed } from './syntax-tree.ts';

/** The operations; a, b, c are the arguments. */
export const OP = {
  match: 0,
  fail: 1,
  /** a: set */
  take: 2,
  /** a: first, b: second, c: memo */
  fork: 3,
  /** a: set, b: Greed as in STAR, c: memo */
  star: 4,
  /** a: assertion */
  assert: 5,
  /** a: group */
  open: 6,
  close: 7,
  /** a: register; notes the place */
  loopStart: 8,
  /** a: register, b: the loop, taken unless the round was empty */
  loopEnd: 9,
  /** a: register; atomic groups and positive look-around */
  cutOpen: 10,
  cutClose: 11,
  lookClose: 12,
  /** a: register, b: where to go on when the body fails */
  notOpen: 13,
  notClose: 14,
  /** a: characters */
  back: 15,
  /** a: index in `lists`, b: 1 ignores case */
  backref: 16,
  /** a: group */
  call: 17,
  keep: 18,
  /** a: index in `lists`, b: else */
  ifGroup: 19,
  /** a: index in `lists` or -1, b: else */
  ifRecursion: 20,
  /** a: register; sets a counter to 0 */
  countStart: 21,
  /** a: register, b: exit, c: index in `counts` */
  count: 22,
  /** Ends the innermost call, or goes on to close the groups around */
  accept: 23,
} as const;

export const STAR: Readonly<Record<Greed, number>> = { greedy: 0, lazy: 1, possessive: 2 };

export interface CountedLoop {
  readonly min: number;
  readonly max: number;
  readonly lazy: boolean;
}

export interface BacktrackProgram {
  readonly reading: Reading;
  readonly op: Int32Array;
  readonly next: Int32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly c: Int32Array;
  readonly start: number;
  readonly sets: readonly CharSet[];
  readonly assertions: readonly Assertion[];
  readonly lists: readonly (readonly number[])[];
  readonly counts: readonly CountedLoop[];
  readonly groups: number;
  /** First node of each group, for calls. */
  readonly entries: readonly number[];
  /** Registers: start and end of each group, where it was opened, and what loops and cuts note. */
  readonly registers: number;
  /** Places in the program whose failures are remembered; 0 when what fails depends on more than the place. */
  readonly memos: number;
}

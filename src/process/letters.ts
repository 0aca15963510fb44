/** What the supervisor and its workers say to each other. */
import type { CountAnswer, CountLetter } from './shared-counters.ts';

/** Something that is not in force, though it should be: a line of a table, a table, a certificate. */
export interface Mistake {
  /** The same mistake in the same file has the same key, wherever its line moves. */
  readonly key: string;
  /** For the operator. */
  readonly line: string;
}

export type FromWorker =
  /** All services listen, and root is given up. */
  | { readonly kind: 'ready'; readonly mistakes: readonly Mistake[] }
  /** It cannot serve; the reasons, one a line. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  | CountLetter;

export type ToWorker =
  /** Take nobody in any more. `patienceMs`: clients may stay so long by themselves; `atMostMs`: then mail may take so long. */
  { readonly kind: 'stop'; readonly patienceMs: number; readonly atMostMs: number } | CountAnswer;

/**
 * In the environment of the one worker of a new set that runs the tests beside the configuration: `must pass`, or it does
 * not serve; `told`: the log hears of those that fail.
 */
export const POLICY_TESTS = 'PORTCULLIS_POLICY_TESTS';

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
  /** It could serve, and waits for the word; nobody is let in yet. */
  | { readonly kind: 'prepared'; readonly mistakes: readonly Mistake[] }
  /** All services listen, root is given up, and clients are let in. */
  | { readonly kind: 'ready' }
  /** It cannot serve; the reasons, one a line. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  | CountLetter;

export type ToWorker =
  /** Let clients in. */
  | { readonly kind: 'serve' }
  /** Take nobody in any more. `patienceMs`: clients may stay so long by themselves; `atMostMs`: then mail may take so long. */
  | { readonly kind: 'stop'; readonly patienceMs: number; readonly atMostMs: number }
  | CountAnswer;

/**
 * In the environment of the one worker of a new set that runs the tests beside the configuration: `must pass`, or it does
 * not serve; `told`: the log hears of those that fail.
 */
export const POLICY_TESTS = 'PORTCULLIS_POLICY_TESTS';

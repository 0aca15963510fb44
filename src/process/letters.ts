/** What the supervisor and its workers say to each other. */
import type { CountAnswer, CountLetter } from './shared-counters.ts';

export type FromWorker =
  /** All services listen, and root is given up. */
  | { readonly kind: 'ready' }
  /** It cannot serve; the reasons, one a line. */
  | { readonly kind: 'failed'; readonly reasons: readonly string[] }
  | CountLetter;

export type ToWorker = { readonly kind: 'stop'; readonly atMostMs: number } | { readonly kind: 'reopen' } | CountAnswer;

/**
 * What the score of the DNS lists means for a client that has just connected. Parameters: postscreen_dnsbl_threshold,
 * postscreen_dnsbl_allowlist_threshold, postscreen_dnsbl_min_ttl, postscreen_dnsbl_max_ttl. `Postfix: postscreen_early.c`.
 */
import type { Score } from '../dns/list-score.ts';
import type { Looked } from '../mail/trace.ts';
import type { ScreenLog } from '../record/screen-log.ts';
import type { ListsTest } from './screen-options.ts';

/** Enough to refuse the client. */
export function isTooHigh({ score }: Score, { threshold }: ListsTest): boolean {
  return score >= threshold;
}

/** The lists know so much good of the client that it need not wait. */
export function isSpared(score: Score, lists: ListsTest): boolean {
  return lists.allowThreshold < 0 && !isTooHigh(score, lists) && score.score <= lists.allowThreshold;
}

/** How long a good score holds. */
export function keptMs({ ttlMs }: Score, { minTtlMs, maxTtlMs }: ListsTest): number {
  return Math.min(Math.max(ttlMs, minTtlMs), maxTtlMs);
}

export function tellAnswers({ answers }: Score, log: ScreenLog): void {
  for (const { shown, zone, answer } of answers) {
    if (answer.kind === 'listed') for (const address of answer.addresses) log.listed(zone, address);
    if (answer.kind === 'unknown') log.unanswered(shown, answer.why);
  }
}

/** For the trace. */
export function lookedUp({ score, answers }: Score): Looked[] {
  const questions = answers.map(({ shown, answer, weight }) => ({
    key: weight === 0 ? shown : `${shown} (${weight})`,
    answer: answer.kind === 'listed' ? answer.addresses.join(' ') : answer.kind,
  }));
  return [...questions, { key: 'DNSBL rank', answer: String(score) }];
}

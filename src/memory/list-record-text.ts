/**
 * What is written down of a DNS list for a day: `QUERIES HITS UNIQUE ERRORS TOTAL-MS SLOWEST-MS TOLD-AT SINCE STATE WHY`,
 * times in milliseconds since 1970.
 */
import type { ListState } from '../dns/list-statistics.ts';
import type { ListRecord } from './list-records.ts';

const WORDS: Readonly<Record<ListState, string>> = {
  'in service': 'in-service',
  'out of service': 'out-of-service',
  silent: 'silent',
  untested: 'untested',
};
const STATES = new Map(Object.entries(WORDS).map(([state, word]) => [word, state as ListState]));

const FORM = /^((?:-?\d{1,15} ){8})(\S+) (.*)$/s;

/** Undefined for what nobody of us has written. */
export function readListRecord(zone: string, asks: string, value: string): ListRecord | undefined {
  const [, numbers = '', word = '', why = ''] = FORM.exec(value) ?? [];
  const state = STATES.get(word);
  if (state === undefined || (asks !== 'address' && asks !== 'name')) return undefined;
  const [
    queries = 0,
    hits = 0,
    uniqueHits = 0,
    errors = 0,
    totalMs = 0,
    slowestMs = 0,
    toldAt = 0,
    since = 0,
  ] = numbers.trim().split(' ').map(Number);
  return {
    ...{ zone, asks, state, why, since, toldAt },
    ...{ queries, hits, uniqueHits, errors, totalMs, slowestMs },
  };
}

export function writeListRecord(record: ListRecord): string {
  const { queries, hits, uniqueHits, errors, totalMs, slowestMs, toldAt, since, state, why } = record;
  const numbers = [queries, hits, uniqueHits, errors, totalMs, slowestMs, toldAt, since];
  return [...numbers.map(Math.round), WORDS[state], why].join(' ');
}

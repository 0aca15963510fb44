/** A DNS list, tested, with its figures: as JSON and as lines for people. */
import type { InspectedList } from '../assembly/list-inspection.ts';
import { formatSource } from '../mail/source.ts';
import type { ListRecord } from '../memory/list-records.ts';

interface Row {
  readonly list: InspectedList;
  readonly record: ListRecord | undefined;
  /** How many days the record is about. */
  readonly days: number;
}

const STATES: Readonly<Record<InspectedList['tested']['kind'], string>> = {
  good: 'good',
  untested: 'cannot be tested',
  bad: 'of no use',
  unknown: 'no answer',
};

export function listFacts({ list, record, days }: Row) {
  const { tested } = list;
  return {
    list: list.zone,
    asks: list.asks,
    places: list.places.map(formatSource),
    state: STATES[tested.kind],
    why: 'why' in tested ? tested.why : undefined,
    ms: Math.round(tested.ms),
    dead: list.dead,
    days,
    gateway: record && recordFacts(record),
  };
}

function recordFacts(record: ListRecord) {
  return {
    state: record.state,
    why: record.why || undefined,
    since: time(record.since),
    told: time(record.toldAt),
    queries: record.queries,
    hits: record.hits,
    unique_hits: record.uniqueHits,
    errors: record.errors,
    mean_ms: meanMs(record),
    slowest_ms: record.slowestMs,
  };
}

export function listText({ list, record, days }: Row): string {
  const { zone, tested, dead, places } = list;
  const head = `${zone.padEnd(36)} ${STATES[tested.kind].padEnd(16)} ${String(Math.round(tested.ms)).padStart(6)} ms`;
  const lines = [
    'why' in tested ? tested.why : undefined,
    dead,
    places.length > 0 ? `named in ${places.map(formatSource).join(', ')}` : undefined,
    record && figures(record, days),
    record && gatewayState(record),
  ];
  return [head, ...lines.flatMap((line) => (line === undefined ? [] : [`    ${line}`]))].join('\n');
}

function figures(record: ListRecord, days: number): string {
  const { queries, hits, uniqueHits, errors, slowestMs } = record;
  const told = [
    `${queries} questions`,
    `${hits} listings (${uniqueHits} by this list alone)`,
    `${errors} without an answer`,
    `${meanMs(record)} ms on average, ${slowestMs} ms at most`,
  ];
  return `${days === 1 ? 'today' : `${days} days`}: ${told.join(', ')}`;
}

/** What the gateway makes of it, where that is worth a line. */
function gatewayState({ state, why, since, toldAt }: ListRecord): string | undefined {
  if (state === 'in service' || state === 'untested') return undefined;
  return `the gateway has it ${state} since ${time(since)} (told ${time(toldAt)}): ${why}`;
}

function meanMs({ queries, totalMs }: ListRecord): number {
  return queries === 0 ? 0 : Math.round(totalMs / queries);
}

function time(at: number): string {
  return new Date(at).toISOString();
}

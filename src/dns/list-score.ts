/**
 * Several DNS lists with weights, added up for one client. Parameters: postscreen_dnsbl_sites (`domain=filter*weight`),
 * postscreen_dnsbl_timeout. `Postfix: postscreen_dnsbl.c`. A list that does not answer in time, or is out of service,
 * adds nothing.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { DnsLists, ListAnswer, ListZone } from './dns-lists.ts';
import { addressFront, type DnsList, parseDnsList } from './list-query.ts';
import { Witnesses } from './list-statistics.ts';

/** One item: answers of the list that match count so much, also below zero. */
export interface WeightedList {
  readonly list: DnsList;
  readonly weight: number;
}

export interface Score {
  readonly score: number;
  /** The list with the most weight among those that have the client. */
  readonly top: ListZone | undefined;
  /** The same as the operator wrote it, without filter and weight. */
  readonly topZone: string | undefined;
  /** How long the score may be kept; 0 where nobody can tell. */
  readonly ttlMs: number;
  /** What each list said, for traces. */
  readonly answers: readonly {
    /** The list and the question, without a customer's key. */
    readonly zone: string;
    readonly shown: string;
    readonly answer: ListAnswer;
    readonly weight: number;
  }[];
}

/** Reads `zen.spamhaus.org=127.0.0.[2..11]*2`; throws a RangeError that says what is wrong. */
export function parseWeightedList(written: string): WeightedList {
  const [, listed = '', weight = '1'] = /^([^*]*)(?:\*(.*))?$/s.exec(written) ?? [];
  if (!/^[+-]?\d{1,6}$/.test(weight))
    throw new RangeError(`"${written}": the weight "${weight}" is no number`);
  const list = parseDnsList(listed);
  if (!/^[\w-]+(?:\.[\w-]+)*$/.test(list.zone)) {
    throw new RangeError(`"${written}": "${list.zone}" is no domain of a list`);
  }
  return { list, weight: Number(weight) };
}

interface Site {
  readonly name: string;
  readonly zone: ListZone;
  readonly rows: readonly WeightedList[];
}

export class ListScore {
  readonly #sites: readonly Site[];
  readonly #timeoutMs: number;

  constructor(rows: readonly WeightedList[], lists: Pick<DnsLists, 'zone'>, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    const byZone = Map.groupBy(rows, ({ list }) => list.zone.toLowerCase());
    this.#sites = [...byZone].map(([name, own]) => ({
      name: own[0]?.list.zone ?? name,
      zone: lists.zone(name, 'address'),
      rows: own,
    }));
  }

  get isEmpty(): boolean {
    return this.#sites.length === 0;
  }

  /** Asks all lists at once, and adds up what they have said by then. Never rejects. */
  async of(address: string, withinMs = this.#timeoutMs): Promise<Score> {
    const timeMs = Math.min(withinMs, this.#timeoutMs);
    const { promise: late, resolve } = Promise.withResolvers<ListAnswer>();
    const timer = setTimeout(() => resolve(noAnswerWithin(timeMs)), timeMs);
    const witnesses = new Witnesses();
    const front = addressFront(address);
    const asked = this.#sites.map(async (site): Promise<Told> => {
      const matches = (one: string) => site.rows.some(({ list }) => list.pattern?.matches(one) ?? true);
      const answer = await Promise.race([site.zone.ask(front, { matches }, witnesses), late]);
      return { site, answer, counted: countedRows(site.rows, answer) };
    });
    const told = await Promise.all(asked);
    clearTimeout(timer);
    return added(front, told);
  }
}

/** What a list has said, and which of its rows count for that. */
interface Told {
  readonly site: Site;
  readonly answer: ListAnswer;
  readonly counted: readonly WeightedList[];
}

function added(front: string, told: readonly Told[]): Score {
  let best: { site: Site; weight: number } | undefined;
  for (const { site, counted } of told) {
    for (const { weight } of counted) if (!best || best.weight < weight) best = { site, weight };
  }
  const answers = told.map(({ site, answer, counted }) => ({
    zone: site.zone.shown,
    shown: `${front}.${site.zone.shown}`,
    answer,
    weight: sum(counted),
  }));
  return {
    score: answers.reduce((total, { weight }) => total + weight, 0),
    top: best?.site.zone,
    topZone: best?.site.name,
    ttlMs: Math.min(...told.map(({ answer }) => ttlOf(answer))),
    answers,
  };
}

/** The name of the list that counts most, for the client's eyes: that in a table of names, else without a key. */
export async function shownName({ top, topZone = '' }: Score, names: NameTable | undefined): Promise<string> {
  return (await names?.find(topZone)) ?? top?.shown ?? '';
}

interface NameTable {
  find(zone: string): MaybePromise<string | undefined>;
}

function noAnswerWithin(ms: number): ListAnswer {
  return { kind: 'unknown', why: `no answer within ${ms / 1_000} s` };
}

function ttlOf(answer: ListAnswer): number {
  switch (answer.kind) {
    case 'listed':
    case 'clear':
      return answer.ttlMs ?? 0;
    case 'unknown':
      return 0;
    case 'out of service':
      return Number.POSITIVE_INFINITY;
  }
}

function countedRows(rows: readonly WeightedList[], answer: ListAnswer): WeightedList[] {
  if (answer.kind !== 'listed') return [];
  return rows.filter(({ list }) => answer.addresses.some((one) => list.pattern?.matches(one) ?? true));
}

function sum(rows: readonly WeightedList[]): number {
  return rows.reduce((total, { weight }) => total + weight, 0);
}

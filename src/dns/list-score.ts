/**
 * Several DNS lists with weights, added up for one client. Parameter: postscreen_dnsbl_sites (`domain=filter*weight`).
 * `Postfix: postscreen_dnsbl.c`. A list that does not answer, or is out of service, adds nothing.
 */
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
  /** What each list said, for traces. */
  readonly answers: readonly {
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

  constructor(rows: readonly WeightedList[], lists: Pick<DnsLists, 'zone'>) {
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

  /** Asks all lists at once. Never rejects. */
  async of(address: string): Promise<Score> {
    const witnesses = new Witnesses();
    const front = addressFront(address);
    const asked = this.#sites.map(async (site) => {
      const matches = (one: string) => site.rows.some(({ list }) => list.pattern?.matches(one) ?? true);
      const answer = await site.zone.ask(front, { matches }, witnesses);
      return { site, answer, counted: countedRows(site.rows, answer) };
    });
    const answers = await Promise.all(asked);
    let best: { site: Site; weight: number } | undefined;
    for (const { site, counted } of answers) {
      for (const { weight } of counted) if (!best || best.weight < weight) best = { site, weight };
    }
    const told = answers.map(({ site, answer, counted }) => ({
      shown: `${front}.${site.zone.shown}`,
      answer,
      weight: sum(counted),
    }));
    return {
      score: told.reduce((total, { weight }) => total + weight, 0),
      top: best?.site.zone,
      topZone: best?.site.name,
      answers: told,
    };
  }
}

function countedRows(rows: readonly WeightedList[], answer: ListAnswer): WeightedList[] {
  if (answer.kind !== 'listed') return [];
  return rows.filter(({ list }) => answer.addresses.some((one) => list.pattern?.matches(one) ?? true));
}

function sum(rows: readonly WeightedList[]): number {
  return rows.reduce((total, { weight }) => total + weight, 0);
}

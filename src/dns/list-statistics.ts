/** What a DNS list is worth and what it costs: questions, hits, hits of its own, errors, time. */

export interface ListStatistics {
  /** Without a customer's key. */
  readonly zone: string;
  readonly asks: 'address' | 'name';
  readonly state: 'in service' | 'out of service' | 'untested';
  /** Why it is out of service, or what it lacks. */
  readonly why: string | undefined;
  /** Since when, milliseconds since 1970. */
  readonly since: number;
  readonly queries: number;
  readonly hits: number;
  /** Hits where no other list that was asked about the same had one. */
  readonly uniqueHits: number;
  /** Questions without an answer. */
  readonly errors: number;
  /** Of the answers, milliseconds. */
  readonly meanMs: number;
  readonly slowestMs: number;
}

/** Counts for one list. */
export class ListCounts {
  queries = 0;
  hits = 0;
  uniqueHits = 0;
  errors = 0;
  #totalMs = 0;
  slowestMs = 0;

  answered(ms: number): void {
    this.#totalMs += ms;
    this.slowestMs = Math.max(this.slowestMs, ms);
  }

  get meanMs(): number {
    return this.queries === 0 ? 0 : this.#totalMs / this.queries;
  }
}

/** The hits about one client, name or sender: which list was the only one? */
export class Witnesses {
  readonly #lists = new Set<ListCounts>();

  hit(list: ListCounts): void {
    if (this.#lists.has(list)) return;
    const [first] = this.#lists;
    this.#lists.add(list);
    list.hits += 1;
    if (this.#lists.size === 1) list.uniqueHits += 1;
    else if (this.#lists.size === 2 && first) first.uniqueHits -= 1;
  }
}

/** What a DNS list is worth and what it costs: questions, hits, hits of its own, errors, time. */

/** `silent`: it has not answered for a while, and is not waited for. `untested`: nobody has asked it yet. */
export type ListState = 'in service' | 'out of service' | 'silent' | 'untested';

export interface ListStatistics {
  /** Without a customer's key. */
  readonly zone: string;
  readonly asks: 'address' | 'name';
  readonly state: ListState;
  /** Why it is out of service or silent, or what it lacks. */
  readonly why: string | undefined;
  /** Since when it is out of service (or in service), milliseconds since 1970. */
  readonly since: number;
  readonly queries: number;
  readonly hits: number;
  /** Hits where no other list that was asked about the same had one. */
  readonly uniqueHits: number;
  /** Questions without an answer. */
  readonly errors: number;
  /** What all questions together have taken. */
  readonly totalMs: number;
  readonly slowestMs: number;
}

/** Counts for one list. */
export class ListCounts {
  queries = 0;
  hits = 0;
  uniqueHits = 0;
  errors = 0;
  totalMs = 0;
  slowestMs = 0;

  answered(ms: number): void {
    this.totalMs += ms;
    this.slowestMs = Math.max(this.slowestMs, ms);
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

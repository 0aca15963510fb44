/**
 * All DNS lists of a configuration: asks them, keeps out those that do harm, and counts. RFC 5782.
 * One list has one health and one count, whatever restrictions of whatever services ask it.
 */
import { formatSource, type Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import { deadListProblem } from './dead-lists.ts';
import type { Answer, Dns } from './dns.ts';
import { ListHealth, RETEST_EVERY_MS } from './list-health.ts';
import { shownZone, withoutListKey } from './list-key.ts';
import { refusalMeaning } from './list-refusals.ts';
import { ListCounts, type ListStatistics, type Witnesses } from './list-statistics.ts';
import type { ListKind } from './list-test.ts';

export type ListAnswer =
  /** `ttlMs`: how long that may be kept, where it is known. */
  | { readonly kind: 'listed'; readonly addresses: readonly string[]; readonly ttlMs: number | undefined }
  | { readonly kind: 'clear'; readonly ttlMs: number | undefined }
  /** It has no opinion, and no answer is missing. */
  | { readonly kind: 'out of service'; readonly why: string }
  | { readonly kind: 'unknown'; readonly why: string };

/** Which of a list's answers count. */
export interface Filter {
  matches(address: string): boolean;
}

export interface DnsListsOptions {
  readonly dns: Dns;
  readonly log: Log;
  /** Zones that our own name servers have. */
  readonly ours?: readonly string[];
  readonly now?: () => number;
  /** Lists are not tested, but believed. */
  readonly trusted?: boolean;
}

/** Most bytes of all TXT records together. `Postfix: RBL_TXT_LIMIT`. */
const TEXT_LIMIT = 500;

export class DnsLists {
  readonly #options: Required<DnsListsOptions>;
  readonly #zones = new Map<string, ListZone>();
  /** Where the operator named a list. */
  readonly #places = new Map<string, Map<string, Source>>();
  #clock: NodeJS.Timeout | undefined;

  constructor({ now = Date.now, ours = [], trusted = false, ...options }: DnsListsOptions) {
    this.#options = { ...options, ours, now, trusted };
  }

  /** What is known against a list of that name; undefined when nothing is. */
  whyDead(zone: string): string | undefined {
    return deadListProblem(zone, this.#options.ours);
  }

  /** The list of that name, for questions about addresses or about names. */
  zone(name: string, kind: ListKind): ListZone {
    const key = `${kind} ${name.toLowerCase()}`;
    const known = this.#zones.get(key);
    if (known) return known;
    const zone = new ListZone(name, kind, this.#options);
    this.#zones.set(key, zone);
    return zone;
  }

  /** Remembers where a list is named, for those who complain about it. */
  mentioned(name: string, source: Source): void {
    const zone = name.toLowerCase();
    const places = this.#places.get(zone) ?? new Map<string, Source>();
    this.#places.set(zone, places.set(formatSource(source), source));
  }

  placesOf(zone: ListZone): readonly Source[] {
    return [...(this.#places.get(zone.name.toLowerCase())?.values() ?? [])];
  }

  /** In the order in which they were first asked for. */
  all(): readonly ListZone[] {
    return [...this.#zones.values()];
  }

  /** Tests all lists at once; how long that takes is up to the resolver's time-outs. */
  async testAll(): Promise<void> {
    await Promise.all(this.all().map(({ health }) => health.test()));
  }

  /** Tests all lists now, and goes on until `close`. */
  watch(): void {
    void this.testAll();
    this.#clock ??= setInterval(() => this.#testDue(), RETEST_EVERY_MS);
    this.#clock.unref();
  }

  close(): void {
    clearInterval(this.#clock);
    this.#clock = undefined;
  }

  statistics(): ListStatistics[] {
    return this.all().map((zone) => zone.statistics());
  }

  #testDue(): void {
    for (const { health } of this.all()) if (health.isDue) void health.test();
  }
}

/** One list. */
export class ListZone {
  /** As it may be shown: without a customer's key. */
  readonly shown: string;
  readonly health: ListHealth;
  /** As it is asked, key and all: not for other eyes. */
  readonly name: string;
  readonly kind: ListKind;
  readonly #dns: Dns;
  readonly #now: () => number;
  readonly #counts = new ListCounts();

  constructor(name: string, kind: ListKind, { dns, log, now, trusted }: Required<DnsListsOptions>) {
    this.name = name;
    this.kind = kind;
    this.#dns = dns;
    this.#now = now;
    this.shown = shownZone(name);
    this.health = new ListHealth({ zone: name, kind, dns, log, now, trusted });
  }

  /**
   * Asks about what stands in front of the zone in a query. `filter`: which answers count; undefined: all. Never rejects;
   * how long it takes is up to the resolver's time-outs.
   */
  async ask(front: string, filter: Filter | undefined, witnesses: Witnesses): Promise<ListAnswer> {
    const wait = this.health.known();
    const { problem, silence } = this.health;
    if (problem !== undefined) return { kind: 'out of service', why: problem };
    if (silence !== undefined) return { kind: 'unknown', why: silence };
    const began = this.#now();
    this.#counts.queries += 1;
    const answer = await this.#dns.a(`${front}.${this.name}`);
    this.#counts.answered(this.#now() - began);
    if (wait) await wait;
    return this.#judge(answer, filter, witnesses);
  }

  /** What the list says of an entry, in words; empty when it says nothing. */
  async text(front: string): Promise<string> {
    const answer = await this.#dns.txt(`${front}.${this.name}`);
    const text = answer.kind === 'found' ? answer.records.join(' / ').slice(0, TEXT_LIMIT) : '';
    return withoutListKey(text, this.name);
  }

  statistics(): ListStatistics {
    const { problem, silence, note, since } = this.health;
    const { queries, hits, uniqueHits, errors, totalMs, slowestMs } = this.#counts;
    return {
      zone: this.shown,
      asks: this.kind,
      ...{ state: this.#state, why: problem ?? silence ?? note, since },
      ...{ queries, hits, uniqueHits, errors, totalMs, slowestMs },
    };
  }

  get #state(): ListStatistics['state'] {
    const { problem, silence, isTested } = this.health;
    if (problem !== undefined) return 'out of service';
    if (silence !== undefined) return 'silent';
    return isTested ? 'in service' : 'untested';
  }

  async #judge(
    answer: Answer<string>,
    filter: Filter | undefined,
    witnesses: Witnesses,
  ): Promise<ListAnswer> {
    if (answer.kind === 'unknown') {
      this.#counts.errors += 1;
      this.health.unanswered(answer.why);
      return answer;
    }
    this.health.answered();
    const { ttlMs } = answer;
    if (answer.kind === 'absent') return { kind: 'clear', ttlMs };
    const refusal = refusalMeaning(this.name, answer.records);
    if (refusal !== undefined) this.health.outOfService(refusal);
    else if (answer.records.some(isStrange)) await this.health.recheck();
    if (this.health.problem !== undefined) return { kind: 'out of service', why: this.health.problem };
    const addresses = answer.records.filter((address) => filter?.matches(address) ?? true);
    if (addresses.length === 0) return { kind: 'clear', ttlMs };
    witnesses.hit(this.#counts);
    return { kind: 'listed', addresses, ttlMs };
  }
}

/** RFC 5782 2.1.1: answers are in 127/8. A parked domain answers with the address of its web server. */
function isStrange(address: string): boolean {
  return !address.startsWith('127.');
}

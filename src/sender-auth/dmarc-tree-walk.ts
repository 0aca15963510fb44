/**
 * The DNS tree walk of DMARC: which records stand at a domain and above it, and which of these names is the
 * organization. RFC 9989 4.10, 4.10.2. At most 8 questions a walk; each name is asked for once, however many walks pass.
 * An answer that cannot be had now makes the walk unknown.
 */
import type { Dns } from '../dns/dns.ts';
import type { Deadline } from './deadline.ts';
import { type DmarcRecord, parseDmarcRecord } from './dmarc-record.ts';

export type RecordAnswer =
  | { readonly kind: 'found'; readonly record: DmarcRecord }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

export interface Place {
  readonly domain: string;
  readonly record: DmarcRecord;
}

export type Walk =
  /** `places`: from the longest name to the shortest. */
  | { readonly kind: 'walked'; readonly organization: string; readonly places: readonly Place[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Names of so many labels or more are cut to one less for the second question. RFC 9989 4.10 step 4 */
const MAX_LABELS = 8;

/** The walks of one message. */
export class TreeWalks {
  readonly #dns: Dns;
  readonly #deadline: Deadline;
  readonly #records = new Map<string, Promise<RecordAnswer>>();
  readonly #walks = new Map<string, Promise<Walk>>();

  constructor(dns: Dns, deadline: Deadline) {
    this.#dns = dns;
    this.#deadline = deadline;
  }

  /** The record of this very name. */
  record(domain: string): Promise<RecordAnswer> {
    return remembered(this.#records, domain, () => this.#ask(domain));
  }

  /** The walk from this name up. */
  from(domain: string): Promise<Walk> {
    return remembered(this.#walks, domain, () => this.#walk(domain));
  }

  async #ask(domain: string): Promise<RecordAnswer> {
    const answer = await this.#deadline.within(this.#dns.txt(`_dmarc.${domain}`));
    if (answer.kind === 'unknown') return { kind: 'unknown', why: `_dmarc.${domain}: ${answer.why}` };
    if (answer.kind === 'absent') return answer;
    const [record, ...more] = answer.records.map(parseDmarcRecord).filter((one) => one !== undefined);
    return record && more.length === 0 ? { kind: 'found', record } : { kind: 'absent' };
  }

  async #walk(start: string): Promise<Walk> {
    const places: Place[] = [];
    let labels = start.split('.');
    while (labels.length > 0) {
      const domain = labels.join('.');
      const answer = await this.record(domain);
      if (answer.kind === 'unknown') return answer;
      if (answer.kind === 'found') {
        places.push({ domain, record: answer.record });
        if (answer.record.psd !== 'u') break;
      }
      labels = labels.length < MAX_LABELS ? labels.slice(1) : labels.slice(1 - MAX_LABELS);
    }
    return { kind: 'walked', organization: organizationOf(start, places), places };
  }
}

/** RFC 9989 4.10.2: the name that says so, the one below a public suffix, else the shortest that has a record. */
function organizationOf(start: string, places: readonly Place[]): string {
  for (const { domain, record } of places) {
    if (record.psd === 'n') return domain;
    if (record.psd === 'y' && domain !== start) return oneBelow(domain, start);
  }
  return places.at(-1)?.domain ?? start;
}

/** The name one label longer than `parent` that `name` is, or is below of. */
function oneBelow(parent: string, name: string): string {
  return name
    .split('.')
    .slice(-1 - parent.split('.').length)
    .join('.');
}

function remembered<T>(known: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const before = known.get(key);
  if (before) return before;
  const made = make();
  known.set(key, made);
  return made;
}

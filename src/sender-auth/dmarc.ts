/**
 * DMARC: do SPF or DKIM prove the domain in From, and what does that domain ask for if they do not? RFC 9989 4, 5.3.
 * Parameter it serves: dmarc_policy. Whether the policy is followed, forgiven or only noted is not decided here.
 * Whatever cannot be known now and might have made it a pass, or chosen another policy, makes it a temperror: never a
 * fail. A From that names no one domain is a permerror with its reason.
 */
import type { Dns } from '../dns/dns.ts';
import { Deadline } from './deadline.ts';
import type { DkimResult } from './dkim-verify.ts';
import type { DmarcPolicy, DmarcRecord } from './dmarc-record.ts';
import { type Place, TreeWalks } from './dmarc-tree-walk.ts';
import { asciiName, isAtOrBelow } from './domain-name.ts';
import type { Author } from './from-header.ts';
import type { SpfResult } from './spf.ts';

export interface DmarcQuestion {
  readonly author: Author;
  /** That of MAIL FROM (HELO for the null sender); one that came from our guess counts for nothing. */
  readonly spf: SpfResult;
  readonly dkim: readonly DkimResult[];
}

export interface DmarcOptions {
  readonly dns: Dns;
  /** For all look-ups together. */
  readonly timeoutMs: number;
}

/** Whether an identifier belongs to the author's organization; unknown: it cannot be told now. */
export type Alignment = 'yes' | 'no' | 'unknown';

export interface DmarcResult {
  readonly result: 'pass' | 'fail' | 'none' | 'temperror' | 'permerror';
  /** What is asked for failing mail, after `sp`, `np` and `t` had their say. */
  readonly policy: DmarcPolicy;
  /** The domain in From; empty when there is none to use. */
  readonly domain: string;
  /** The record that applies and the domain it stands at. */
  readonly record?: DmarcRecord;
  readonly recordDomain?: string;
  readonly spfAligned: Alignment;
  /** For each DKIM result. */
  readonly dkimAligned: readonly Alignment[];
  /** Why it is an error. */
  readonly problem?: string;
  /** Why From cannot be used; the result is then a permerror. */
  readonly unusableFrom?: string;
}

/** Never rejects. */
export async function evaluateDmarc(q: DmarcQuestion, options: DmarcOptions): Promise<DmarcResult> {
  if (q.author.kind === 'unusable') {
    const { why } = q.author;
    return { ...nothing('permerror', '', q), problem: why, unusableFrom: why };
  }
  const deadline = new Deadline(options.timeoutMs);
  try {
    return await new Evaluation(q, q.author.domain, options.dns, deadline).result();
  } finally {
    deadline.end();
  }
}

type Discovery =
  | { readonly kind: 'found'; readonly place: Place }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unknown'; readonly why: string };

class Evaluation {
  readonly #q: DmarcQuestion;
  readonly #domain: string;
  readonly #dns: Dns;
  readonly #deadline: Deadline;
  readonly #walks: TreeWalks;

  constructor(q: DmarcQuestion, domain: string, dns: Dns, deadline: Deadline) {
    this.#q = q;
    this.#domain = domain;
    this.#dns = dns;
    this.#deadline = deadline;
    this.#walks = new TreeWalks(dns, deadline);
  }

  async result(): Promise<DmarcResult> {
    const found = await this.#discover();
    if (found.kind === 'unknown')
      return { ...nothing('temperror', this.#domain, this.#q), problem: found.why };
    if (found.kind === 'absent' || !found.place.record.policies)
      return nothing('none', this.#domain, this.#q);
    const { record, domain: recordDomain } = found.place;
    const { spf, dkim } = this.#q;
    const [spfAligned, ...dkimAligned] = await Promise.all([
      this.#alignment(spf.domain, record.strictSpf),
      ...dkim.map((one) => this.#alignment(one.domain, record.strictDkim)),
    ]);
    const facts = { domain: this.#domain, record, recordDomain, spfAligned, dkimAligned };
    const verdict = verdictOf(this.#q, spfAligned, dkimAligned);
    const policy = await this.#policy(found.place);
    if (verdict === 'fail' && policy === 'unknown') {
      return {
        ...facts,
        result: 'temperror',
        policy: 'none',
        problem: `cannot tell whether ${this.#domain} exists`,
      };
    }
    const problem = verdict === 'temperror' ? { problem: 'SPF or DKIM could not be checked' } : {};
    return { ...facts, ...problem, result: verdict, policy: policy === 'unknown' ? 'none' : policy };
  }

  /** The record that applies. RFC 9989 4.10.1 */
  async #discover(): Promise<Discovery> {
    const own = await this.#walks.record(this.#domain);
    if (own.kind === 'found') return { kind: 'found', place: { domain: this.#domain, record: own.record } };
    const walk = await this.#walks.from(this.#domain);
    if (walk.kind === 'unknown') return walk;
    const last = walk.places.at(-1);
    const place =
      walk.places.find(({ domain }) => domain === walk.organization) ??
      (last?.record.psd === 'y' ? last : undefined);
    return place ? { kind: 'found', place } : { kind: 'absent' };
  }

  /** RFC 9989 4.10.2: the same domain, or (relaxed) the same organization by walks of their own. */
  async #alignment(identifier: string, strict: boolean): Promise<Alignment> {
    if (identifier === this.#domain) return 'yes';
    if (strict || asciiName(identifier) !== identifier) return 'no';
    if (lastLabel(identifier) !== lastLabel(this.#domain)) return 'no';
    const author = await this.#walks.from(this.#domain);
    if (author.kind === 'unknown') return 'unknown';
    if (!isAtOrBelow(identifier, author.organization)) return 'no';
    const other = await this.#walks.from(identifier);
    if (other.kind === 'unknown') return 'unknown';
    return other.organization === author.organization ? 'yes' : 'no';
  }

  async #policy({ domain, record }: Place): Promise<DmarcPolicy | 'unknown'> {
    const policies = record.policies;
    if (!policies) return 'none';
    let policy = domain === this.#domain ? policies.own : policies.below;
    if (domain !== this.#domain && policies.belowMissing !== policies.below) {
      const exists = await this.#exists();
      if (exists === 'unknown') return 'unknown';
      if (exists === 'no') policy = policies.belowMissing;
    }
    return record.testing ? ONE_STEP_LOWER[policy] : policy;
  }

  /** RFC 9989 3.2.13: a name that the DNS denies altogether does not exist. */
  async #exists(): Promise<Alignment> {
    const answer = await this.#deadline.within(this.#dns.a(this.#domain));
    if (answer.kind === 'unknown') return 'unknown';
    return answer.kind === 'absent' && answer.why === 'nxdomain' ? 'no' : 'yes';
  }
}

const ONE_STEP_LOWER: Readonly<Record<DmarcPolicy, DmarcPolicy>> = {
  reject: 'quarantine',
  quarantine: 'none',
  none: 'none',
};

/** A pass needs one proven identifier that aligns; what might have been one leaves it open. */
function verdictOf(q: DmarcQuestion, spfAligned: Alignment, dkimAligned: readonly Alignment[]) {
  const proofs = [
    { worth: spfWorth(q.spf), aligned: spfAligned },
    ...q.dkim.map((one, i) => ({ worth: dkimWorth(one), aligned: dkimAligned[i] ?? 'no' })),
  ];
  if (proofs.some(({ worth, aligned }) => worth === 'proof' && aligned === 'yes')) return 'pass';
  return proofs.some(({ worth, aligned }) => worth !== 'nothing' && aligned !== 'no') ? 'temperror' : 'fail';
}

type Worth = 'proof' | 'perhaps' | 'nothing';

function spfWorth({ result, guessed }: SpfResult): Worth {
  if (guessed) return 'nothing';
  return result === 'pass' ? 'proof' : result === 'temperror' ? 'perhaps' : 'nothing';
}

function dkimWorth({ result, alignedUsable }: DkimResult): Worth {
  if (alignedUsable) return 'proof';
  return result === 'temperror' ? 'perhaps' : 'nothing';
}

function nothing(result: 'none' | 'temperror' | 'permerror', domain: string, q: DmarcQuestion): DmarcResult {
  return { result, policy: 'none', domain, spfAligned: 'no', dkimAligned: q.dkim.map(() => 'no') };
}

function lastLabel(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

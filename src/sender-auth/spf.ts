/**
 * SPF: may this address send for this domain? RFC 7208; the result of MAIL FROM, or of HELO for the null sender.
 * Parameters it serves: spf_verify, spf_best_guess, reject_spf_fail, reject_spf_softfail.
 * What the DNS cannot say now is a temperror. Whether a result is a reason to refuse is not decided here.
 */
import type { Dns } from '../dns/dns.ts';
import { normalAddress } from '../dns/reverse-name.ts';
import type { Address } from '../mail/address.ts';
import { printable } from '../mail/reply.ts';
import { Deadline } from './deadline.ts';
import { qualifiedName } from './domain-name.ts';
import { type Evaluation, SpfEvaluation, type SpfVerdict } from './spf-evaluation.ts';

export interface SpfQuestion {
  /** The client's. */
  readonly address: string;
  readonly helo: string;
  readonly sender: Address;
  /** Our own name, for `%{r}` and Received-SPF. */
  readonly receiver: string;
}

export interface SpfOptions {
  readonly dns: Dns;
  /** For all look-ups together; RFC 7208 4.6.4 wants at least 20 s. */
  readonly timeoutMs: number;
}

export interface SpfResult {
  readonly result: SpfVerdict;
  /** Which name was checked: that of MAIL FROM, or HELO's for the null sender. */
  readonly identity: 'mailfrom' | 'helo';
  /** The domain that was checked; as written when it is none. */
  readonly domain: string;
  /** The term that decided. */
  readonly mechanism?: string;
  /** What the domain says about a fail, made safe for a reply. */
  readonly explanation?: string;
  readonly problem?: string;
  /** Terms that needed the DNS. */
  readonly lookups: number;
  /** The record was ours and not the domain's: this proves nothing to DMARC. */
  readonly guessed?: true;
}

const MAX_EXPLANATION = 400;
const MAX_PROBLEM = 200;

/** Evaluates the record that the sender's domain has published. Never rejects. */
export function checkSpf(q: SpfQuestion, options: SpfOptions): Promise<SpfResult> {
  return check(q, options, (evaluation, domain) => evaluation.evaluate(domain));
}

/**
 * Evaluates a record of ours for a domain that has none: `v=spf1 a/24 mx/24 ptr`. It only ever helps, so the result
 * is `pass` or `none`. Never rejects. Parameter: spf_best_guess.
 */
export async function checkSpfGuess(q: SpfQuestion, record: string, options: SpfOptions): Promise<SpfResult> {
  const guess = await check(q, options, (evaluation, domain) => evaluation.evaluateRecord(domain, record));
  const { identity, domain, lookups } = guess;
  return guess.result === 'pass'
    ? { ...guess, guessed: true }
    : { result: 'none', identity, domain, lookups, guessed: true };
}

async function check(
  q: SpfQuestion,
  options: SpfOptions,
  evaluate: (evaluation: SpfEvaluation, domain: string) => Promise<Evaluation>,
): Promise<SpfResult> {
  const identity = q.sender.text === '' ? 'helo' : 'mailfrom';
  const written = identity === 'helo' ? q.helo : q.sender.domain;
  const domain = qualifiedName(written);
  if (domain === undefined) {
    return {
      result: 'none',
      identity,
      domain: safe(written, MAX_PROBLEM),
      problem: 'no domain name',
      lookups: 0,
    };
  }
  const deadline = new Deadline(options.timeoutMs);
  const evaluation = new SpfEvaluation(macroValues(q, domain), options.dns, deadline);
  try {
    const found = await evaluate(evaluation, domain);
    return { ...safely(found), identity, domain, lookups: evaluation.lookups };
  } finally {
    deadline.end();
  }
}

function macroValues(q: SpfQuestion, domain: string) {
  return {
    address: normalAddress(q.address),
    local: q.sender.local === '' ? 'postmaster' : q.sender.local,
    senderDomain: domain,
    helo: q.helo,
    receiver: q.receiver,
    time: Math.trunc(Date.now() / 1000),
  };
}

/** Whatever came from a stranger's DNS made fit for replies and log lines. */
function safely(found: Evaluation): Evaluation {
  return {
    result: found.result,
    ...(found.mechanism !== undefined && { mechanism: safe(found.mechanism, MAX_PROBLEM) }),
    ...(found.problem !== undefined && { problem: safe(found.problem, MAX_PROBLEM) }),
    ...(found.explanation !== undefined && { explanation: safe(found.explanation, MAX_EXPLANATION) }),
  };
}

function safe(text: string, length: number): string {
  return printable(text.slice(0, length)).replace(/[^\x20-\x7e]/g, '?');
}

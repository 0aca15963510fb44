/**
 * What follows of a DMARC result. Parameters: dmarc_policy, dmarc_quarantine_action. RFC 9989 5.4, RFC 7372 3.
 * With `enforce` the domain's wish is done, a From field that names nobody is refused, and what cannot be known now
 * waits; with `monitor` nothing follows.
 */
import { type Reply, reply } from '../../mail/reply.ts';
import type { Source } from '../../mail/source.ts';
import type { DkimResult } from '../../sender-auth/dkim-verify.ts';
import type { DmarcResult } from '../../sender-auth/dmarc.ts';
import { dmarcSentence } from '../../sender-auth/dmarc-sentence.ts';
import type { SpfResult } from '../../sender-auth/spf.ts';
import type { Finding } from '../finding.ts';
import type { RawVerdict } from '../raw-reader.ts';

export interface DmarcPolicyOptions {
  readonly mode: 'off' | 'monitor' | 'enforce';
  /** What becomes of mail that its domain wants in quarantine. */
  readonly quarantine: 'tag' | 'quarantine';
  /** Where dmarc_policy stands. */
  readonly source: Source;
}

export interface DmarcEvidence {
  readonly dmarc: DmarcResult;
  readonly spf: SpfResult;
  readonly dkim: readonly DkimResult[];
}

/** A refusal or an order; nothing where the mail may go on. */
export type Consequence = Pick<RawVerdict, 'refusal' | 'findings'>;

/** What is done about the result. */
export function consequenceOf(evidence: DmarcEvidence, options: DmarcPolicyOptions): Consequence {
  if (options.mode !== 'enforce') return {};
  const { dmarc, spf, dkim } = evidence;
  const sentence = dmarcSentence(dmarc, spf, dkim);
  const refused = (answer: Reply) => ({
    refusal: { reply: answer, restriction: 'dmarc_policy', rule: options.source },
  });
  if (dmarc.unusableFrom !== undefined) return refused(reply(550, '5.7.26', `DMARC: ${sentence}`));
  if (dmarc.result === 'temperror' && (dmarc.policy !== 'none' || !dmarc.record)) {
    return refused(reply(451, '4.7.26', `DMARC cannot be checked now: ${sentence}`));
  }
  if (dmarc.result !== 'fail' || dmarc.policy === 'none') return {};
  if (dmarc.policy === 'reject') {
    return refused(reply(550, '5.7.26', `Refused as the DMARC policy of ${dmarc.domain} asks: ${sentence}`));
  }
  return { findings: [quarantine(sentence, options)] };
}

/** What a consequence is called in a report. RFC 9990 */
export function dispositionOf({ refusal, findings }: Consequence): 'none' | 'quarantine' | 'reject' {
  if (refusal) return refusal.reply.code < 500 ? 'none' : 'reject';
  return findings ? 'quarantine' : 'none';
}

function quarantine(sentence: string, { quarantine: how, source }: DmarcPolicyOptions): Finding {
  const why = `DMARC: ${sentence}`;
  const action = how === 'quarantine' ? `HOLD ${why}` : `PREPEND X-Portcullis-Verdict: quarantine; ${why}`;
  return { check: 'dmarc_policy', action, source, evidence: sentence };
}

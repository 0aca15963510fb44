/**
 * One mail as a row of an aggregate report for the owner of the domain in From: what he has published, what was found and
 * what was done. In the words of RFC 9990, so that reports can be made of the ledger. Rows are kept for domains whose
 * record asks for reports (`rua`); nobody else would get one.
 */
import type { DkimResult } from './dkim-verify.ts';
import type { Alignment, DmarcResult } from './dmarc.ts';
import type { DmarcPolicies, DmarcRecord } from './dmarc-record.ts';
import type { SpfResult } from './spf.ts';

export interface DmarcReportRow {
  readonly report_to: readonly string[];
  readonly policy_published: Readonly<Record<string, string>>;
  readonly policy_evaluated: {
    readonly disposition: 'none' | 'quarantine' | 'reject';
    readonly dkim: 'pass' | 'fail';
    readonly spf: 'pass' | 'fail';
    /** Why the policy was not followed. */
    readonly reason?: { readonly type: string; readonly comment: string };
  };
  readonly identifiers: { readonly header_from: string; readonly envelope_from: string };
  readonly auth_results: {
    readonly dkim: readonly { readonly domain: string; readonly selector: string; readonly result: string }[];
    readonly spf: { readonly domain: string; readonly scope: string; readonly result: string };
  };
}

export interface ReportedMail {
  readonly dmarc: DmarcResult;
  readonly spf: SpfResult;
  readonly dkim: readonly DkimResult[];
  readonly envelopeFrom: string;
  readonly disposition: DmarcReportRow['policy_evaluated']['disposition'];
  readonly reason?: DmarcReportRow['policy_evaluated']['reason'];
}

/** Undefined: nobody wants to hear of it. */
export function reportRow({ dmarc, spf, dkim, ...mail }: ReportedMail): DmarcReportRow | undefined {
  const { record, recordDomain = dmarc.domain } = dmarc;
  if (!record?.policies || record.reportTo.length === 0) return undefined;
  return {
    report_to: record.reportTo,
    policy_published: published(recordDomain, record, record.policies),
    policy_evaluated: {
      disposition: mail.disposition,
      dkim: passed(
        dkim.some(
          ({ result, alignedUsable }, i) =>
            result === 'pass' && alignedUsable && isAligned(dmarc.dkimAligned[i]),
        ),
      ),
      spf: passed(spf.result === 'pass' && !spf.guessed && isAligned(dmarc.spfAligned)),
      ...(mail.reason && { reason: mail.reason }),
    },
    identifiers: { header_from: dmarc.domain, envelope_from: mail.envelopeFrom },
    auth_results: {
      dkim: dkim.map(({ domain, selector, result }) => ({ domain, selector, result })),
      spf: { domain: spf.domain, scope: spf.identity === 'helo' ? 'helo' : 'mfrom', result: spf.result },
    },
  };
}

function published(domain: string, record: DmarcRecord, policies: DmarcPolicies): Record<string, string> {
  return {
    domain,
    p: policies.own,
    sp: policies.below,
    np: policies.belowMissing,
    adkim: record.strictDkim ? 's' : 'r',
    aspf: record.strictSpf ? 's' : 'r',
    testing: record.testing ? 'y' : 'n',
    discovery_method: 'treewalk',
  };
}

const passed = (is: boolean) => (is ? 'pass' : 'fail');
const isAligned = (alignment: Alignment | undefined) => alignment === 'yes';

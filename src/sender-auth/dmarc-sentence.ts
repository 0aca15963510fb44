/**
 * Why DMARC failed, in one sentence that the sender's postmaster can act on: the domain in From, both identifiers with
 * their results, and the record. For replies and the log; one line of ASCII, whatever strangers have put into it.
 */
import { printable } from '../mail/reply.ts';
import type { DkimResult } from './dkim-verify.ts';
import type { Alignment, DmarcResult } from './dmarc.ts';
import type { SpfResult } from './spf.ts';

const MAX_RECORD = 120;
const MAX_SENTENCE = 480;

/** The sentence, without a full stop. */
export function dmarcSentence(found: DmarcResult, spf: SpfResult, dkim: readonly DkimResult[]): string {
  if (found.unusableFrom !== undefined) return line(found.unusableFrom);
  const parts = [
    `From domain ${found.domain}`,
    spfPart(spf, found.spfAligned),
    dkimPart(dkim, found.dkimAligned),
    recordPart(found),
  ];
  if (found.problem !== undefined) parts.push(found.problem);
  return line(parts.join('; '));
}

function spfPart(spf: SpfResult, aligned: Alignment): string {
  return `SPF ${spf.result} for ${spf.domain || 'no domain'} (${ALIGNED[aligned]})`;
}

/** The signature that came nearest, and how many others there are. */
function dkimPart(dkim: readonly DkimResult[], aligned: readonly Alignment[]): string {
  const best = dkim.findIndex((_, i) => aligned[i] === 'yes');
  const shown =
    best >= 0
      ? best
      : Math.max(
          0,
          dkim.findIndex((one) => one.result === 'pass'),
        );
  const one = dkim[shown];
  if (!one) return 'DKIM none';
  const others = dkim.length > 1 ? ` and ${dkim.length - 1} more` : '';
  const why = one.result === 'pass' ? '' : `, ${one.comment}`;
  return `DKIM ${one.result} for ${one.domain || 'no domain'} (${ALIGNED[aligned[shown] ?? 'no']}${why})${others}`;
}

const ALIGNED: Readonly<Record<Alignment, string>> = {
  yes: 'aligned',
  no: 'not aligned',
  unknown: 'alignment unknown',
};

function recordPart({ result, record, recordDomain, policy }: DmarcResult): string {
  if (!record) return result === 'temperror' ? 'DMARC record unknown' : 'no DMARC record';
  return `policy ${policy} by _dmarc.${recordDomain}: ${record.text.slice(0, MAX_RECORD)}`;
}

function line(text: string): string {
  return printable(text.slice(0, MAX_SENTENCE)).replace(/[^\x20-\x7e]/g, '?');
}

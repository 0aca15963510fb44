/**
 * What a mail host's answer to a probe says about the address. A 2xx to RCPT: it is deliverable. A 5xx to RCPT: it is
 * not, unless the host refuses us and not the address: then nothing was learned. RFC 3463 3.8, RFC 5321 4.2.
 * Unlike Postfix, where any 5xx to a probe counts as "undeliverable" (ADDRESS_VERIFICATION_README, Limitations).
 */
import { type Reply, replyBytes } from '../mail/reply.ts';

/** The command that was answered. */
export type ProbedStep = 'mail' | 'rcpt' | 'data';

export interface Meaning {
  readonly kind: 'deliverable' | 'undeliverable' | 'unknown';
  /** The host does not want to be asked by us. */
  readonly isPolicy: boolean;
  /** Another mail exchanger need not be asked. */
  readonly isFinal: boolean;
}

/** Refusals that speak of a mailbox. RFC 5321 4.2.3, RFC 7504. */
const ABOUT_MAILBOX = new Set([521, 550, 551, 552, 553, 554, 556]);

/** Hosts that name no status often name the list that they found us on. */
const POLICY_WORDS =
  /spamhaus|spamcop|barracuda|sorbs|dnsbl|\brbl\b|block ?list|black ?list|deny ?list|reputation|greylist|\bSPF\b/i;

export function meaningOf(step: ProbedStep, said: Reply): Meaning {
  if (said.code < 400) {
    const isYes = step === 'data' ? said.code === 354 : said.code < 300;
    return { kind: isYes ? 'deliverable' : 'unknown', isPolicy: false, isFinal: isYes };
  }
  if (said.code < 500) return { kind: 'unknown', isPolicy: said.status.startsWith('4.7.'), isFinal: false };
  const isPolicy = isPolicyRefusal(said);
  const isAboutAddress = step !== 'mail' && !isPolicy && ABOUT_MAILBOX.has(said.code);
  return { kind: isAboutAddress ? 'undeliverable' : 'unknown', isPolicy, isFinal: true };
}

function isPolicyRefusal({ status, lines }: Reply): boolean {
  if (status.startsWith('5.7.')) return true;
  return status === '' && POLICY_WORDS.test(lines.join(' '));
}

const REQUESTS: Readonly<Record<ProbedStep, string>> = {
  mail: 'MAIL FROM command',
  rcpt: 'RCPT TO command',
  data: 'DATA command',
};

/** As smtp(8) says it. `where`: `host[address]`. */
export function saidText(where: string, said: Reply, step: ProbedStep): string {
  return `host ${where} said: ${oneLine(said)} (in reply to ${REQUESTS[step]})`;
}

/** All lines of a reply in one. */
export function oneLine(said: Reply): string {
  return replyBytes(said).trimEnd().replace(/\r\n/g, ' ');
}

/**
 * What mail was signed by, for the next mail of the same sender; and what becomes of mail that was let in because such
 * mail has been signed so far, and is not. Serves permit_correspondent and greylisting by identity.
 * A signature that cannot be checked now makes the mail wait as a missing one does, but nothing is forgotten for it.
 */
import { reply } from '../../mail/reply.ts';
import { builtIn } from '../../mail/source.ts';
import type { KnownSigners } from '../../memory/known-signers.ts';
import { sameOrganisation } from '../../memory/organisation.ts';
import type { DkimResult } from '../../sender-auth/dkim-verify.ts';
import type { MailOf } from '../inspection.ts';
import type { ContentRefusal } from '../judgement.ts';

/** What is remembered of signers. */
export type Signers = Pick<KnownSigners, 'learn' | 'forget'>;

/** Keeps in mind who signed the mail. */
export function learnSigner(
  { session, envelope }: MailOf,
  dkim: readonly DkimResult[],
  signers: Signers,
): void {
  const { domain } = envelope.sender;
  const good = dkim.filter(isGood);
  const signer = good.find((one) => sameOrganisation(one.domain, domain)) ?? good[0];
  if (domain !== '' && signer) void signers.learn(session.client.address, domain, signer.domain);
}

/** The refusal of mail that lacks the signature it was let in for. */
export function missingSignature(
  { session, envelope }: MailOf,
  dkim: readonly DkimResult[],
  signers: Signers,
): ContentRefusal | undefined {
  const expected = envelope.orders.signature;
  if (expected === undefined || dkim.some((one) => isGood(one) && sameOrganisation(one.domain, expected))) {
    return undefined;
  }
  const isUnclear = dkim.some(({ result }) => result === 'temperror');
  if (!isUnclear) void signers.forget(session.client.address, envelope.sender.domain);
  const text = `<${envelope.sender.text}>: Sender address rejected: no valid DKIM signature of ${expected}, please try again`;
  return { reply: reply(450, '4.7.20', text), restriction: 'permit_correspondent', rule: builtIn };
}

function isGood({ result, alignedUsable }: DkimResult): boolean {
  return result === 'pass' && alignedUsable;
}

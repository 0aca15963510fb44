/**
 * permit_correspondent: one of our users has written to the sender before. Parameters: learn_correspondents,
 * correspondent_lifetime. Only for senders whose domain is proven, since anybody can write any address, and only for
 * recipients that are ours. The proof is SPF; or that mail of this domain has been signed so far, on condition that this
 * one is, too (content/authentication/expected-signature.ts). A memory that does not answer knows nobody.
 */
import type { Address } from '../mail/address.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { StoreFailure } from '../memory/store.ts';
import { ofParty } from './address.ts';
import { mayPermitByList } from './destination.ts';
import { looked, type Question } from './question.ts';
import type { Judge } from './restriction.ts';
import type { Sources } from './sources.ts';

export function permitCorrespondent(sources: Sources): Judge {
  return ofParty('sender', async (sender, q) => {
    if (!(await isCorrespondent(q, sender, sources))) return dunno;
    return (await mayPermitByList(q, sources)) ? permit : dunno;
  });
}

/** Whether somebody of us has written to the sender, and it is he. */
export async function isCorrespondent(q: Question, sender: Address, { memory }: Sources): Promise<boolean> {
  const users = await usersOf(q, sender, memory);
  if (users === undefined) return false;
  const proof = await memory.identities.proofOf(sender.domain, { ...q, sender });
  looked(
    q,
    `correspondent ${sender.text}`,
    `known to ${users}; ${proof ? `proven by ${proof}` : 'not proven'}`,
  );
  if (proof !== 'dkim' || !q.hearing.expectSignature) return proof === 'spf';
  q.hearing.expectSignature(sender.domain);
  return true;
}

async function usersOf(q: Question, sender: Address, memory: Sources['memory']): Promise<string | undefined> {
  try {
    const found = await memory.correspondents.find(sender);
    return found && Object.keys(found.users).join(', ');
  } catch (error) {
    if (!(error instanceof StoreFailure)) throw error;
    looked(q, 'memory', error.message);
    return undefined;
  }
}

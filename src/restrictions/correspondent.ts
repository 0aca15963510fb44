/**
 * permit_correspondent: one of our users has written to the sender before. Parameters: learn_correspondents,
 * correspondent_lifetime. Only for senders whose domain is proven (SPF, or DKIM as it was seen before), since anybody can
 * write any address, and only for recipients that are ours. A memory that does not answer knows nobody.
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
  const isProven = await memory.identities.isProven(sender.domain, { ...q, sender });
  looked(q, `correspondent ${sender.text}`, `${isProven ? '' : 'not proven; '}known to ${users}`);
  return isProven;
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

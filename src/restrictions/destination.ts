/** Whether we are in charge of the recipient's domain: what keeps an open relay shut. */

import type { Resolved } from '../addresses/resolver.ts';
import type { Address } from '../mail/address.ts';
import { dunno, permit } from '../mail/verdict.ts';
import { isFinal, resolveParty } from './address.ts';
import type { Question } from './question.ts';
import { type Judge, reject } from './restriction.ts';
import type { Sources } from './sources.ts';

/** Whether mail for the recipient is ours to take; an address with routing in it is not. */
export function isAuthorized(resolved: Resolved, { allowUntrustedRouting }: Sources): boolean {
  if (resolved.routed && !allowUntrustedRouting) return false;
  return isFinal(resolved) || resolved.class === 'relay';
}

async function ours(recipient: Address, q: Question, sources: Sources): Promise<boolean> {
  return isAuthorized(await resolveParty('recipient', recipient, q, sources.addresses), sources);
}

export function permitAuthDestination(sources: Sources): Judge {
  return async (q) => (q.recipient && (await ours(q.recipient, q, sources)) ? permit : dunno);
}

/** `defer_unauth_destination` is the same, for now instead of for good. */
export function rejectUnauthDestination(sources: Sources, how: 'reject' | 'defer'): Judge {
  const code = sources.codes.relay_domains_reject_code - (how === 'defer' ? 100 : 0);
  const status = how === 'defer' ? '4.7.1' : '5.7.1';
  return async (q) => {
    if (!q.recipient || (await ours(q.recipient, q, sources))) return dunno;
    return reject(code, status, `<${q.recipient.text}>: Relay access denied`);
  };
}

/** A client that is on an allow list must not relay through us: only mail that is ours is let in by one. */
export async function mayPermitByList(q: Question, sources: Sources): Promise<boolean> {
  return q.stage !== 'RCPT' || !q.recipient || (await ours(q.recipient, q, sources));
}

/**
 * A service behind a queue must not refuse mail for good: the MTA in front of it would return it to a sender who is
 * mostly forged. Parameters: after_queue_action. A refusal for now stays one; the MTA tries again.
 */
import type { Orders } from '../mail/envelope.ts';
import { type Reply, replyText } from '../mail/reply.ts';

export type AfterQueueAction = 'quarantine' | 'discard' | 'tag';

/** Gives the order that stands for a refusal. */
export function insteadOfRefusing(refusal: Reply, orders: Orders, action: AfterQueueAction): void {
  const why = replyText(refusal);
  if (action === 'quarantine') orders.hold ??= why;
  else if (action === 'discard') orders.discard ??= why;
  else orders.prepend.push(`X-Portcullis-Verdict: reject; ${why}`);
}

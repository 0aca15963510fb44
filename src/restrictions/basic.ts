/** Restrictions that ask nobody: permit, reject, defer, sleep and what the protocol itself shows. */
import { setTimeout as sleep } from 'node:timers/promises';
import { dunno, permit, type Verdict } from '../mail/verdict.ts';
import { rejectedText } from './access-result.ts';
import type { ReplyCodes } from './reply-codes.ts';
import { type Judge, postpone, reject } from './restriction.ts';

export const permitAll: Judge = () => permit;

export function rejectAll({ reject_code }: ReplyCodes): Judge {
  return (q) => reject(reject_code, '5.7.1', rejectedText(q.subject, 'Access denied'));
}

export function deferAll({ defer_code }: ReplyCodes): Judge {
  return (q) => reject(defer_code, '4.3.2', rejectedText(q.subject, 'Try again later'));
}

/** `defer_if_permit` and `defer_if_reject` as restrictions of their own. */
export function deferIf(until: 'permit' | 'reject'): Judge {
  return (q) => postpone(until, 450, '4.7.0', rejectedText(q.subject, `defer_if_${until} requested`));
}

/** Longest pause, seconds; whoever waits longer has lost the client anyway. RFC 5321 4.5.3.2. */
const LONGEST_SLEEP = 300;

export function pause(seconds: number): Judge {
  return async (): Promise<Verdict> => {
    await sleep(Math.min(seconds, LONGEST_SLEEP) * 1000);
    return dunno;
  };
}

export function rejectPlaintextSession({ plaintext_reject_code }: ReplyCodes): Judge {
  return (q) =>
    q.session.tls ? dunno : reject(plaintext_reject_code, '4.7.1', 'Session encryption is required');
}

/** RFC 2920 3.1: some commands must wait for the answer before. */
export const rejectUnauthPipelining: Judge = (q) =>
  q.session.unauthorizedPipelining
    ? reject(503, '5.5.0', rejectedText(q.subject, 'Improper use of SMTP command pipelining'))
    : dunno;

/** A bounce speaks of one mail and has one recipient. RFC 5321 4.5.5. */
export function rejectMultiRecipientBounce({ multi_recipient_bounce_reject_code }: ReplyCodes): Judge {
  return (q) => {
    const most = q.stage === 'RCPT' ? 0 : 1;
    if (q.sender?.text !== '' || q.recipientCount <= most) return dunno;
    return reject(
      multi_recipient_bounce_reject_code,
      '5.5.3',
      rejectedText(q.subject, 'Multi-recipient bounce'),
    );
  };
}

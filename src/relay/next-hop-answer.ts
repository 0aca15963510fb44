/** What a next hop's replies mean for the client: passed on, merged, or no answer at all. RFC 5321 4.2, RFC 2033 4.2. */
import type { Recipient } from '../mail/envelope.ts';
import { isRefusal, type Reply, replyText } from '../mail/reply.ts';
import type { Step } from '../smtp/step.ts';
import { WireFault } from '../smtp/wire-fault.ts';
import type { Outcome } from './delivery.ts';

/** A yes or a no as the client is to hear it; 521 would end the client's session. Throws WireFault for anything else. */
export function passedOn(said: Reply | undefined, step: Step): Reply {
  if (said === undefined || (said.code >= 300 && said.code < 400)) throw unexpected(said, step);
  return said.code === 521 ? { ...said, code: 554 } : said;
}

/** A reply of the wrong kind. `Postfix: smtpd_proxy_cmd` */
export function unexpected(said: Reply | undefined, step: Step): WireFault {
  return new WireFault('garbage', step, `unexpected "${said === undefined ? '' : replyText(said)}"`, said);
}

/** The end of a mail: one answer for all recipients, or (LMTP) one for each. */
export function outcomeOf(accepted: readonly Recipient[], replies: readonly Reply[]): Outcome {
  const yes = replies.find((said) => !isRefusal(said));
  if (yes === undefined) {
    const later = replies.find((said) => said.code < 500);
    return { reply: later ?? (replies[0] as Reply), refused: [] };
  }
  if (replies.length === 1) return { reply: yes, refused: [] };
  const answers = accepted.map((recipient, i) => ({ recipient, reply: replies[i] as Reply }));
  return { reply: yes, refused: answers.filter(({ reply }) => isRefusal(reply)) };
}

/** The connection was closed while it was kept, or just now, and nothing of this mail was acknowledged. */
export function diedBeforeMail(fault: unknown): boolean {
  if (!(fault instanceof WireFault)) return false;
  const isEarly = fault.step === 'mail' || fault.step === 'xforward';
  return isEarly && (fault.kind === 'lost' || (fault.kind === 'refused' && fault.reply?.code === 421));
}

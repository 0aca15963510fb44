/**
 * In place of the gateway, for clients that have failed the tests before the greeting (action enforce): they may say who
 * they are and whom they write to, so that log and ledger know it, and hear the same refusal for each recipient.
 * `Postfix: postscreen_smtpd.c`. Nobody is asked about them, and no message is taken.
 */
import type { MailGate, Visit } from '../gateway.ts';
import type { Address } from '../mail/address.ts';
import type { Envelope, Recipient } from '../mail/envelope.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Reason } from '../mail/verdict.ts';
import type { ScreenLog } from '../record/screen-log.ts';
import type { Conversation } from './conversation.ts';
import type { Verb } from './verbs.ts';

/** What they are not offered. */
const NOT_OFFERED = ['pipelining', 'auth', 'xclient', 'xforward'];

const OK_SENDER = reply(250, '2.1.0', 'Ok');
const NO_QUEUE = reply(458, '', 'Unable to queue messages');
const NO_RECIPIENTS = reply(554, '5.5.1', 'Error: no valid recipients');
const SENDER_FIRST: Readonly<Record<string, Reply>> = {
  DATA: reply(503, '5.5.1', 'Error: need RCPT command'),
  BDAT: reply(554, '5.5.1', 'Error: need MAIL command'),
};

export class Barred implements MailGate {
  readonly #reason: Reason;
  readonly #log: ScreenLog;

  constructor(reason: Reason, log: ScreenLog) {
    this.#reason = reason;
    this.#log = log;
  }

  async connect(): Promise<undefined> {}

  helo(): undefined {}

  sender(): Reply {
    return OK_SENDER;
  }

  async recipient(visit: Visit, envelope: Envelope, { address }: Recipient): Promise<Reply> {
    return this.#refuse(visit, 'RCPT', envelope, address);
  }

  async verify(visit: Visit, address: Address, envelope: Envelope | undefined): Promise<Reply> {
    return this.#refuse(visit, 'VRFY', envelope, address);
  }

  async etrn(): Promise<Reply> {
    return NO_QUEUE;
  }

  async data(): Promise<Reply> {
    return NO_RECIPIENTS;
  }

  letGo(visit: Visit, envelope: Envelope | undefined, stage: string): void {
    if (envelope) visit.story.transactionOver(envelope, stage);
  }

  /** DATA or BDAT: message text would come behind it, so the connection ends. */
  async refuseMessage(talk: Conversation, { name }: Verb): Promise<void> {
    this.#log.without(name);
    const answer = talk.envelope ? NO_RECIPIENTS : (SENDER_FIRST[name] ?? NO_RECIPIENTS);
    talk.close();
    await talk.reply(answer);
  }

  #refuse(visit: Visit, stage: 'RCPT' | 'VRFY', envelope: Envelope | undefined, address: Address): Reply {
    const { reply: answer, restriction, source: rule } = this.#reason;
    const about = { envelope, recipient: address.text, stage, restriction, rule };
    visit.story.refused({ ...about, reply: answer, program: 'postscreen' });
    return answer;
  }
}

/** The EHLO keywords that are kept from a barred client, besides those kept from all. */
export function withheld(discarded: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...discarded, ...NOT_OFFERED]);
}

/**
 * The journey of a mail: connect, helo, sender, recipient, data, message, relay. Who reads only this file can tell a
 * friend what happens to a mail. It opens no socket and reads no settings; `server/` calls it for SMTP,
 * the policy port for single questions, `explain` and `rehearse` without anybody being there.
 * Parameters: smtpd_delay_reject, smtpd_relay_before_recipient_restrictions, smtpd_reject_unlisted_recipient,
 * smtpd_reject_unlisted_sender, smtpd_recipient_limit. `Postfix: smtpd_check.c`.
 */
import type { AddressMapper } from './addresses/mapper.ts';
import type { Content, Incoming } from './content/content.ts';
import type { Address } from './mail/address.ts';
import type { Envelope, Recipient } from './mail/envelope.ts';
import type { MaybePromise } from './mail/maybe-promise.ts';
import { Refused } from './mail/refused.ts';
import { isRefusal, type Reply, reply, replyText } from './mail/reply.ts';
import type { Session } from './mail/session.ts';
import { builtIn, type Source } from './mail/source.ts';
import { Trace } from './mail/trace.ts';
import type { Reason } from './mail/verdict.ts';
import { newId } from './record/ids.ts';
import type { Journal } from './record/journal.ts';
import type { Carrier, Consignment } from './relay/carrier.ts';
import type { ListName } from './restrictions/compile.ts';
import { takeNote } from './restrictions/hearing.ts';
import { judge, type Outcome } from './restrictions/judge.ts';
import type { Hearing, Question, Stage, Subject } from './restrictions/question.ts';
import type { Judge, RestrictionList } from './restrictions/restriction.ts';
import {
  clientSubject,
  dataSubject,
  endOfDataSubject,
  etrnSubject,
  heloSubject,
  recipientSubject,
  senderSubject,
} from './restrictions/subjects.ts';

export interface GatewayOptions {
  readonly lists: Readonly<Record<ListName, RestrictionList>>;
  readonly delayReject: boolean;
  readonly relayBeforeRecipient: boolean;
  /** The implicit checks behind the lists; undefined: switched off. */
  readonly unlistedRecipient: Judge | undefined;
  readonly unlistedSender: Judge | undefined;
  /** The sender of our own probes: whoever probes it in turn must not be refused. `Postfix: valid_verify_sender_addr`. */
  isProbeSender(recipient: Address): boolean;
  /** Rewrites the envelope, unless a filter in front of the queue gets it as it came. */
  readonly mapper: AddressMapper | undefined;
  readonly content: Content;
  readonly carrier: Carrier;
  readonly journal: Journal;
}

/** A client's stay: the session, and what earlier stages have put off. */
export interface Visit {
  readonly session: Session;
  /** Why the client (or its HELO) may have to be deferred, when they are judged before RCPT. */
  postponed: { client?: Reason | undefined; helo?: Reason | undefined };
  /** The record of the last refusal, for `$ledger_id`. */
  ledgerId: string;
  /** The way to the next hop, once a recipient has been accepted. */
  consignment: Consignment | undefined;
}

/** The message that is coming in, after DATA was accepted. */
export interface Arrival {
  write(chunk: Buffer): MaybePromise<void>;
  /** All bytes are there: judge them, hand them on, and answer. */
  end(): Promise<Reply>;
  /** The client is gone, or the mail is too big: forget it. */
  abandon(): void;
}

const OK_SENDER = reply(250, '2.1.0', 'Ok');
const OK_RECIPIENT = reply(250, '2.1.5', 'Ok');

export class Gateway {
  readonly #options: GatewayOptions;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** A client has connected. A refusal, or undefined. */
  async connect(visit: Visit): Promise<Reply | undefined> {
    if (this.#options.delayReject) return undefined; // asked at RCPT
    const hearing = this.#hearing(visit);
    const outcome = await this.#ask('client', this.#question(visit, 'CONNECT', hearing));
    visit.postponed.client = hearing.ifPermit;
    return this.#refusal(visit, outcome, 'CONNECT', hearing);
  }

  /** It says its name. */
  helo(visit: Visit, name: string, stage: 'HELO' | 'EHLO'): MaybePromise<Reply | undefined> {
    return this.#options.delayReject ? undefined : this.#judgeHelo(visit, name, stage);
  }

  async #judgeHelo(visit: Visit, name: string, stage: 'HELO' | 'EHLO'): Promise<Reply | undefined> {
    const hearing = this.#hearing(visit, visit.postponed.client);
    const outcome = await this.#ask('helo', { ...this.#question(visit, stage, hearing), helo: name });
    visit.postponed.helo = hearing.ifPermit;
    return this.#refusal(visit, outcome, stage, hearing);
  }

  /** MAIL: a transaction begins. */
  sender(visit: Visit, envelope: Envelope): MaybePromise<Reply> {
    return this.#options.delayReject ? OK_SENDER : this.#judgeSender(visit, envelope);
  }

  async #judgeSender(visit: Visit, envelope: Envelope): Promise<Reply> {
    const hearing = this.#hearing(visit, visit.postponed.client ?? visit.postponed.helo);
    const outcome = await this.#askSender(this.#question(visit, 'MAIL', hearing, envelope));
    envelope.postponed = hearing.ifPermit;
    return this.#refusal(visit, outcome, 'MAIL', hearing, envelope) ?? OK_SENDER;
  }

  /** RCPT: nearly everything is decided here, and the next hop has its say. */
  async recipient(visit: Visit, envelope: Envelope, recipient: Recipient): Promise<Reply> {
    const hearing = this.#hearing(visit, envelope.postponed, envelope);
    const outcome = await this.#judgeRecipient(visit, 'RCPT', hearing, envelope, recipient.address);
    const refusal = this.#refusal(visit, outcome, 'RCPT', hearing, envelope, recipient.address);
    if (refusal) return refusal;
    if (envelope.orders.discard !== undefined) return this.#accept(envelope, recipient);
    visit.consignment ??= this.#options.carrier.consign(visit.session, envelope, this.#options.mapper);
    const answer = await visit.consignment.recipient(recipient);
    if (!isRefusal(answer)) return this.#accept(envelope, recipient);
    this.#end(visit, answer, 'RCPT', hearing, envelope, recipient.address, 'next hop', builtIn);
    return answer;
  }

  /** VRFY: would this recipient be accepted? */
  async verify(visit: Visit, address: Address, envelope: Envelope | undefined): Promise<Reply | undefined> {
    const hearing = this.#hearing(visit, envelope?.postponed, envelope);
    const outcome = await this.#judgeRecipient(visit, 'VRFY', hearing, envelope, address);
    return this.#refusal(visit, outcome, 'VRFY', hearing, envelope, address);
  }

  async etrn(visit: Visit, domain: string): Promise<Reply | undefined> {
    const hearing = this.#hearing(visit, visit.postponed.client ?? visit.postponed.helo);
    const q = { ...this.#question(visit, 'ETRN', hearing), etrnDomain: domain };
    const early = this.#options.delayReject ? await this.#askEarly(q) : undefined;
    const outcome = early ?? settled(await this.#ask('etrn', q), hearing);
    return this.#refusal(visit, outcome, 'ETRN', hearing);
  }

  /** DATA (or the first BDAT): may the content come? */
  async data(visit: Visit, envelope: Envelope, stage: 'DATA' | 'BDAT'): Promise<Arrival | Reply> {
    const hearing = this.#hearing(visit, undefined, envelope);
    const outcome = settled(
      await this.#ask('data', this.#question(visit, stage, hearing, envelope)),
      hearing,
    );
    const refusal = this.#refusal(visit, outcome, stage, hearing, envelope);
    if (refusal) return refusal;
    const incoming = this.#options.content.begin(visit.session, envelope);
    return {
      write: (chunk) => incoming.write(chunk),
      end: () => this.#message(visit, envelope, incoming),
      abandon: () => incoming.close(),
    };
  }

  /** The transaction is over, one way or the other. */
  letGo(visit: Visit): void {
    visit.consignment?.abandon();
    visit.consignment = undefined;
  }

  /** The message is here: look inside, ask once more, hand it on. The next hop's answer is ours. */
  async #message(visit: Visit, envelope: Envelope, incoming: Incoming): Promise<Reply> {
    const stage = 'END-OF-MESSAGE';
    const hearing = this.#hearing(visit, undefined, envelope);
    try {
      const message = await incoming.finish();
      const about = {
        id: envelope.id,
        session: visit.session,
        envelope,
        stage,
        trace: hearing.trace,
      } as const;
      const found = { messageId: message.messageId, facts: message.facts };
      if (message.refusal) {
        const { reply: answer, restriction, rule } = message.refusal;
        visit.ledgerId = envelope.id;
        const verdict = answer.code < 500 ? 'defer' : 'reject';
        this.#options.journal.ended({ ...about, ...found, verdict, reply: answer, restriction, rule });
        return answer;
      }
      const outcome = settled(
        await this.#ask('end_of_data', this.#question(visit, stage, hearing, envelope)),
        hearing,
      );
      const refusal = this.#refusal(visit, outcome, stage, hearing, envelope);
      if (refusal) return refusal;
      const { reply: answer, ...carried } = await this.#options.carrier.carry(visit.consignment, {
        session: visit.session,
        envelope,
        message,
      });
      visit.consignment = undefined;
      this.#options.journal.delivered({ ...about, ...found, ...carried, reply: answer });
      return answer;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.#end(visit, error.reply, stage, hearing, envelope, undefined, error.message, builtIn);
      return error.reply;
    } finally {
      incoming.close();
    }
  }

  /** With smtpd_delay_reject the first three lists wait until here, so that the log knows sender and recipient. */
  async #judgeRecipient(
    visit: Visit,
    stage: 'RCPT' | 'VRFY',
    hearing: Hearing,
    envelope: Envelope | undefined,
    address: Address,
  ): Promise<Outcome> {
    if (/^postmaster$/i.test(address.text)) return { kind: 'permit' }; // RFC 5321 4.5.1
    if (stage === 'RCPT' && this.#options.isProbeSender(address)) return { kind: 'permit' };
    const q = { ...this.#question(visit, stage, hearing, envelope), recipient: address };
    const early = this.#options.delayReject ? await this.#askEarly(q) : undefined;
    if (early) return early;
    const order: ListName[] = this.#options.relayBeforeRecipient
      ? ['relay', 'recipient']
      : ['recipient', 'relay'];
    hearing.ifReject = undefined;
    for (const name of order) {
      const outcome = await this.#ask(name, q);
      if (outcome.kind === 'reject') return outcome;
    }
    return this.#implicit(this.#options.unlistedRecipient, settled({ kind: 'dunno' }, hearing), q);
  }

  async #askEarly(q: Question): Promise<Outcome | undefined> {
    for (const name of ['client', 'helo', 'sender'] as const) {
      if (name === 'helo' && q.helo === undefined) continue;
      if (name === 'sender' && q.sender === undefined) continue;
      const outcome = name === 'sender' ? await this.#askSender(q) : await this.#ask(name, q);
      if (outcome.kind === 'reject') return outcome;
      q.hearing.ifReject = undefined;
    }
    return undefined;
  }

  async #askSender(q: Question): Promise<Outcome> {
    const outcome = await this.#ask('sender', q);
    return outcome.kind === 'reject' ? outcome : this.#implicit(this.#options.unlistedSender, outcome, q);
  }

  /** `reject_unlisted_*` at the end of the lists, if nobody has asked yet. */
  async #implicit(check: Judge | undefined, outcome: Outcome, q: Question): Promise<Outcome> {
    if (!check || outcome.kind === 'reject' || q.hearing.discarded) return outcome;
    const name =
      check === this.#options.unlistedSender
        ? 'smtpd_reject_unlisted_sender'
        : 'smtpd_reject_unlisted_recipient';
    const found = await judge({ name, restrictions: [{ name, source: builtIn, judge: check }] }, q);
    return found.kind === 'reject' ? found : outcome;
  }

  #ask(name: ListName, q: Question): Promise<Outcome> {
    return judge(this.#options.lists[name], { ...q, subject: subjectOf(name, q) });
  }

  #question(visit: Visit, stage: Stage, hearing: Hearing, envelope?: Envelope): Question {
    const { session } = visit;
    const only = envelope?.recipients.length === 1 ? envelope.recipients[0]?.address : undefined;
    return {
      session,
      stage,
      helo: session.helo,
      sender: envelope?.sender,
      recipient: only,
      envelope,
      etrnDomain: undefined,
      recipientCount: envelope?.recipients.length ?? 0,
      sizeBytes: envelope ? envelope.size || (envelope.options.size ?? 0) : 0,
      subject: clientSubject(session),
      hearing,
    };
  }

  #hearing(visit: Visit, ifPermit?: Reason, envelope?: Envelope): Hearing {
    const { journal } = this.#options;
    const about = (q: Question) => ({ session: visit.session, envelope, recipient: q.recipient?.text });
    return {
      trace: new Trace(),
      step: undefined,
      ifPermit,
      ifReject: undefined,
      recipientListed: false,
      senderListed: false,
      softening: false,
      discarded: envelope?.orders.discard !== undefined,
      note: (note, q) =>
        takeNote(note, envelope, (what, text) => journal.remark(what, q.stage, text, about(q))),
      warned: (refusal, q) => journal.remark('reject_warning', q.stage, replyText(refusal), about(q)),
    };
  }

  #accept(envelope: Envelope, recipient: Recipient): Reply {
    envelope.recipients.push(recipient);
    return OK_RECIPIENT;
  }

  #refusal(
    visit: Visit,
    outcome: Outcome,
    stage: Stage,
    hearing: Hearing,
    envelope?: Envelope,
    recipient?: Address,
  ): Reply | undefined {
    if (outcome.kind !== 'reject') return undefined;
    this.#end(visit, outcome.reply, stage, hearing, envelope, recipient, outcome.restriction, outcome.source);
    return outcome.reply;
  }

  #end(
    visit: Visit,
    answer: Reply,
    stage: Stage,
    { trace }: Hearing,
    envelope: Envelope | undefined,
    recipient: Address | undefined,
    restriction: string,
    rule: Source,
  ): void {
    visit.ledgerId = newId();
    const verdict = answer.code < 500 ? 'defer' : 'reject';
    const about = { id: visit.ledgerId, session: visit.session, envelope, recipient: recipient?.text };
    this.#options.journal.ended({ ...about, stage, verdict, reply: answer, restriction, rule, trace });
  }
}

/** Permission that an earlier temporary problem turns into "try again later". */
function settled(outcome: Outcome, { ifPermit }: Hearing): Outcome {
  if (outcome.kind === 'reject' || !ifPermit) return outcome;
  return { kind: 'reject', ...ifPermit };
}

/** Whom a list speaks of by itself. */
function subjectOf(list: ListName, q: Question): Subject {
  switch (list) {
    case 'client':
      return clientSubject(q.session);
    case 'helo':
      return heloSubject(q.helo ?? '');
    case 'sender':
      return q.sender ? senderSubject(q.sender) : clientSubject(q.session);
    case 'relay':
    case 'recipient':
      return q.recipient ? recipientSubject(q.recipient) : clientSubject(q.session);
    case 'etrn':
      return etrnSubject(q.etrnDomain ?? '');
    case 'data':
      return dataSubject;
    case 'end_of_data':
      return endOfDataSubject;
  }
}

/**
 * The journey of a mail: connect, helo, sender, recipient, data, message, relay. Who reads only this file can tell a
 * friend what happens to a mail. It opens no socket and reads no settings; `server/` calls it for SMTP. Which lists are
 * asked about a command, and in which order, is said by the bench. `Postfix: smtpd_check.c`.
 */
import type { AddressMapper } from './addresses/mapper.ts';
import type { Content, Incoming } from './content/content.ts';
import type { Correspondence } from './content/correspondence.ts';
import type { Address } from './mail/address.ts';
import type { Envelope, Recipient } from './mail/envelope.ts';
import type { MaybePromise } from './mail/maybe-promise.ts';
import type { Message } from './mail/message.ts';
import { Refused } from './mail/refused.ts';
import { isRefusal, type Reply, reply, softened } from './mail/reply.ts';
import type { Session } from './mail/session.ts';
import { builtIn, type Source } from './mail/source.ts';
import type { Reason } from './mail/verdict.ts';
import type { Journal } from './record/journal.ts';
import type { Refusal, Story } from './record/story.ts';
import type { Carrier, Consignment } from './relay/carrier.ts';
import { type Bench, settled } from './restrictions/bench.ts';
import { openHearing, questionAbout } from './restrictions/hearing.ts';
import type { Outcome } from './restrictions/judge.ts';
import type { Hearing, Question, Stage } from './restrictions/question.ts';

export interface GatewayOptions {
  readonly bench: Bench;
  /** What would be refused for good is refused for now. `soft_bounce` */
  readonly softBounce: boolean;
  /** Rewrites the envelope, unless a filter in front of the queue gets it as it came. */
  readonly mapper: AddressMapper | undefined;
  readonly content: Content;
  readonly carrier: Carrier;
  /** Learns from mail of our users; undefined: this service does not. */
  readonly correspondence: Pick<Correspondence, 'learn'> | undefined;
  readonly journal: Journal;
}

/** A client's stay: the session, and what earlier stages have put off. */
export interface Visit {
  readonly session: Session;
  /** Why the client (or its HELO) may have to be deferred, when they are judged before RCPT. */
  postponed: { client?: Reason | undefined; helo?: Reason | undefined };
  /** Which of its attempts have a record. */
  readonly story: Story;
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

/** What the door asks the gateway. */
export type MailGate = Pick<
  Gateway,
  'connect' | 'helo' | 'sender' | 'recipient' | 'verify' | 'etrn' | 'data' | 'letGo'
>;

const OK_SENDER = reply(250, '2.1.0', 'Ok');
const OK_RECIPIENT = reply(250, '2.1.5', 'Ok');

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #bench: Bench;

  constructor(options: GatewayOptions) {
    this.#options = options;
    this.#bench = options.bench;
  }

  /** A client has connected. A refusal, or undefined. */
  async connect(visit: Visit): Promise<Reply | undefined> {
    if (this.#bench.delaysReject) return undefined; // asked at RCPT
    const hearing = this.#hearing(visit);
    const outcome = await this.#bench.client(questionAbout(visit.session, 'CONNECT', hearing));
    visit.postponed.client = hearing.ifPermit;
    visit.story.trace.append(hearing.trace);
    return this.#refusal(visit, outcome, 'CONNECT');
  }

  /** It says its name. */
  helo(visit: Visit, name: string, stage: 'HELO' | 'EHLO'): MaybePromise<Reply | undefined> {
    return this.#bench.delaysReject ? undefined : this.#judgeHelo(visit, name, stage);
  }

  async #judgeHelo(visit: Visit, name: string, stage: 'HELO' | 'EHLO'): Promise<Reply | undefined> {
    const hearing = this.#hearing(visit, visit.postponed.client);
    const outcome = await this.#bench.helo({ ...questionAbout(visit.session, stage, hearing), helo: name });
    visit.postponed.helo = hearing.ifPermit;
    visit.story.trace.append(hearing.trace);
    return this.#refusal(visit, outcome, stage);
  }

  /** MAIL: a transaction begins. */
  sender(visit: Visit, envelope: Envelope): MaybePromise<Reply> {
    return this.#bench.delaysReject ? OK_SENDER : this.#judgeSender(visit, envelope);
  }

  async #judgeSender(visit: Visit, envelope: Envelope): Promise<Reply> {
    const { client, helo } = visit.postponed;
    const hearing = this.#hearing(visit, client ?? helo, envelope);
    const outcome = await this.#bench.sender(questionAbout(visit.session, 'MAIL', hearing, envelope));
    envelope.postponed = hearing.ifPermit;
    envelope.trace.append(hearing.trace);
    return this.#refusal(visit, outcome, 'MAIL', { envelope }) ?? OK_SENDER;
  }

  /** RCPT: nearly everything is decided here, and the next hop has its say. */
  async recipient(visit: Visit, envelope: Envelope, recipient: Recipient): Promise<Reply> {
    const hearing = this.#hearing(visit, envelope.postponed, envelope);
    const outcome = await this.#judgeRecipient(visit, 'RCPT', hearing, envelope, recipient.address);
    const about = { envelope, recipient: recipient.address, trace: hearing.trace };
    const refusal = this.#refusal(visit, outcome, 'RCPT', about);
    if (refusal) return refusal;
    if (envelope.orders.discard !== undefined) return this.#accept(envelope, recipient, hearing);
    visit.consignment ??= this.#options.carrier.consign(visit.session, envelope, this.#options.mapper);
    const answer = await visit.consignment.recipient(recipient);
    if (!isRefusal(answer)) return this.#accept(envelope, recipient, hearing);
    return this.#refuse(visit, answer, 'RCPT', NEXT_HOP, about);
  }

  /** VRFY: would this recipient be accepted? */
  async verify(visit: Visit, address: Address, envelope: Envelope | undefined): Promise<Reply | undefined> {
    const hearing = this.#hearing(visit, envelope?.postponed, envelope);
    const outcome = await this.#judgeRecipient(visit, 'VRFY', hearing, envelope, address);
    return this.#refusal(visit, outcome, 'VRFY', { envelope, recipient: address, trace: hearing.trace });
  }

  async etrn(visit: Visit, domain: string): Promise<Reply | undefined> {
    const hearing = this.#hearing(visit, visit.postponed.client ?? visit.postponed.helo);
    const q = { ...questionAbout(visit.session, 'ETRN', hearing), etrnDomain: domain };
    const outcome = settled(await this.#bench.etrn(q), hearing);
    return this.#refusal(visit, outcome, 'ETRN', { trace: hearing.trace });
  }

  /** DATA (or the first BDAT): may the content come? */
  async data(visit: Visit, envelope: Envelope, stage: 'DATA' | 'BDAT'): Promise<Arrival | Reply> {
    const hearing = this.#hearing(visit, undefined, envelope);
    const q = questionAbout(visit.session, stage, hearing, envelope);
    const outcome = settled(await this.#bench.data(q), hearing);
    envelope.trace.append(hearing.trace);
    const refusal = this.#refusal(visit, outcome, stage, { envelope });
    if (refusal) return refusal;
    const incoming = this.#options.content.begin(visit.session, envelope);
    return {
      write: (chunk) => incoming.write(chunk),
      end: () => this.#message(visit, envelope, incoming),
      abandon: () => incoming.close(),
    };
  }

  /** The transaction is over, one way or the other. */
  letGo(visit: Visit, envelope: Envelope | undefined, stage: string): void {
    visit.consignment?.abandon();
    visit.consignment = undefined;
    if (envelope) visit.story.transactionOver(envelope, stage);
  }

  /** The message is here: look inside, ask once more, hand it on. The next hop's answer is ours. */
  async #message(visit: Visit, envelope: Envelope, incoming: Incoming): Promise<Reply> {
    const stage = 'END-OF-MESSAGE';
    const hearing = this.#hearing(visit, undefined, envelope);
    try {
      const message = await incoming.finish();
      const { messageId, facts } = message;
      const about = { envelope, messageId, facts };
      if (message.refusal) {
        const { reply: answer, restriction, rule: source } = message.refusal;
        return this.#refuse(visit, answer, stage, { restriction, source }, about);
      }
      const q = questionAbout(visit.session, stage, hearing, envelope);
      const outcome = settled(await this.#bench.endOfData(q), hearing);
      envelope.trace.append(hearing.trace);
      const refusal = this.#refusal(visit, outcome, stage, about);
      if (!refusal) return await this.#carry(visit, message, about);
      envelope.isRefusedAtEnd = true;
      return refusal;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const by = { restriction: error.message, source: builtIn };
      return this.#refuse(visit, error.reply, stage, by, { envelope });
    } finally {
      incoming.close();
    }
  }

  /** The next hop has the last word. */
  async #carry(visit: Visit, message: Message, about: Attempted & { envelope: Envelope }): Promise<Reply> {
    const stage = 'END-OF-MESSAGE';
    const { envelope } = about;
    const { session, consignment } = visit;
    const began = performance.now();
    const carried = await this.#options.carrier.carry(consignment, { session, envelope, message });
    visit.consignment = undefined;
    const told = this.#softened(carried.reply);
    const verdict = carried.verdict === 'reject' && told.code < 500 ? 'defer' : carried.verdict;
    const looked = [{ key: carried.backend ?? 'none', answer: carried.backendReply }];
    const step = envelope.trace.begin({ stage, list: 'relay', ...NEXT_HOP, looked, verdict });
    step.ms = performance.now() - began;
    if (verdict === 'accept') await this.#options.correspondence?.learn({ session, envelope }, message);
    const { messageId, facts } = about;
    visit.story.delivered({ ...carried, envelope, messageId, facts, stage, reply: told, verdict });
    return told;
  }

  async #judgeRecipient(
    visit: Visit,
    stage: 'RCPT' | 'VRFY',
    hearing: Hearing,
    envelope: Envelope | undefined,
    address: Address,
  ): Promise<Outcome> {
    const q: Question = { ...questionAbout(visit.session, stage, hearing, envelope), recipient: address };
    const outcome = await this.#bench.recipient(q);
    return outcome.kind === 'dunno' ? settled(outcome, hearing) : outcome;
  }

  #hearing({ session }: Visit, ifPermit?: Reason, envelope?: Envelope): Hearing {
    const { journal } = this.#options;
    return openHearing({ session, envelope, journal, ifPermit, seesMessage: true });
  }

  #accept(envelope: Envelope, recipient: Recipient, { trace }: Hearing): Reply {
    envelope.recipients.push(recipient);
    envelope.trace.append(trace);
    envelope.isRecorded = false;
    return OK_RECIPIENT;
  }

  #refusal(visit: Visit, outcome: Outcome, stage: Stage, about?: Attempted): Reply | undefined {
    if (outcome.kind !== 'reject') return undefined;
    const { reply: answer, restriction, source } = outcome;
    return this.#refuse(visit, answer, stage, { restriction, source }, about);
  }

  /** Writes the refusal down; the reply as it is to be said. */
  #refuse(visit: Visit, answer: Reply, stage: Stage, by: DecidedBy, about: Attempted = {}): Reply {
    const told = this.#softened(answer);
    const { restriction, source: rule } = by;
    const recipient = about.recipient?.text;
    visit.story.refused({ ...about, recipient, stage, reply: told, restriction, rule });
    return told;
  }

  #softened(answer: Reply): Reply {
    return this.#options.softBounce ? softened(answer) : answer;
  }
}

/** What decided, and where it stands. */
interface DecidedBy {
  readonly restriction: string;
  readonly source: Source;
}

/** What is known of a refused attempt. */
type Attempted = Pick<Refusal, 'envelope' | 'trace' | 'messageId' | 'facts'> & {
  readonly recipient?: Address;
};

const NEXT_HOP: DecidedBy = { restriction: 'next hop', source: builtIn };

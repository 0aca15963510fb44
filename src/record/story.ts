/**
 * The story of one client's stay: what it was asked about before its first mail, and which of its attempts have a record.
 * Every attempt gets one, whatever its end: refusals of the judges get theirs at once; what ends otherwise (a bad
 * parameter, too many recipients, a client that goes away) when the transaction, or the session without any, is over.
 */
import type { Envelope } from '../mail/envelope.ts';
import type { Reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { Trace } from '../mail/trace.ts';
import type { AttemptVerdict } from './attempt.ts';
import { newId } from './ids.ts';
import type { Ending, Journal } from './journal.ts';

/** An ending, as far as the story does not know it by itself. */
export type Refusal = Omit<Ending, 'id' | 'session' | 'verdict' | 'reply'> & { readonly reply: Reply };

interface Delivered {
  readonly envelope: Envelope;
  readonly reply: Reply;
}

export class Story {
  /** What the lists were asked about the client and its HELO, when they are judged before RCPT. */
  readonly trace = new Trace();
  readonly #journal: Journal;
  readonly #session: Session;
  /** The last refusal with a record, and its id. */
  #recorded: { readonly reply: Reply; readonly id: string } | undefined;
  /** A refusal that has no record yet. */
  #unrecorded: { readonly reply: Reply; readonly stage: string } | undefined;
  #attempts = 0;

  constructor(journal: Journal, session: Session) {
    this.#journal = journal;
    this.#session = session;
  }

  /** The judges have refused. */
  refused(refusal: Refusal): void {
    const { reply, envelope, stage } = refusal;
    const id = isAboutMail(stage) && envelope ? envelope.id : newId();
    this.#recorded = { reply, id };
    this.#attempts += 1;
    const trace = this.#whole(stage, envelope, refusal.trace);
    this.#journal.ended({ ...refusal, id, session: this.#session, verdict: verdictOf(reply), trace });
    if (envelope) envelope.isRecorded = isAboutMail(stage) || envelope.recipients.length === 0;
  }

  /** The message was handed on, kept, or refused by the next hop. */
  delivered(ending: Omit<Ending, 'session' | 'id' | 'reply'> & Delivered): void {
    const { envelope, stage, reply } = ending;
    envelope.isRecorded = true;
    this.#recorded = { reply, id: envelope.id };
    this.#attempts += 1;
    const trace = this.#whole(stage, envelope);
    this.#journal.delivered({ ...ending, id: envelope.id, session: this.#session, trace });
  }

  /** Nothing spoke against it so far, and it goes no further; for those who only want to know. */
  passed(envelope: Envelope | undefined, stage: string, reply: Reply): void {
    const id = envelope?.id ?? this.#session.id;
    const trace = this.#whole(stage, envelope);
    this.#journal.left({ id, session: this.#session, envelope, stage, verdict: 'accept', reply, trace });
  }

  /** A refusal is about to be said, by whomever: the id of the record that tells, or will tell, of it. */
  idFor(reply: Reply, stage: string, envelope: Envelope | undefined): string {
    if (this.#recorded?.reply === reply) return this.#recorded.id;
    this.#unrecorded = { reply, stage };
    return envelope?.id ?? this.#session.id;
  }

  /** The transaction is over, one way or the other. */
  transactionOver(envelope: Envelope, stage: string): void {
    if (!envelope.isRecorded) this.#left(envelope.id, stage, envelope);
    this.#unrecorded = undefined;
  }

  /** The session is over. */
  over(stage: string): void {
    if (this.#attempts === 0) this.#left(this.#session.id, stage, undefined);
  }

  #left(id: string, stage: string, envelope: Envelope | undefined): void {
    this.#attempts += 1;
    const { reply, stage: refusedAt = stage } = this.#unrecorded ?? {};
    const verdict: AttemptVerdict = reply ? verdictOf(reply) : 'abandon';
    const trace = this.#whole(stage, envelope);
    this.#journal.left({ id, session: this.#session, envelope, stage: refusedAt, verdict, reply, trace });
  }

  /** Of other recipients only the message as a whole can tell. */
  #whole(stage: string, envelope: Envelope | undefined, last?: Trace): Trace {
    const whole = new Trace();
    whole.append(this.trace);
    if (envelope) whole.append(stage === 'RCPT' ? envelope.trace.of('MAIL') : envelope.trace);
    if (last) whole.append(last);
    return whole;
  }
}

/** About the mail as a whole, not one of its recipients. */
function isAboutMail(stage: string): boolean {
  return stage !== 'RCPT' && stage !== 'VRFY';
}

function verdictOf({ code }: Reply): AttemptVerdict {
  return code < 500 ? 'defer' : 'reject';
}

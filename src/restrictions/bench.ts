/**
 * The bench: which lists are asked about a command, and in which order. With smtpd_delay_reject the first three lists wait
 * until RCPT, so that the log knows sender and recipient. Parameters: smtpd_delay_reject,
 * smtpd_relay_before_recipient_restrictions, smtpd_reject_unlisted_recipient, smtpd_reject_unlisted_sender.
 * `Postfix: smtpd_check.c`. It writes no replies and keeps no records; those who ask do.
 */
import type { Address } from '../mail/address.ts';
import { builtIn } from '../mail/source.ts';
import type { ListName } from './compile.ts';
import { judge, type Outcome } from './judge.ts';
import type { Hearing, Question } from './question.ts';
import type { Judge, RestrictionList } from './restriction.ts';
import { subjectOf } from './subjects.ts';

export interface BenchOptions {
  readonly lists: Readonly<Record<ListName, RestrictionList>>;
  readonly delayReject: boolean;
  readonly relayBeforeRecipient: boolean;
  /** The implicit checks behind the lists; undefined: switched off. */
  readonly unlistedRecipient: Judge | undefined;
  readonly unlistedSender: Judge | undefined;
  /** The sender of our own probes: whoever probes it in turn must not be refused. `Postfix: valid_verify_sender_addr`. */
  isProbeSender(recipient: Address): boolean;
}

const DUNNO: Outcome = { kind: 'dunno' };
const PERMIT: Outcome = { kind: 'permit' };

export class Bench {
  readonly #options: BenchOptions;

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  /** Client, HELO and sender are judged at RCPT. */
  get delaysReject(): boolean {
    return this.#options.delayReject;
  }

  client(q: Question): Promise<Outcome> {
    return this.#ask('client', q);
  }

  helo(q: Question): Promise<Outcome> {
    return this.#ask('helo', q);
  }

  async sender(q: Question): Promise<Outcome> {
    const outcome = await this.#ask('sender', q);
    return outcome.kind === 'reject' ? outcome : this.#implicit(this.#options.unlistedSender, outcome, q);
  }

  /** RCPT and VRFY. What was postponed until permission is left in the hearing, unless nobody needs permission. */
  async recipient(q: Question): Promise<Outcome> {
    if (q.recipient && this.#isOpenToAll(q.recipient, q)) return PERMIT;
    const early = await this.#early(q);
    if (early) return early;
    const order: readonly ListName[] = this.#options.relayBeforeRecipient
      ? ['relay', 'recipient']
      : ['recipient', 'relay'];
    q.hearing.ifReject = undefined;
    for (const name of order) {
      const outcome = await this.#ask(name, q);
      if (outcome.kind === 'reject') return outcome;
    }
    return q.hearing.ifPermit ? DUNNO : this.#implicit(this.#options.unlistedRecipient, DUNNO, q);
  }

  async etrn(q: Question): Promise<Outcome> {
    return (await this.#early(q)) ?? this.#ask('etrn', q);
  }

  data(q: Question): Promise<Outcome> {
    return this.#ask('data', q);
  }

  endOfData(q: Question): Promise<Outcome> {
    return this.#ask('end_of_data', q);
  }

  #isOpenToAll(recipient: Address, { stage }: Question): boolean {
    if (/^postmaster$/i.test(recipient.text)) return true; // RFC 5321 4.5.1
    return stage === 'RCPT' && this.#options.isProbeSender(recipient);
  }

  /** The lists that have waited. */
  async #early(q: Question): Promise<Outcome | undefined> {
    if (!this.#options.delayReject) return undefined;
    for (const name of ['client', 'helo', 'sender'] as const) {
      if (name === 'helo' && q.helo === undefined) continue;
      if (name === 'sender' && q.sender === undefined) continue;
      const outcome = name === 'sender' ? await this.sender(q) : await this.#ask(name, q);
      if (outcome.kind === 'reject') return outcome;
      q.hearing.ifReject = undefined;
    }
    return undefined;
  }

  /** `reject_unlisted_*` at the end of the lists, if nobody has asked yet. */
  async #implicit(check: Judge | undefined, outcome: Outcome, q: Question): Promise<Outcome> {
    if (!check || q.hearing.discarded) return outcome;
    const party = check === this.#options.unlistedSender ? 'sender' : 'recipient';
    const name = `smtpd_reject_unlisted_${party}`;
    const found = await judge({ name: party, restrictions: [{ name, source: builtIn, judge: check }] }, q);
    return found.kind === 'reject' ? found : outcome;
  }

  #ask(name: ListName, q: Question): Promise<Outcome> {
    return judge(this.#options.lists[name], { ...q, subject: subjectOf(name, q) });
  }
}

/** Permission that an earlier temporary problem turns into "try again later". */
export function settled(outcome: Outcome, { ifPermit }: Hearing): Outcome {
  if (outcome.kind === 'reject' || !ifPermit) return outcome;
  return { kind: 'reject', ...ifPermit };
}

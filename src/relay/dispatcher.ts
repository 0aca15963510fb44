/**
 * Hands accepted mail on: to its next hop, into quarantine, or nowhere, as the envelope's orders say, and words the
 * client's 250. Parameters: smtpd_proxy_filter, content_filter, announce_recipients_early; hop-finder.ts has the rest.
 */
import type { AddressMapper } from '../addresses/mapper.ts';
import { type Envelope, queuedReply } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { isRefusal, type Reply, replyText } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Log } from '../record/log.ts';
import type { Carried, Carrier, Consignment } from './carrier.ts';
import type { HopFinder } from './hop-finder.ts';
import type { Relay } from './relay.ts';
import { RetryMemory } from './retry-memory.ts';
import { type Sent, Transaction } from './transaction.ts';

export interface DispatcherOptions {
  readonly relay: Pick<Relay, 'open'>;
  readonly hops: HopFinder;
  /** announce_recipients_early: not only a filter in front of the queue hears of recipients at RCPT. */
  readonly early: boolean;
  /** enable_original_recipient */
  readonly keepsOriginals: boolean;
  /** Keeps a mail instead of sending it. */
  quarantine(session: Session, envelope: Envelope, message: Message, why: string): Promise<Reply>;
  readonly log: Log;
}

interface Mail {
  readonly session: Session;
  readonly envelope: Envelope;
  readonly message: Message;
}

export class Dispatcher implements Carrier {
  readonly #options: DispatcherOptions;
  readonly #memory = new RetryMemory();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  consign(session: Session, envelope: Envelope, mapper: AddressMapper | undefined): Consignment {
    const { relay, hops, log, early, keepsOriginals } = this.#options;
    const isProxied = hops.isProxied(envelope.orders.filter);
    return new Transaction({
      session,
      envelope,
      mapper: isProxied ? undefined : mapper,
      early: isProxied || early,
      keepsOriginals,
      relay,
      hops,
      memory: this.#memory,
      log,
    });
  }

  async carry(consignment: Consignment | undefined, mail: Mail): Promise<Carried> {
    const { envelope } = mail;
    const { orders } = envelope;
    if (orders.discard !== undefined || orders.hold !== undefined) consignment?.abandon();
    if (orders.discard !== undefined) {
      return {
        reply: queuedReply(envelope),
        verdict: 'discard',
        backend: undefined,
        backendReply: undefined,
      };
    }
    if (orders.hold !== undefined) return this.#hold(mail, orders.hold);
    if (!(consignment instanceof Transaction)) throw new Error('a message without recipients');
    const sent = await consignment.send(mail.message);
    await this.#keepCopies(mail, sent);
    return this.#carried(envelope, sent);
  }

  async #hold({ session, envelope, message }: Mail, why: string): Promise<Carried> {
    const kept = await this.#options.quarantine(session, envelope, message, why);
    const verdict = isRefusal(kept) ? 'defer' : 'quarantine';
    return { reply: kept, verdict, backend: undefined, backendReply: undefined };
  }

  /** A copy that the next hop refused is not lost: it waits in quarantine. */
  async #keepCopies({ session, envelope, message }: Mail, { lostCopies }: Sent): Promise<void> {
    for (const { recipient, answer } of lostCopies) {
      const why = `no copy to <${recipient.address.text}>: ${replyText(answer)}`;
      this.#options.log.warn(`${envelope.id}: ${why}`);
      await this.#options.quarantine(session, { ...envelope, recipients: [recipient] }, message, why);
    }
  }

  #carried(envelope: Envelope, { reply: answer, backend }: Sent): Carried {
    const backendReply = replyText(answer);
    if (isRefusal(answer)) {
      return { reply: answer, verdict: answer.code < 500 ? 'defer' : 'reject', backend, backendReply };
    }
    const isProxied = this.#options.hops.isProxied(envelope.orders.filter);
    const told = isProxied ? answer : queuedReply(envelope, `; next hop: ${backendReply}`);
    return { reply: told, verdict: 'accept', backend, backendReply };
  }
}

/**
 * Decides which next hop a mail goes to, announces its recipients there one by one, and hands the message over.
 * Parameters: smtpd_proxy_filter, content_filter, transport_maps, *_transport, relayhost (the last three through
 * addresses/). There is no queue: all recipients of a transaction go to one next hop, the others are told 452.
 */
import type { AddressMapper } from '../addresses/mapper.ts';
import { AliasError } from '../addresses/mapper.ts';
import type { AddressResolver } from '../addresses/resolver.ts';
import { type Address, externalForm } from '../mail/address.ts';
import type { Envelope, Recipient } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { isRefusal, type Reply, reply, replyText } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Log } from '../record/log.ts';
import { LookupFailure } from '../tables/table.ts';
import type { Carried, Carrier, Consignment } from './carrier.ts';
import type { Delivery } from './delivery.ts';
import { hopForDomain, type NextHop } from './next-hop.ts';
import type { Relay } from './relay.ts';
import { RouteError } from './route.ts';

export interface DispatcherOptions {
  readonly relay: Pick<Relay, 'open'>;
  /** Everything goes there as it came: the envelope is not rewritten. */
  readonly proxyFilter: NextHop | undefined;
  readonly contentFilter: NextHop | undefined;
  readonly resolver: Pick<AddressResolver, 'resolve'>;
  /** Reads `transport:nexthop`. Throws RouteError. */
  parseHop(text: string): NextHop;
  /** Keeps a mail instead of sending it. */
  quarantine(session: Session, envelope: Envelope, message: Message, why: string): Promise<Reply>;
  readonly log: Log;
}

const ANOTHER_TRANSACTION = reply(
  452,
  '4.5.3',
  'Error: this recipient needs another next hop; send it separately',
);

export class Dispatcher implements Carrier {
  readonly #options: DispatcherOptions;

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  consign(session: Session, envelope: Envelope, mapper: AddressMapper | undefined): Consignment {
    const isProxied = this.#options.proxyFilter !== undefined && envelope.orders.filter === undefined;
    return new Transaction(session, envelope, isProxied ? undefined : mapper, this.#options);
  }

  async carry(
    consignment: Consignment | undefined,
    { session, envelope, message }: { session: Session; envelope: Envelope; message: Message },
  ): Promise<Carried> {
    const { orders } = envelope;
    if (orders.discard !== undefined || orders.hold !== undefined) consignment?.abandon();
    if (orders.discard !== undefined) {
      return { reply: queued(envelope), verdict: 'discard', backend: undefined, backendReply: undefined };
    }
    if (orders.hold !== undefined) {
      const kept = await this.#options.quarantine(session, envelope, message, orders.hold);
      const verdict = isRefusal(kept) ? 'defer' : 'quarantine';
      return { reply: kept, verdict, backend: undefined, backendReply: undefined };
    }
    const transaction = consignment as Transaction | undefined;
    if (!transaction) throw new Error('a message without recipients');
    return transaction.send(message);
  }
}

function queued(envelope: Envelope): Reply {
  return reply(250, '2.0.0', `Ok: queued as ${envelope.id}`);
}

class Transaction implements Consignment {
  readonly #session: Session;
  readonly #envelope: Envelope;
  readonly #mapper: AddressMapper | undefined;
  readonly #options: DispatcherOptions;
  #delivery: Delivery | undefined;
  #hop: NextHop | undefined;
  /** The order to use another content filter that the delivery was opened under. */
  #filter: string | undefined;
  /** Lower case: what the next hop has been told already. */
  readonly #told = new Set<string>();
  readonly #accepted: Address[] = [];

  constructor(
    session: Session,
    envelope: Envelope,
    mapper: AddressMapper | undefined,
    options: DispatcherOptions,
  ) {
    this.#session = session;
    this.#envelope = envelope;
    this.#mapper = mapper;
    this.#options = options;
  }

  async recipient(recipient: Recipient): Promise<Reply> {
    try {
      const targets = this.#mapper ? await this.#mapper.recipients(recipient.address) : [recipient.address];
      return await this.#announce(recipient, targets);
    } catch (error) {
      return this.#problem(error, recipient.address);
    }
  }

  abandon(): void {
    this.#delivery?.abandon();
    this.#delivery = undefined;
  }

  /** The message itself, with its last-minute orders: other recipients, copies. */
  async send(message: Message): Promise<Carried> {
    const delivery = await this.#readyDelivery();
    if ('code' in delivery) return this.#failed(delivery);
    const { reply: answer, refused } = await delivery.send(message);
    this.#delivery = undefined;
    for (const { recipient, reply: refusal } of refused) {
      const to = `to=<${recipient.address.text}>, relay=${delivery.backend ?? 'none'}`;
      this.#options.log.warn(`${this.#envelope.id}: ${to}, status=bounced (${replyText(refusal)})`);
    }
    if (isRefusal(answer)) return { ...this.#failed(answer), backend: delivery.backend };
    const backendReply = replyText(answer);
    const own = reply(250, '2.0.0', `Ok: queued as ${this.#envelope.id}; next hop: ${backendReply}`);
    return {
      reply: this.#options.proxyFilter ? answer : own,
      verdict: 'accept',
      backend: delivery.backend,
      backendReply,
    };
  }

  #failed(answer: Reply): Carried {
    const verdict = answer.code < 500 ? 'defer' : 'reject';
    return { reply: answer, verdict, backend: undefined, backendReply: replyText(answer) };
  }

  /** The delivery with all recipients announced; a refusal if that cannot be. */
  async #readyDelivery(): Promise<Delivery | Reply> {
    const { orders } = this.#envelope;
    if (orders.redirect !== undefined) {
      const refusal = await this.#redirect(orders.redirect);
      if (refusal) return refusal;
    }
    await this.#copy();
    return this.#delivery ?? reply(451, '4.3.0', 'Error: no connection to the next hop');
  }

  /** `Postfix: REDIRECT`: one recipient instead of all. */
  async #redirect(to: string): Promise<Reply | undefined> {
    this.abandon();
    this.#told.clear();
    this.#hop = undefined;
    const answer = await this.recipient(plainRecipient(to));
    return isRefusal(answer) ? answer : undefined;
  }

  /** Blind copies; a copy that the next hop refuses does not stop the mail. */
  async #copy(): Promise<void> {
    const { orders, sender } = this.#envelope;
    const wanted = orders.bcc.map((text) => plainRecipient(text));
    if (this.#mapper && orders.redirect === undefined) {
      const copies = await this.#mapper.blindCopies(sender, this.#accepted);
      wanted.push(...copies.map((copy) => plainRecipient(copy.text)));
    }
    for (const recipient of wanted) {
      const answer = await this.recipient(recipient);
      if (!isRefusal(answer)) continue;
      this.#options.log.warn(
        `${this.#envelope.id}: no copy to <${recipient.address.text}>: ${replyText(answer)}`,
      );
    }
  }

  async #announce(recipient: Recipient, targets: readonly Address[]): Promise<Reply> {
    let last = reply(250, '2.1.5', 'Ok');
    for (const target of targets) {
      const hop = await this.#hopFor(target);
      if (hop.kind === 'refuse') return hop.reply;
      if (this.#hop && this.#delivery && !sameHop(this.#hop, hop)) return ANOTHER_TRANSACTION;
      if (this.#mapper && this.#told.has(target.text.toLowerCase())) continue;
      const delivery = this.#delivery ?? (await this.#open(hop));
      last = await delivery.recipient(
        target === recipient.address ? recipient : rewritten(recipient, target),
      );
      if (isRefusal(last)) return last;
      this.#told.add(target.text.toLowerCase());
    }
    this.#accepted.push(...targets);
    return last;
  }

  async #open(hop: NextHop): Promise<Delivery> {
    const sender = this.#mapper ? await this.#mapper.sender(this.#envelope.sender) : this.#envelope.sender;
    const senderWritten = this.#mapper ? `<${externalForm(sender)}>` : this.#envelope.senderWritten;
    const envelope: Envelope = { ...this.#envelope, sender, senderWritten };
    this.#hop = hop;
    this.#delivery = this.#options.relay.open(hop, {
      session: this.#session,
      envelope,
      queueId: this.#envelope.id,
    });
    return this.#delivery;
  }

  async #hopFor(target: Address): Promise<NextHop> {
    const { proxyFilter, contentFilter, parseHop, resolver } = this.#options;
    this.#filter = this.#envelope.orders.filter ?? this.#filter;
    if (this.#filter !== undefined) return hopForDomain(parseHop(this.#filter), target.domain);
    if (proxyFilter ?? contentFilter) return (proxyFilter ?? contentFilter) as NextHop;
    const { transport, nexthop, address: resolved } = await resolver.resolve(target, this.#envelope.sender);
    return hopForDomain(parseHop(`${transport}:${nexthop}`), resolved.domain);
  }

  /** Why a recipient cannot be announced, in words for its client. A bug goes on to end the session. */
  #problem(error: unknown, recipient: Address): Reply {
    const id = this.#envelope.id;
    if (error instanceof LookupFailure) {
      this.#options.log.warn(`${id}: ${error.message}`);
      return reply(451, '4.3.0', `<${recipient.text}>: Temporary lookup failure`);
    }
    if (error instanceof AliasError) {
      this.#options.log.warn(
        `${id}: ${error.message} for ${recipient.text} -- message not accepted, try again later`,
      );
      return reply(451, '4.6.0', 'Alias expansion error');
    }
    if (error instanceof RouteError) {
      this.#options.log.error(`${id}: no next hop for <${recipient.text}>: ${error.message}`);
      return reply(451, '4.3.5', 'Server configuration error');
    }
    throw error;
  }
}

function sameHop(a: NextHop, b: NextHop): boolean {
  return a.kind === 'deliver' && b.kind === 'deliver' ? a.key === b.key : a.kind === b.kind;
}

function plainRecipient(text: string): Recipient {
  const at = text.lastIndexOf('@');
  const address = { text, local: text.slice(0, at), domain: text.slice(at + 1) };
  return { address, written: `<${externalForm(address)}>`, options: { notify: 'NEVER' } };
}

/** The client's wishes about delivery notices go with the address it named. RFC 3461 5.2.7. */
function rewritten(recipient: Recipient, target: Address): Recipient {
  return { address: target, written: `<${externalForm(target)}>`, options: recipient.options };
}

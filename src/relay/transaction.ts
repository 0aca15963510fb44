/**
 * One mail on its way out. Early (smtpd_proxy_filter, announce_recipients_early) the next hop hears of each recipient
 * at RCPT, and recipients for another next hop are told 452. Else the next hops hear nothing before the message has
 * been judged, as behind Postfix's queue, and there may be several. When they do not agree, the client is told to
 * try again, and retry-memory.ts sees to it that everybody gets the mail once and every refusal is heard.
 */
import { AliasError } from '../addresses/mapper.ts';
import { type Address, address as addressOf } from '../mail/address.ts';
import type { Recipient } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { isRefusal, type Reply, reply, replyText } from '../mail/reply.ts';
import type { Log } from '../record/log.ts';
import { LookupFailure } from '../tables/table.ts';
import { copiesOf, sendCopy, unnamed } from './copies.ts';
import type { Outcome } from './delivery.ts';
import { Itinerary, type ItineraryOptions, refusalOf, type Way } from './itinerary.ts';
import { digestOf, type RetryMemory } from './retry-memory.ts';
import { RouteError } from './route.ts';

export interface TransactionOptions extends Omit<ItineraryOptions, 'oneWay'> {
  readonly early: boolean;
  readonly memory: RetryMemory;
  readonly log: Log;
}

/** What became of a message: the next hops' answer, and the copies that went nowhere. */
export interface Sent {
  readonly reply: Reply;
  readonly backend: string | undefined;
  readonly lostCopies: readonly { readonly recipient: Recipient; readonly answer: Reply }[];
}

const ACCEPTED = reply(250, '2.1.5', 'Ok');
const TRY_AGAIN = reply(451, '4.5.3', 'Error: the next hop refuses some recipients; try again to hear which');
const HAS_IT = reply(250, '2.0.0', 'Ok: delivered before');
const NOWHERE: Outcome = { reply: reply(451, '4.3.0', 'Error: no connection to the next hop'), refused: [] };

export class Transaction {
  readonly #options: TransactionOptions;
  #itinerary: Itinerary;
  #copies: readonly Recipient[] = [];

  constructor(options: TransactionOptions) {
    this.#options = options;
    this.#itinerary = new Itinerary({ ...options, oneWay: options.early });
  }

  /** What the client is told about a recipient at RCPT. */
  async recipient(recipient: Recipient): Promise<Reply> {
    const { early, memory, envelope } = this.#options;
    const known = early ? undefined : memory.takeRefusal(envelope.sender, recipient.address);
    return known ?? (await this.#safely(recipient.address, () => this.#add(recipient)));
  }

  abandon(): void {
    this.#itinerary.abandon();
  }

  /** The message itself, after last-minute orders: other recipients, another filter, copies. */
  async send(message: Message): Promise<Sent> {
    const digest = await this.#digest(message);
    const answer =
      (await this.#followOrders()) ??
      (await this.#announce(digest)) ??
      (await this.#planCopies()) ??
      (await this.#sendAll(message, digest));
    const backend = this.#itinerary.ways.findLast(({ delivery }) => delivery)?.delivery?.backend;
    if (!isRefusal(answer)) return { reply: answer, backend, lostCopies: await this.#sendCopies(message) };
    this.#itinerary.abandon();
    return { reply: answer, backend, lostCopies: [] };
  }

  async #add(recipient: Recipient): Promise<Reply> {
    const plan = await this.#itinerary.add(recipient);
    if ('code' in plan) return plan;
    if (!this.#options.early) return ACCEPTED;
    await this.#itinerary.announce();
    const refusal = refusalOf(plan);
    if (refusal) this.#itinerary.drop(plan);
    return refusal ?? ACCEPTED;
  }

  /** REDIRECT and FILTER change what was planned at RCPT. */
  async #followOrders(): Promise<Reply | undefined> {
    const { redirect, filter } = this.#options.envelope.orders;
    if (redirect === undefined && filter === this.#itinerary.orders.filter) return undefined;
    const recipients =
      redirect === undefined
        ? this.#itinerary.plans.map((plan) => plan.recipient)
        : [unnamed(addressOf(redirect))];
    this.#itinerary.abandon();
    this.#itinerary = new Itinerary({ ...this.#options, oneWay: false });
    for (const recipient of recipients) {
      const answer = await this.#safely(recipient.address, async () => {
        const plan = await this.#itinerary.add(recipient);
        return 'code' in plan ? plan : ACCEPTED;
      });
      if (isRefusal(answer)) return answer;
    }
    return undefined;
  }

  /** Tells this mail from others, where it matters whether it came before. */
  async #digest(message: Message): Promise<string | undefined> {
    const { memory, envelope } = this.#options;
    return memory.knowsDelivered ? digestOf(envelope.sender, message.asReceived()) : undefined;
  }

  /** Asks about the recipients that have not been asked about. A refusal for the mail, unless all of them are taken. */
  async #announce(digest: string | undefined): Promise<Reply | undefined> {
    const { memory, envelope } = this.#options;
    for (const target of this.#itinerary.ways.flatMap(targetsOf)) {
      if (digest !== undefined && memory.isDelivered(digest, target.recipient.address))
        target.answer = HAS_IT;
    }
    await this.#itinerary.announce();
    const { plans } = this.#itinerary;
    const refusals = plans.map(refusalOf);
    const heard = refusals.filter((answer) => answer !== undefined);
    if (heard.length === 0) return undefined;
    if (heard.length === plans.length) return heard.find(({ code }) => code < 500) ?? heard[0];
    for (const [i, answer] of refusals.entries()) {
      const plan = plans[i];
      if (answer && plan) memory.refused(envelope.sender, plan.recipient.address, answer);
    }
    return TRY_AGAIN;
  }

  /** Hands the message to each next hop in turn; the last answer, or what the client needs to hear. */
  async #sendAll(message: Message, known: string | undefined): Promise<Reply> {
    const delivered: Address[] = [];
    let answer = HAS_IT;
    for (const way of this.#itinerary.ways.filter(isNeeded)) {
      const outcome = (await way.delivery?.send(message)) ?? NOWHERE;
      answer = outcome.reply;
      const unreached = isRefusal(answer)
        ? targetsOf(way).map(({ recipient }) => ({ recipient, reply: answer }))
        : outcome.refused;
      const missed = new Set(unreached.map(({ recipient }) => recipient.address));
      const reached = targetsOf(way).map(({ recipient }) => recipient.address);
      delivered.push(...reached.filter((address) => !missed.has(address)));
      if (missed.size === 0) continue;
      if (delivered.length === 0) return answer;
      const digest = known ?? (await digestOf(this.#options.envelope.sender, message.asReceived()));
      return this.#halfWay(digest, delivered, unreached);
    }
    return answer;
  }

  /** Some have the mail and others do not: the client must come back for those. */
  #halfWay(digest: string, delivered: readonly Address[], unreached: Outcome['refused']): Reply {
    const { memory, envelope, log } = this.#options;
    for (const address of delivered) memory.delivered(digest, address);
    for (const { recipient, reply: answer } of unreached) {
      log.warn(`${envelope.id}: to=<${recipient.address.text}>, status=deferred (${replyText(answer)})`);
      for (const plan of this.#itinerary.plans) {
        if (answer.code >= 500 && plan.targets.some((target) => target.recipient === recipient))
          memory.refused(envelope.sender, plan.recipient.address, answer);
      }
    }
    return TRY_AGAIN;
  }

  /** A table that fails must do so before anybody has the mail. */
  async #planCopies(): Promise<Reply | undefined> {
    const { envelope, mapper, keepsOriginals } = this.#options;
    const { plans, ways } = this.#itinerary;
    const reached = {
      recipients: plans.map(({ recipient }) => recipient.address),
      keys: ways.flatMap(({ targets }) => [...targets.keys()]),
    };
    const [first = envelope.sender] = reached.recipients;
    const answer = await this.#safely(first, async () => {
      this.#copies = await copiesOf(envelope, mapper, keepsOriginals, reached);
      return ACCEPTED;
    });
    return isRefusal(answer) ? answer : undefined;
  }

  async #sendCopies(message: Message): Promise<Sent['lostCopies']> {
    const lost: { recipient: Recipient; answer: Reply }[] = [];
    for (const recipient of this.#copies) {
      const answer = await this.#safely(recipient.address, () =>
        sendCopy(this.#itinerary, recipient, message),
      );
      if (isRefusal(answer)) lost.push({ recipient, answer });
    }
    return lost;
  }

  /** Why a recipient cannot be served now, in words for its client. A bug goes on to end the session. */
  async #safely(recipient: Address, work: () => Promise<Reply>): Promise<Reply> {
    const { log, envelope } = this.#options;
    try {
      return await work();
    } catch (error) {
      if (error instanceof LookupFailure) {
        log.warn(`${envelope.id}: ${error.message}`);
        return reply(451, '4.3.0', `<${recipient.text}>: Temporary lookup failure`);
      }
      if (error instanceof AliasError) {
        log.warn(
          `${envelope.id}: ${error.message} for ${recipient.text} -- message not accepted, try again later`,
        );
        return reply(451, '4.6.0', 'Alias expansion error');
      }
      if (error instanceof RouteError) {
        log.error(`${envelope.id}: no next hop for <${recipient.text}>: ${error.message}`);
        return reply(451, '4.3.5', 'Server configuration error');
      }
      throw error;
    }
  }
}

function targetsOf(way: Way) {
  return [...way.targets.values()];
}

/** Whether somebody is reached there who has not got the mail yet. */
function isNeeded(way: Way): boolean {
  return targetsOf(way).some(({ answer }) => answer !== HAS_IT);
}

/**
 * Which ways the recipients of one mail go: an address stands for targets (itself, or what aliases make of it), and each
 * target is reached through a next hop. It asks the next hops about the targets, but sends no message.
 */
import type { AddressMapper } from '../addresses/mapper.ts';
import { type Address, externalForm } from '../mail/address.ts';
import type { Envelope, Recipient } from '../mail/envelope.ts';
import { isRefusal, type Reply, reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Delivery } from './delivery.ts';
import { type FilterOrders, type HopFinder, type Stop, sameHop } from './hop-finder.ts';
import type { NextHop } from './next-hop.ts';
import type { Relay } from './relay.ts';

export interface ItineraryOptions {
  readonly session: Session;
  readonly envelope: Envelope;
  /** Undefined: the envelope goes on as it came. */
  readonly mapper: AddressMapper | undefined;
  readonly relay: Pick<Relay, 'open'>;
  readonly hops: HopFinder;
  /** Recipients for another next hop than the first one's are refused. */
  readonly oneWay: boolean;
  /** enable_original_recipient: who is reached under two names gets the mail twice. */
  readonly keepsOriginals: boolean;
}

/** One next hop, and who is reached through it. */
export interface Way {
  readonly hop: NextHop;
  delivery: Delivery | undefined;
  readonly targets: Map<string, Target>;
}

export interface Target {
  readonly recipient: Recipient;
  /** The next hop's answer, once it was asked. */
  answer: Reply | undefined;
}

/** A recipient as the client named it, and the targets it stands for. */
export interface Plan {
  readonly recipient: Recipient;
  readonly targets: readonly Target[];
}

const ANOTHER_TRANSACTION = reply(
  452,
  '4.5.3',
  'Error: this recipient needs another next hop; send it separately',
);

export class Itinerary {
  readonly plans: Plan[] = [];
  readonly ways: Way[] = [];
  readonly #options: ItineraryOptions;
  /** What checks had ordered when the plans were made. */
  readonly orders: FilterOrders;

  constructor(options: ItineraryOptions) {
    this.#options = options;
    const { filter, redirect } = options.envelope.orders;
    this.orders = { filter, redirect };
  }

  /** Adds a recipient. A refusal where it can be said without asking. Throws RouteError, AliasError, LookupFailure. */
  async add(recipient: Recipient): Promise<Plan | Reply> {
    const { mapper, oneWay } = this.#options;
    const isMapped = mapper !== undefined && this.orders.redirect === undefined;
    const addresses = isMapped ? await mapper.recipients(recipient.address) : [recipient.address];
    const stops: (Stop & { readonly key: string })[] = [];
    for (const address of addresses) {
      const stop = await this.stopFor(address);
      if (stop.hop.kind === 'refuse') return stop.hop.reply;
      stops.push({ ...stop, key: this.#keyOf(recipient, address) });
    }
    const [first] = stops;
    if (oneWay && first && this.ways.length > 0 && !this.#wayTo(first.hop)) return ANOTHER_TRANSACTION;
    const targets = stops.map((stop) => this.#target(recipient, stop));
    const plan = { recipient, targets };
    this.plans.push(plan);
    return plan;
  }

  /** Takes a recipient out again. */
  drop(plan: Plan): void {
    this.plans.splice(this.plans.indexOf(plan), 1);
    const needed = new Set(this.plans.flatMap(({ targets }) => targets));
    for (const { targets } of this.ways) {
      for (const [key, target] of targets) if (!needed.has(target)) targets.delete(key);
    }
  }

  /** Tells the next hops of all targets that they have not heard of. */
  async announce(): Promise<void> {
    for (const way of this.ways) {
      const targets = [...way.targets.values()].filter(({ answer }) => answer === undefined);
      if (targets.length === 0) continue;
      way.delivery ??= await this.open(way.hop);
      const answers = await way.delivery.recipients(targets.map(({ recipient }) => recipient));
      for (const [i, target] of targets.entries()) target.answer = answers[i];
    }
  }

  abandon(): void {
    for (const { delivery } of this.ways) delivery?.abandon();
  }

  stopFor(target: Address): Promise<Stop> {
    return this.#options.hops.find(target, this.#options.envelope.sender, this.orders);
  }

  /** A delivery of this mail by a next hop, the sender rewritten. */
  async open(hop: NextHop): Promise<Delivery> {
    const { mapper, envelope, relay, session } = this.#options;
    const sender = mapper ? await mapper.sender(envelope.sender) : envelope.sender;
    const senderWritten = mapper ? `<${externalForm(sender)}>` : envelope.senderWritten;
    const outgoing: Envelope = { ...envelope, sender, senderWritten };
    return relay.open(hop, { session, envelope: outgoing, queueId: envelope.id });
  }

  #wayTo(hop: NextHop): Way | undefined {
    return this.ways.find((way) => sameHop(way.hop, hop));
  }

  #target(recipient: Recipient, { address, hop, key }: Stop & { readonly key: string }): Target {
    const way = this.#wayTo(hop) ?? { hop, delivery: undefined, targets: new Map<string, Target>() };
    if (!this.ways.includes(way)) this.ways.push(way);
    const known = way.targets.get(key);
    if (known) return known;
    const target: Target = {
      recipient: address === recipient.address ? recipient : renamed(recipient, address),
      answer: undefined,
    };
    way.targets.set(key, target);
    return target;
  }

  /** Equal keys are served once. Without a mapper the next hop hears what the client said. */
  #keyOf(recipient: Recipient, address: Address): string {
    const { mapper, keepsOriginals } = this.#options;
    return mapper ? recipientKey(recipient, address, keepsOriginals) : String(this.plans.length);
  }
}

/**
 * The same address is served twice for who is named twice, or wants other notices, where `keepsOriginals`.
 * `Postfix: cleanup_out_recipient`
 */
export function recipientKey(named: Recipient, address: Address, keepsOriginals: boolean): string {
  if (!keepsOriginals) return address.text.toLowerCase();
  const { orcpt = `rfc822;${named.written.replace(/^<(.*)>$/, '$1')}`, notify = '' } = named.options;
  const notices = notify.split(',').toSorted().join(' ').trim();
  return [orcpt, notices, named.address.text, address.text].join('\n').toLowerCase();
}

/** The refusal that a recipient gets from the next hops of its targets. */
export function refusalOf({ targets }: Plan): Reply | undefined {
  return targets.map(({ answer }) => answer).find((answer) => answer && isRefusal(answer));
}

/** The client's wishes about delivery notices go with the address it named. RFC 3461 5.2.7. */
function renamed(recipient: Recipient, address: Address): Recipient {
  return { address, written: `<${externalForm(address)}>`, options: recipient.options };
}

/** A carrier that carries nothing: it says where a message would go, for those who only want to know. */

import type { AddressMapper } from '../addresses/mapper.ts';
import { AliasError } from '../addresses/mapper.ts';
import { type Envelope, queuedReply, type Recipient } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { LookupFailure } from '../tables/table.ts';
import type { Carried, Carrier, Consignment } from './carrier.ts';
import type { HopFinder } from './hop-finder.ts';
import { RouteError } from './route.ts';

const TAKEN = reply(250, '2.1.5', 'Ok');
const NO_ROUTE = reply(451, '4.3.5', 'Server configuration error');
const NO_ANSWER = reply(451, '4.3.0', 'Temporary lookup failure');

export class DryCarrier implements Carrier {
  readonly #hops: Pick<HopFinder, 'find'>;

  constructor(hops: Pick<HopFinder, 'find'>) {
    this.#hops = hops;
  }

  consign(_session: Session, envelope: Envelope, _mapper: AddressMapper | undefined): Consignment {
    return { recipient: (recipient) => this.#recipient(recipient, envelope), abandon: () => {} };
  }

  async carry(
    _consignment: Consignment | undefined,
    { envelope }: { readonly envelope: Envelope; readonly message: Message },
  ): Promise<Carried> {
    const { orders, recipients } = envelope;
    const taken = queuedReply(envelope);
    if (orders.discard !== undefined)
      return { reply: taken, verdict: 'discard', backend: undefined, backendReply: orders.discard };
    if (orders.hold !== undefined)
      return { reply: taken, verdict: 'quarantine', backend: undefined, backendReply: orders.hold };
    const places = await Promise.all(recipients.map(({ address }) => this.#place(address, envelope)));
    const backend = [...new Set(places)].join(', ');
    return { reply: taken, verdict: 'accept', backend, backendReply: undefined };
  }

  async #recipient({ address }: Recipient, envelope: Envelope): Promise<Reply> {
    try {
      const { hop } = await this.#hops.find(address, envelope.sender, envelope.orders);
      return hop.kind === 'refuse' ? hop.reply : TAKEN;
    } catch (error) {
      if (error instanceof RouteError || error instanceof AliasError) return NO_ROUTE;
      if (error instanceof LookupFailure) return NO_ANSWER;
      throw error;
    }
  }

  /** Where the mail goes, in the operator's words. */
  async #place(address: Recipient['address'], { sender, orders }: Envelope): Promise<string> {
    const { hop } = await this.#hops.find(address, sender, orders);
    return hop.text;
  }
}

/** Deliveries that go nowhere: the `error:`, `retry:` and `discard:` transports. Postfix: error(8), discard(8). */
import type { Recipient } from '../mail/envelope.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Delivery, Outcome } from './delivery.ts';
import type { DiscardingHop, RefusingHop } from './next-hop.ts';

export class FixedDelivery implements Delivery {
  readonly backend = undefined;
  readonly #atRecipient: Reply;
  readonly #atEnd: Reply;

  constructor(hop: RefusingHop | DiscardingHop, queueId: string) {
    const swallows = hop.kind === 'discard';
    this.#atRecipient = swallows ? reply(250, '2.1.5', 'Ok') : hop.reply;
    this.#atEnd = swallows ? reply(250, '2.0.0', `Ok: queued as ${queueId}`) : hop.reply;
  }

  async recipient(): Promise<Reply> {
    return this.#atRecipient;
  }

  async recipients(recipients: readonly Recipient[]): Promise<Reply[]> {
    return recipients.map(() => this.#atRecipient);
  }

  async send(): Promise<Outcome> {
    return { reply: this.#atEnd, refused: [] };
  }

  abandon(): void {}
}

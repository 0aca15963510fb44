/** Hands mails that the gateway writes itself to the next hop: reports. They pass no judges and are told in the log. */
import type { AddressMapper } from './addresses/mapper.ts';
import { address, nullSender } from './mail/address.ts';
import { unnamedClient } from './mail/client.ts';
import { newEnvelope } from './mail/envelope.ts';
import type { Message } from './mail/message.ts';
import { isRefusal, type Reply } from './mail/reply.ts';
import type { Session } from './mail/session.ts';
import { newId } from './record/ids.ts';
import type { Journal } from './record/journal.ts';
import type { Carrier } from './relay/carrier.ts';

export interface CourierOptions {
  readonly carrier: Carrier;
  readonly mapper: AddressMapper | undefined;
  readonly journal: Pick<Journal, 'delivered'>;
  /** The name of the service whose way out it is. */
  readonly service: string;
}

export class Courier {
  readonly #options: CourierOptions;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** Sends to one recipient, from the null sender; the next hop's answer. `id`: of the mail. */
  async send(id: string, recipient: string, bytes: Buffer): Promise<Reply> {
    const { carrier, mapper, journal, service } = this.#options;
    const session = ownSession(service);
    const envelope = newEnvelope({
      id,
      sender: nullSender,
      senderWritten: '<>',
      options: { size: bytes.length },
    });
    const consignment = carrier.consign(session, envelope, mapper);
    const to = { address: address(recipient), written: `<${recipient}>`, options: {} };
    const answer = await consignment.recipient(to);
    if (isRefusal(answer)) {
      consignment.abandon();
      return answer;
    }
    envelope.recipients.push(to);
    envelope.size = bytes.length;
    const carried = await carrier.carry(consignment, { session, envelope, message: messageOf(bytes) });
    journal.delivered({ id, session, envelope, stage: 'OWN MAIL', messageId: undefined, ...carried });
    return carried.reply;
  }
}

function messageOf(bytes: Buffer): Message {
  const chunks = () => [bytes];
  return {
    refusal: undefined,
    messageId: undefined,
    facts: {},
    sizeBytes: bytes.length,
    chunks,
    asReceived: chunks,
  };
}

function ownSession(service: string): Session {
  return {
    id: newId(),
    service,
    client: { ...unnamedClient('127.0.0.1', '0'), name: 'localhost', nameStatus: 'ok' },
    server: { address: '127.0.0.1', port: '0' },
    helo: 'localhost',
    protocol: 'ESMTP',
    tls: undefined,
    sasl: undefined,
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: Date.now(),
  };
}

/**
 * The way out of held mail: the end of the journey, without the judges. Each recipient gets the next hop's own answer;
 * those who were refused keep their claim on the mail. It decides nothing about the files.
 */
import type { AddressMapper } from './addresses/mapper.ts';
import type { Envelope, Recipient } from './mail/envelope.ts';
import type { Message } from './mail/message.ts';
import { isRefusal, type Reply } from './mail/reply.ts';
import type { HeldMail } from './quarantine/held-mail.ts';
import type { Journal } from './record/journal.ts';
import type { Carried, Carrier } from './relay/carrier.ts';

export interface ReleaserOptions {
  /** Of the service that the mail came in by. */
  readonly carrier: Carrier;
  readonly mapper: AddressMapper | undefined;
  readonly journal: Journal;
}

/** What became of the recipients. */
export interface Released {
  readonly delivered: readonly Recipient[];
  readonly refused: readonly { readonly recipient: Recipient; readonly reply: Reply }[];
  /** The next hop's last word, and its name. */
  readonly reply: Reply | undefined;
  readonly backend: string | undefined;
}

/** Where the next hop does not treat recipients alike, the carrier wants the mail again to say so for each. */
const MOST_ROUNDS = 3;
const TRY_AGAIN = '4.5.3';
/** In the record, where the other stages are those of SMTP. */
const STAGE = 'RELEASE';

export class Releaser {
  readonly #options: ReleaserOptions;

  constructor(options: ReleaserOptions) {
    this.#options = options;
  }

  /** Delivers the mail. `chunks`: the message as it was kept. */
  async release(held: HeldMail, chunks: Message['chunks']): Promise<Released> {
    const { messageId, facts, sizeBytes } = held;
    const message = { refusal: undefined, messageId, facts, sizeBytes, chunks, asReceived: chunks };
    const refused = new Map<Recipient, Reply>();
    let released: Released;
    for (let round = 1; ; round++) {
      released = await this.#attempt(held, message, refused);
      const isUnclear = released.reply?.status === TRY_AGAIN && held.envelope.recipients.length > 1;
      if (!isUnclear || round === MOST_ROUNDS) break;
    }
    return released;
  }

  async #attempt(held: HeldMail, message: Message, refused: Map<Recipient, Reply>): Promise<Released> {
    const { session } = held;
    const orders = { ...held.envelope.orders, hold: undefined, discard: undefined };
    const envelope: Envelope = { ...held.envelope, recipients: [], orders };
    const consignment = this.#options.carrier.consign(session, envelope, this.#options.mapper);
    for (const recipient of held.envelope.recipients) {
      const answer = refused.get(recipient) ?? (await consignment.recipient(recipient));
      if (isRefusal(answer)) refused.set(recipient, answer);
      else envelope.recipients.push(recipient);
    }
    if (envelope.recipients.length === 0) {
      consignment.abandon();
      return { delivered: [], refused: listed(refused), reply: undefined, backend: undefined };
    }
    const carried = await this.#options.carrier.carry(consignment, { session, envelope, message });
    this.#record(held, envelope, carried);
    const { reply, backend } = carried;
    if (!isRefusal(reply))
      return { delivered: envelope.recipients, refused: listed(refused), reply, backend };
    const also = envelope.recipients.map((recipient) => ({ recipient, reply }));
    return { delivered: [], refused: [...listed(refused), ...also], reply, backend };
  }

  #record({ session, messageId, facts }: HeldMail, envelope: Envelope, carried: Carried): void {
    const ending = { id: envelope.id, session, envelope, stage: STAGE, messageId, facts, ...carried };
    if (isRefusal(carried.reply)) this.#options.journal.ended(ending);
    else this.#options.journal.delivered(ending);
  }
}

function listed(refused: ReadonlyMap<Recipient, Reply>): Released['refused'] {
  return [...refused].map(([recipient, reply]) => ({ recipient, reply }));
}

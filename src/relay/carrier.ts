/** The way out, as the gateway sees it: recipients are announced one by one, then the message is carried. */
import type { AddressMapper } from '../addresses/mapper.ts';
import type { Envelope, Recipient } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import type { Reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { AttemptVerdict } from '../record/attempt.ts';

export interface Carrier {
  /** A way for this transaction's recipients; nothing is sent before the first one. */
  consign(session: Session, envelope: Envelope, mapper: AddressMapper | undefined): Consignment;
  /** Hands the message on: to the next hop, into quarantine, or nowhere, as the envelope's orders say. */
  carry(
    consignment: Consignment | undefined,
    mail: { readonly session: Session; readonly envelope: Envelope; readonly message: Message },
  ): Promise<Carried>;
}

export interface Consignment {
  /** The next hop's answer to a recipient; 452 when it would need another next hop than the others. */
  recipient(recipient: Recipient): Promise<Reply>;
  abandon(): void;
}

export interface Carried {
  readonly reply: Reply;
  readonly verdict: AttemptVerdict;
  readonly backend: string | undefined;
  readonly backendReply: string | undefined;
}

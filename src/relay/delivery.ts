/**
 * One mail's way to a next hop, step by step, so that its answers can be the client's answers. RFC 5321 4.1.4, RFC 2033.
 * Nothing thrown gets out: when the next hop is down, slow or garbled, the answer is a 4xx of ours and the client
 * keeps the mail. A time-out behind the final dot is such a case, too; nothing is ever sent a second time, except MAIL
 * over a kept connection that turns out to be dead before MAIL was answered.
 * It does not convert: 8-bit text goes as it is to a next hop without 8BITMIME, because signatures must survive.
 */
import type { Envelope, Recipient } from '../mail/envelope.ts';
import type { Reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { MessageChunks } from '../smtp/message-writer.ts';

/** A message's bytes in CRLF form, without doubled dots; `sizeBytes` of them. */
export interface OutgoingMessage {
  readonly sizeBytes: number;
  chunks(): MessageChunks;
}

/** The mail that is on its way. */
export interface Parcel {
  readonly session: Session;
  readonly envelope: Envelope;
  /** For XFORWARD's IDENT. */
  readonly queueId: string;
}

/** How it ended. */
export interface Outcome {
  /** What the client is to be told: of several answers (LMTP) a 2xx if there is one, else a 4xx if there is one. */
  readonly reply: Reply;
  /**
   * The recipients that were refused although others were accepted; only LMTP can do that. Not empty means: the
   * message is delivered to the others, and a refusal of the whole mail would make the client send it to them again.
   */
  readonly refused: readonly { readonly recipient: Recipient; readonly reply: Reply }[];
}

/** One question at a time; `abandon` at any time. */
export interface Delivery {
  /** The next hop's answer to this recipient (2xx: accepted). The first one connects and sends XFORWARD and MAIL. */
  recipient(recipient: Recipient): Promise<Reply>;
  /** The same for several, in one go where the next hop offers PIPELINING. */
  recipients(recipients: readonly Recipient[]): Promise<Reply[]>;
  /** DATA, the message, the final dot. The last question. */
  send(message: OutgoingMessage): Promise<Outcome>;
  /** The mail is not wanted any more. Nothing happens after `send` has ended. */
  abandon(): void;
  /** `name[address]:port` of the next hop that was talked to. */
  readonly backend: string | undefined;
}

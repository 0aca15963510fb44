/** An envelope lives from MAIL to the end of the message or RSET: sender, recipients and what was decided about them. */
import type { Address } from './address.ts';
import { type Reply, reply } from './reply.ts';
import { Trace } from './trace.ts';
import type { Reason } from './verdict.ts';

/** RFC 3461: what the client wants to hear about delivery; passed on as it came. */
export interface SenderOptions {
  /** SIZE=, bytes. */
  readonly size?: number;
  readonly body?: '7BIT' | '8BITMIME' | 'BINARYMIME';
  readonly smtputf8?: boolean;
  readonly requireTls?: boolean;
  readonly ret?: 'FULL' | 'HDRS';
  /** xtext, as it came. */
  readonly envid?: string;
  /** AUTH=, xtext, as it came. */
  readonly auth?: string;
}

export interface RecipientOptions {
  /** `NEVER`, or any of `SUCCESS`, `FAILURE`, `DELAY`, comma separated. */
  readonly notify?: string;
  /** `rfc822;joe@example.com`, as it came. */
  readonly orcpt?: string;
}

export interface Recipient {
  readonly address: Address;
  /** As the client wrote it, brackets included. */
  readonly written: string;
  readonly options: RecipientOptions;
}

/** What restrictions and content checks decided besides yes and no. */
export interface Orders {
  /** Header lines to put on top, in order. */
  readonly prepend: string[];
  /** Recipients to add without a delivery notice, in the order in which access tables named them. */
  readonly bcc: string[];
  /** The same, by checks of the content. */
  readonly contentBcc: string[];
  /** Deliver to this address instead of all recipients. */
  redirect: string | undefined;
  /** `transport:nexthop` of the content filter to use. */
  filter: string | undefined;
  /** Why the mail is to be quarantined. */
  hold: string | undefined;
  /** Why the mail is to be swallowed; further checks are skipped. */
  discard: string | undefined;
  /** A domain that was believed because its mail has been signed so far: this mail must be, too, or it waits. */
  signature: string | undefined;
}

export interface Envelope {
  /** Unique among all messages of all gateways; what Postfix calls the queue id. */
  readonly id: string;
  readonly sender: Address;
  /** As the client wrote it, brackets included. */
  readonly senderWritten: string;
  readonly options: SenderOptions;
  readonly recipients: Recipient[];
  readonly orders: Orders;
  /** Whether the client's addresses are completed with our domain. `Postfix: local_header_rewrite_clients`. */
  localRewrite: boolean;
  /** Bytes received, once they are. */
  size: number;
  /** The message comes by BDAT. */
  isChunked?: true;
  readonly startedAt: number;
  /** The postponed verdict of the sender stage, when it is judged before RCPT. `Postfix: smtpd_delay_reject`. */
  postponed: Reason | undefined;
  /** What was asked about it at MAIL, for each accepted recipient, and from DATA on. */
  readonly trace: Trace;
  /** Its message was refused by smtpd_end_of_data_restrictions: it stays open until RSET. `Postfix: common_post_message_handling` */
  isRefusedAtEnd?: true;
  /** All that happened to it so far stands in the ledger. */
  isRecorded: boolean;
}

/** An envelope at its beginning. */
export function newEnvelope(about: Pick<Envelope, 'id' | 'sender' | 'senderWritten' | 'options'>): Envelope {
  return {
    ...about,
    recipients: [],
    orders: newOrders(),
    localRewrite: false,
    size: 0,
    startedAt: Date.now(),
    postponed: undefined,
    trace: new Trace(),
    isRecorded: false,
  };
}

export function newOrders(): Orders {
  return {
    prepend: [],
    bcc: [],
    contentBcc: [],
    redirect: undefined,
    filter: undefined,
    hold: undefined,
    discard: undefined,
    signature: undefined,
  };
}

/** The client's 250 for a mail that does not go through a filter in front of the queue. `more`: what else is to be said. */
export function queuedReply({ id, size, isChunked }: Envelope, more = ''): Reply {
  return reply(250, '2.0.0', `Ok: ${isChunked ? `${size} bytes ` : ''}queued as ${id}${more}`);
}

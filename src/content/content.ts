/** The judges after DATA, as the gateway sees them: bytes in, a judged message out. */
import type { Envelope } from '../mail/envelope.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Message } from '../mail/message.ts';
import type { Session } from '../mail/session.ts';

export interface Content {
  /** DATA was accepted: a message begins to arrive. */
  begin(session: Session, envelope: Envelope): Incoming;
}

/** A message on its way in. Bytes are canonical: CRLF line ends, no dot-stuffing. */
export interface Incoming {
  /** A promise where the reader has to wait (back pressure). */
  write(chunk: Buffer): MaybePromise<void>;
  /** All bytes are there. Orders (redirect, hold, ...) go into the envelope. */
  finish(): Promise<Message>;
  /** Lets go of memory and files, in any state, as often as one likes. */
  close(): void;
}

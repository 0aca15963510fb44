/**
 * Those who read every byte of a message as it came, while it comes: signatures, virus scanners. They are asked for
 * their verdict when all bytes are there.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { MessageFacts } from '../mail/message.ts';
import type { Looked } from '../mail/trace.ts';
import type { Finding } from './finding.ts';
import type { ContentRefusal } from './judgement.ts';

export interface RawReader {
  /** For the log, when there is no verdict in time: `DKIM`, `clamd`. */
  readonly name: string;
  /** The bytes as they came, canonical; they may be kept, but not changed. A promise: wait for it. */
  write(chunk: Buffer): MaybePromise<void>;
  /**
   * All bytes are there, and can be read once more (without what message_strip_characters took out), as long as the
   * message is open. Rejects with Refused where the mail has to wait because there is no verdict.
   */
  finish(bytes: () => Iterable<Buffer> | AsyncIterable<Buffer>): MaybePromise<RawVerdict>;
  /** Lets go of everything, in any state, as often as one likes. */
  close(): void;
}

export interface RawVerdict {
  /** What was found out, for the story of the mail. */
  readonly looked?: readonly Looked[] | undefined;
  readonly facts?: MessageFacts | undefined;
  readonly refusal?: ContentRefusal | undefined;
  /** What a table or parameter wants done: `REJECT text`, `HOLD`, `DISCARD`, `PREPEND X-Virus-Infected: name`. */
  readonly findings?: readonly Finding[] | undefined;
  /** Header fields for the top of the message, in order; folded with CRLF where they are long, no CRLF at the end. */
  readonly fields?: readonly string[] | undefined;
}

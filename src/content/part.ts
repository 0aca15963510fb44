/**
 * The parts of a message, as the MIME walker tells of them to those who look inside. RFC 2045, RFC 2046, RFC 2183.
 * The walker undoes the transfer encoding; charsets, names and archives are the readers' business.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Finding } from './finding.ts';

/** A header field as it came: folded, in its own bytes, without the last CRLF. */
export interface Field {
  /** Lower case. */
  readonly name: string;
  /** Behind the colon. */
  readonly value: Buffer;
}

export interface Part {
  /**
   * `1`, `1.2`; the message itself is `0`. A message inside has the number of the part that holds it, its own header
   * `1.2.0`, its parts go on from there: `1.2.1`. Text outside of all parts of a multipart has the multipart's number.
   */
  readonly number: string;
  /** Lower case `type/subtype`; `text/plain` where nothing sensible is said. RFC 2045 5.2. */
  readonly type: string;
  /** All its fields, in order. For a nested message its own header is a part of its own, see PartInspector.begin. */
  readonly fields: readonly Field[];
  /** Lower case; `7bit` where nothing is said. A leaf that names several is told of once for each. */
  readonly encoding: string;
}

/** Reads the content of one leaf part, transfer encoding undone. */
export interface PartReader {
  write(bytes: Buffer): MaybePromise<void>;
  end(): MaybePromise<void>;
}

/** Looks inside one message; made when it begins to arrive. */
export interface PartInspector {
  /**
   * A part begins: the message (`0`, with its header), a nested message (with its header), a multipart or a leaf.
   * The reader, where the content is wanted, gets the decoded bytes of leaves only; any other ends at once.
   */
  begin(part: Part): PartReader | undefined;
  /** All parts are through. Rejects with Refused where the answer cannot be had now. */
  finish(): MaybePromise<readonly Finding[]>;
  /** Lets go of everything, in any state. */
  close(): void;
}

/** A message, judged, as it will go on after all changes. */
import type { Reply } from './reply.ts';
import type { Source } from './source.ts';

/** What was found out about it, in one word each: `pass`, `fail`, the name of a virus. */
export interface MessageFacts {
  readonly spf?: string | undefined;
  readonly dkim?: string | undefined;
  readonly dmarc?: string | undefined;
  readonly virus?: string | undefined;
  /** What its author's domain wants to hear of it: a row of an aggregate report (sender-auth/dmarc-report.ts). */
  readonly dmarcReport?: object | undefined;
}

export interface Message {
  /** Set when it must not go on. */
  readonly refusal:
    | { readonly reply: Reply; readonly restriction: string; readonly rule: Source }
    | undefined;
  readonly messageId: string | undefined;
  readonly facts: MessageFacts;
  readonly sizeBytes: number;
  /** The bytes, top fields included; may be read again. Canonical: CRLF line ends, no dot-stuffing. */
  chunks(): Iterable<Buffer> | AsyncIterable<Buffer>;
  /** The bytes as the client sent them, before any change; may be read again. */
  asReceived(): Iterable<Buffer> | AsyncIterable<Buffer>;
}

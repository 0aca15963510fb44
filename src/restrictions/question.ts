/** What a restriction is asked about: one client, one command, and what is known of the mail so far. No socket in sight. */
import type { Address } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Source } from '../mail/source.ts';
import type { Trace, TraceStep } from '../mail/trace.ts';
import type { Note, Reason } from '../mail/verdict.ts';

/** The command (or event) under judgement, as it stands in log lines and policy requests. */
export type Stage =
  | 'CONNECT'
  | 'HELO'
  | 'EHLO'
  | 'MAIL'
  | 'RCPT'
  | 'VRFY'
  | 'ETRN'
  | 'DATA'
  | 'BDAT'
  | 'END-OF-MESSAGE';

/** What a list speaks of when nothing more special is at hand: `<name>: class rejected: ...`. */
export interface Subject {
  readonly name: string;
  readonly class: string;
  /** In place of `class rejected`. */
  readonly refused?: string;
}

/** The classes of subjects; log tools know these words. `Postfix: SMTPD_NAME_*`. */
export const subjectClass = {
  client: 'Client host',
  reverseClient: 'Unverified Client host',
  certificate: 'Client certificate',
  login: 'SASL login name',
  helo: 'Helo command',
  sender: 'Sender address',
  recipient: 'Recipient address',
  etrn: 'Etrn command',
  key: 'Access key',
  data: 'Data command',
  endOfData: 'End-of-data',
} as const;

export interface Question {
  readonly session: Session;
  readonly stage: Stage;
  /** Undefined before HELO. */
  readonly helo: string | undefined;
  /** Undefined before MAIL. */
  readonly sender: Address | undefined;
  /** Undefined before RCPT, and at DATA when there are several. */
  readonly recipient: Address | undefined;
  readonly envelope: Envelope | undefined;
  readonly etrnDomain: string | undefined;
  /** Recipients accepted so far. */
  readonly recipientCount: number;
  /** Declared or received, bytes. */
  readonly sizeBytes: number;
  readonly subject: Subject;
  readonly hearing: Hearing;
}

/** What has come up while lists are judged one after the other for one command. */
export interface Hearing {
  readonly trace: Trace;
  /** The step that is being judged; restrictions write down there what they looked up. */
  step: TraceStep | undefined;
  /** First reasons only. `Postfix: defer_if_permit, defer_if_reject`. */
  ifPermit: Reason | undefined;
  ifReject: Reason | undefined;
  /** The recipient (or sender) has been looked for in its table already. `Postfix: reject_unlisted_recipient`. */
  recipientListed: boolean;
  senderListed: boolean;
  /** The restriction that is being judged stands behind `warn_if_reject`. */
  softening: boolean;
  /** Swallowed: whatever comes is skipped. */
  discarded: boolean;
  /** What the DNS list that was asked last in `rbl:inline:` said: `$rbl_ip`. */
  listAnswers?: readonly string[];
  /** Whether the mail's own orders can be changed at this stage. */
  note(note: Note, q: Question): void;
  /** The message must turn out to be signed by this domain, or it waits. Missing where nobody will look at the message. */
  expectSignature?(domain: string): void;
  /** A refusal that `warn_if_reject` turned into a line in the log. */
  warned(reply: Reply, q: Question): void;
}

/** Writes into the trace what was looked up and what was found. */
export function looked(q: Question, key: string, answer: string | undefined, source?: Source): void {
  q.hearing.step?.looked.push({ key, answer, source });
}

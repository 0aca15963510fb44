/**
 * Opens a hearing: what the judges are asked, and where their remarks go while they are heard. Orders go into the
 * envelope, remarks into the log.
 */
import { assertNever } from '../mail/assert-never.ts';
import type { Envelope } from '../mail/envelope.ts';
import { replyText } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { Trace } from '../mail/trace.ts';
import type { Note, Reason } from '../mail/verdict.ts';
import type { Journal } from '../record/journal.ts';
import type { Hearing, Question, Stage } from './question.ts';
import { clientSubject } from './subjects.ts';

export interface HearingNeeds {
  readonly session: Session;
  readonly envelope: Envelope | undefined;
  readonly journal: Pick<Journal, 'remark'>;
  /** Whether the message will be looked at, too. */
  readonly seesMessage?: boolean;
  /** What an earlier command has postponed. */
  readonly ifPermit?: Reason | undefined;
}

export function openHearing({ session, envelope, journal, seesMessage, ifPermit }: HearingNeeds): Hearing {
  const orders = seesMessage ? envelope?.orders : undefined;
  const about = (q: Question) => ({ session, envelope, recipient: q.recipient?.text });
  return {
    trace: new Trace(),
    step: undefined,
    ifPermit,
    ifReject: undefined,
    recipientListed: false,
    senderListed: false,
    softening: false,
    discarded: envelope?.orders.discard !== undefined,
    note: (note, q) =>
      takeNote(note, envelope, (what, text) => journal.remark(what, q.stage, text, about(q))),
    ...(orders && {
      expectSignature(domain: string) {
        orders.signature = domain;
      },
    }),
    warned: (refusal, q) => journal.remark('reject_warning', q.stage, replyText(refusal), about(q)),
  };
}

/** What is known of a session and its mail at a stage. */
export function questionAbout(
  session: Session,
  stage: Stage,
  hearing: Hearing,
  envelope?: Envelope,
): Question {
  const only = envelope?.recipients.length === 1 ? envelope.recipients[0]?.address : undefined;
  return {
    session,
    stage,
    helo: session.helo,
    sender: envelope?.sender,
    recipient: only,
    envelope,
    etrnDomain: undefined,
    recipientCount: envelope?.recipients.length ?? 0,
    sizeBytes: envelope ? envelope.size || (envelope.options.size ?? 0) : 0,
    subject: clientSubject(session),
    hearing,
  };
}

/** `remark(what, text)` writes a line of the log. */
function takeNote(
  note: Note,
  envelope: Envelope | undefined,
  remark: (what: string, text: string) => void,
): void {
  if (note.kind === 'hold' && envelope?.orders.hold !== undefined) return;
  if (note.kind !== 'prepend') remark(note.kind, note.remark);
  if (!envelope) return;
  const { orders } = envelope;
  switch (note.kind) {
    case 'prepend':
      orders.prepend.push(note.header);
      break;
    case 'bcc':
      orders.bcc.push(note.address);
      break;
    case 'redirect':
      orders.redirect = note.address;
      break;
    case 'filter':
      orders.filter = note.transport;
      break;
    case 'hold':
      orders.hold = note.remark;
      break;
    case 'discard':
      orders.discard = note.remark;
      break;
    case 'warn':
    case 'info':
      break;
    default:
      assertNever(note);
  }
}

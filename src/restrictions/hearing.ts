/** Carries out the notes of restrictions: orders go into the envelope, remarks into the log. */
import { assertNever } from '../mail/assert-never.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Note } from '../mail/verdict.ts';

/** `remark(what, text)` writes a line of the log. */
export function takeNote(
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

/**
 * A verdict as an action that Postfix understands: `action=DEFER_IF_PERMIT 4.2.0 please come back`, on one line.
 * `Postfix: SMTPD_POLICY_README, access(5)`.
 */
import { assertNever } from '../mail/assert-never.ts';
import { printable, replyText } from '../mail/reply.ts';
import type { Note, Verdict } from '../mail/verdict.ts';

/** The answer as it goes over the wire, with the empty line that ends it. */
export function answerText(verdict: Verdict): string {
  return `action=${printable(actionOf(verdict)).trimEnd()}\n\n`;
}

function actionOf(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'dunno':
    case 'permit':
      return 'DUNNO';
    case 'reject':
      return replyText(verdict.reply);
    case 'postpone': {
      const { status, lines } = verdict.reply;
      return `DEFER_IF_${verdict.until.toUpperCase()} ${status} ${lines.join(' ')}`;
    }
    case 'discard':
      return `DISCARD ${verdict.remark}`;
    case 'note':
      return noteAction(verdict.note);
    default:
      return assertNever(verdict);
  }
}

function noteAction(note: Note): string {
  switch (note.kind) {
    case 'prepend':
      return `PREPEND ${note.header.replace(/\r?\n[ \t]+/g, ' ')}`;
    case 'bcc':
    case 'redirect':
      return `${note.kind.toUpperCase()} ${note.address}`;
    case 'filter':
      return `FILTER ${note.transport}`;
    case 'hold':
    case 'discard':
    case 'warn':
    case 'info':
      return `${note.kind.toUpperCase()} ${note.remark}`;
    default:
      return assertNever(note);
  }
}

/**
 * Enhanced status codes that speak of the wrong end: a table result `550 5.1.1` for a sender is told as 5.1.0, since
 * 5.1.1 speaks of recipients. `Postfix: smtpd_dsn_fix`, RFC 3463 3.2.
 */
import { subjectClass } from './question.ts';

/** Last number of X.1.N -> what it becomes when a sender, or a recipient, is refused. */
const FIXES = new Map<string, readonly [sender: string, recipient: string]>([
  ['1', ['1.7', '1.1']],
  ['2', ['1.8', '1.2']],
  ['3', ['1.7', '1.3']],
  ['4', ['1.7', '1.4']],
  ['5', ['1.0', '1.5']],
  ['6', ['1.7', '1.6']],
  ['7', ['1.7', '1.3']],
  ['8', ['1.8', '1.2']],
]);

export function fixStatus(status: string, refusedClass: string): string {
  const match = /^([245])\.1\.(\d+)$/.exec(status);
  if (!match) return status;
  const [sender, recipient] = FIXES.get(match[2] ?? '') ?? ['1.0', '1.0'];
  if (refusedClass === subjectClass.sender) return `${match[1]}.${sender}`;
  if (refusedClass === subjectClass.recipient) return `${match[1]}.${recipient}`;
  return `${match[1]}.0.0`;
}

/** Splits `5.1.1 text` into status and text; a text without a status gets the default one. `Postfix: dsn_split`. */
export function splitStatus(text: string, otherwise: string): { status: string; text: string } {
  const match = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)/.exec(text);
  if (!match) return { status: otherwise, text };
  return { status: match[1] ?? otherwise, text: text.slice(match[0].length) };
}

/**
 * An SMTP reply as a value: code, enhanced status code (RFC 3463) and text. Lines are made of it at the door only.
 * The first digits of code and status always agree; the code wins. `Postfix: smtpd_check_reject`.
 */
export interface Reply {
  readonly code: number;
  /** `5.7.1`, or empty where the protocol wants none (greeting, HELO, EHLO, ETRN). */
  readonly status: string;
  /** One line of text for each line of the reply. */
  readonly lines: readonly string[];
}

/** A one-line reply; control characters become spaces, so that no text can start a line of its own. */
export function reply(code: number, status: string, text: string): Reply {
  return { code, status: status === '' ? '' : agree(code, status), lines: [printable(text)] };
}

/** A reply of several lines, such as EHLO's. */
export function multiline(code: number, lines: readonly string[], status = ''): Reply {
  return { code, status, lines: lines.map((line) => printable(line)) };
}

/** Whether the reply refuses for now or for good. */
export function isRefusal(answer: Reply): boolean {
  return answer.code >= 400;
}

/** After these the connection ends. `Postfix: smtpd_chat_reply`, RFC 7504. */
export function endsSession(answer: Reply): boolean {
  return answer.code === 421 || answer.code === 521;
}

/** `550 5.7.1 text` on one line, as it stands in the log. */
export function replyText(answer: Reply): string {
  const status = answer.status === '' ? '' : `${answer.status} `;
  return `${answer.code} ${status}${answer.lines.join(' ')}`;
}

/** The reply as it goes over the wire, CRLF included. */
export function replyBytes(answer: Reply): string {
  const last = answer.lines.length - 1;
  const status = answer.status === '' ? '' : `${answer.status} `;
  return answer.lines.map((line, i) => `${answer.code}${i < last ? '-' : ' '}${status}${line}\r\n`).join('');
}

/** Reads `550 5.7.1 text` (the status is optional); undefined when it is no reply. */
export function parseReply(text: string): Reply | undefined {
  const match = /^([2-5]\d\d)(?:[ -](?:([245]\.\d{1,3}\.\d{1,3})(?= |$) ?)?(.*))?$/s.exec(text);
  if (!match) return undefined;
  return { code: Number(match[1]), status: match[2] ?? '', lines: [printable(match[3] ?? '')] };
}

/** The same reply, softened from 5xx to 4xx. `Postfix: soft_bounce`. */
export function softened(answer: Reply): Reply {
  if (answer.code < 500) return answer;
  return { ...answer, code: answer.code - 100, status: answer.status.replace(/^5/, '4') };
}

function agree(code: number, status: string): string {
  return `${Math.trunc(code / 100)}${status.slice(1)}`;
}

/** Control characters to spaces. */
export function printable(text: string, replacement = ' '): string {
  return /[\x00-\x1f\x7f]/.test(text) ? text.replace(/[\x00-\x1f\x7f]/g, replacement) : text;
}

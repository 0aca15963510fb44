/**
 * Our Received field, worded as Postfix words it. RFC 5321 4.4, RFC 3848, RFC 6531 4.3.
 * Parameters: smtpd_tls_received_header, smtpd_sasl_authenticated_header, smtpd_hide_client_session, mail_name.
 */
import { externalForm } from '../mail/address.ts';
import { rfcAddress } from '../mail/client.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Session, TlsFacts } from '../mail/session.ts';
import { protocolName } from '../record/journal.ts';

export interface ReceivedOptions {
  readonly myhostname: string;
  /** mail_name */
  readonly mailName: string;
  readonly tlsHeader: boolean;
  readonly saslHeader: boolean;
  readonly hideClient: boolean;
  readonly asksCertificate: boolean;
}

/** The field with its CRLFs. */
export function receivedField(session: Session, envelope: Envelope, options: ReceivedOptions): string {
  const lines = options.hideClient ? [] : from(session, options);
  const by = `by ${options.myhostname} (${options.mailName})`;
  const with_ = options.hideClient ? '' : ` with ${protocolName(session, envelope.options.smtputf8)}`;
  const id = ` id ${envelope.id}`;
  const date = mailDate(new Date(envelope.startedAt));
  const [only] = envelope.recipients.length === 1 ? envelope.recipients : [];
  const tail = only
    ? [`${by}${with_}${id}`, `for <${externalForm(only.address)}>; ${date}`]
    : [`${by}${with_}${id};`, date];
  return `Received: ${[...lines, ...tail].join('\r\n\t')}\r\n`;
}

function from(session: Session, options: ReceivedOptions): string[] {
  const { client, helo, sasl, tls } = session;
  const lines = [`from ${helo ?? client.name} (${client.name} [${rfcAddress(client.address)}])`];
  if (tls && options.tlsHeader) lines.push(...tlsComment(tls, options.asksCertificate));
  if (sasl && options.saslHeader) lines.push(`(Authenticated sender: ${comment(sasl.username)})`);
  return lines;
}

function tlsComment(tls: TlsFacts, asks: boolean): string[] {
  const { protocol, cipher, usedBits, algorithmBits, certificate } = tls;
  const using = `(using ${protocol} with cipher ${cipher} (${usedBits}/${algorithmBits} bits))`;
  if (certificate) {
    const trust = certificate.trusted ? 'verified OK' : 'not verified';
    return [
      using,
      `(Client CN "${comment(certificate.subject)}", Issuer "${comment(certificate.issuer)}" (${trust}))`,
    ];
  }
  return [using, asks ? '(Client did not present a certificate)' : '(No client certificate requested)'];
}

/** Text that cannot end the comment it stands in. `Postfix: comment_sanitize`. */
function comment(text: string): string {
  let open = 0;
  let safe = '';
  for (const c of text) {
    if (c < ' ' || c > '~' || c === '\\' || (c === ')' && open === 0)) safe += '?';
    else {
      if (c === '(') open += 1;
      if (c === ')') open -= 1;
      safe += c;
    }
  }
  return safe + ')'.repeat(open);
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Sun, 22 Nov 2026 04:36:01 +0000 (UTC)`. RFC 5322 3.3. */
export function mailDate(now: Date): string {
  const two = (n: number) => String(n).padStart(2, '0');
  const offset = -now.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const day = now.getDate(); // Postfix writes one digit below ten with a leading blank
  const date = `${DAYS[now.getDay()]}, ${String(day).padStart(2, ' ')} ${MONTHS[now.getMonth()]} ${now.getFullYear()}`;
  return `${date} ${time} ${zone}${offset === 0 ? ' (UTC)' : ''}`;
}

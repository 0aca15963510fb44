/** Held mail in words for a terminal. Whatever a sender wrote gets there without control characters. */
import { nameAddress } from '../mail/client.ts';
import type { HeldMail } from '../quarantine/held-mail.ts';
import type { MailView } from '../quarantine/mail-view.ts';
import { oneLine, terminalText } from './terminal-text.ts';

/** What list tells in JSON. */
export function summary({ id, heldAt, why, session, envelope, sizeBytes, messageId, facts }: HeldMail) {
  return {
    id,
    heldAt,
    why,
    service: session.service,
    client_address: session.client.address,
    sender: envelope.sender.text,
    recipients: envelope.recipients.map(({ address }) => address.text),
    size: sizeBytes,
    message_id: messageId,
    virus: facts.virus,
  };
}

/** Two lines. */
export function listLines({ id, heldAt, why, envelope, sizeBytes }: HeldMail): string {
  const [first, ...others] = envelope.recipients;
  const more = others.length > 0 ? ` and ${others.length} more` : '';
  const when = heldAt.slice(0, 19).replace('T', ' ');
  const who = `<${envelope.sender.text}> to <${first?.address.text ?? ''}>${more}`;
  return terminalText(`${id}  ${when}  ${sizeText(sizeBytes)}  ${who}\n    ${oneLine(why)}`);
}

/** The story, and what a person would read. */
export function showLines(held: HeldMail, view: MailView | undefined): string {
  const { session, envelope } = held;
  const { ret, envid } = envelope.options;
  const rows: [string, string | undefined][] = [
    ['Id', held.id],
    ['Held', held.heldAt],
    ['Why', held.why],
    ['Client', nameAddress(session.client)],
    ['Original client', session.forwarded && nameAddress(session.forwarded)],
    ['HELO', session.helo],
    ['User', session.sasl?.username],
    ['Service', session.service],
    ['Sender', `<${envelope.sender.text}>`],
    ...envelope.recipients.map(({ address, options }): [string, string] => [
      'Recipient',
      `<${address.text}>${options.notify ? ` NOTIFY=${options.notify}` : ''}`,
    ]),
    ['DSN', [ret && `RET=${ret}`, envid && `ENVID=${envid}`].filter(Boolean).join(' ') || undefined],
    ['Size', `${held.sizeBytes} bytes`],
    ['Message-Id', held.messageId],
    ...Object.entries(held.facts).map(([name, said]): [string, string | undefined] => [
      name,
      typeof said === 'string' ? said : undefined,
    ]),
  ];
  const story = rows.flatMap(([name, text]) => (text ? [`${name.padEnd(16)}${oneLine(text)}`] : []));
  return terminalText([...story, '', ...viewLines(view)].join('\n'));
}

function viewLines(view: MailView | undefined): string[] {
  if (!view) return ['The message cannot be shown in time; see it with --raw.'];
  const { subject, from, to, date, text, attachments } = view;
  const rows = Object.entries({ From: from, To: to, Subject: subject, Date: date });
  return [
    ...rows.flatMap(([name, said]) => (said === '' ? [] : [`${`${name}:`.padEnd(16)}${oneLine(said)}`])),
    ...attachments.map(
      ({ name, type, sizeBytes }) =>
        `${'Attachment:'.padEnd(16)}${oneLine(name)} ${oneLine(type)}, ${sizeBytes} bytes`,
    ),
    '',
    text.trimEnd(),
  ];
}

function sizeText(sizeBytes: number): string {
  if (sizeBytes < 1_000) return `${sizeBytes} B`;
  if (sizeBytes < 1_000_000) return `${(sizeBytes / 1_000).toFixed(1)} kB`;
  return `${(sizeBytes / 1_000_000).toFixed(1)} MB`;
}

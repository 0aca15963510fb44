/** The headers that Postfix treats in a way of their own, by lower-case name. `Postfix: header_opts.c`. */

export interface KnownHeader {
  /** Looked at by mime_header_checks wherever it stands. */
  readonly isMime?: true;
  /** It holds addresses, which are rewritten like senders or like recipients. */
  readonly addresses?: 'sender' | 'recipient';
  /** The mail has been sent on by hand; what is missing is added as Resent-... RFC 5322 3.6.6. */
  readonly isResent?: true;
}

const mime: KnownHeader = { isMime: true };
const plain: KnownHeader = {};
const sender: KnownHeader = { addresses: 'sender' };
const recipient: KnownHeader = { addresses: 'recipient' };
const resentSender: KnownHeader = { addresses: 'sender', isResent: true };
const resentRecipient: KnownHeader = { addresses: 'recipient', isResent: true };
const resent: KnownHeader = { isResent: true };

const rows: Readonly<Record<string, KnownHeader>> = {
  'apparently-to': recipient,
  bcc: recipient,
  cc: recipient,
  'content-description': mime,
  'content-disposition': mime,
  'content-id': mime,
  'content-length': plain,
  'content-transfer-encoding': mime,
  'content-type': mime,
  'delivered-to': plain,
  'disposition-notification-to': sender,
  date: plain,
  'errors-to': sender,
  from: sender,
  'mail-followup-to': sender,
  'message-id': plain,
  'mime-version': mime,
  received: plain,
  'reply-to': sender,
  'resent-bcc': resentRecipient,
  'resent-cc': resentRecipient,
  'resent-date': resent,
  'resent-from': resentSender,
  'resent-message-id': resent,
  'resent-reply-to': resentRecipient,
  'resent-sender': resentSender,
  'resent-to': resentRecipient,
  'return-path': sender,
  'return-receipt-to': sender,
  sender,
  to: recipient,
};

const known = new Map(Object.entries(rows));

export function knownHeader(name: string): KnownHeader | undefined {
  return known.get(name);
}

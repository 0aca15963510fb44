/**
 * What another mail server asks, read from the attributes of its request. `Postfix: SMTPD_POLICY_README`. Attributes that
 * nobody knows are ignored, and those that older versions do not send are taken as empty.
 * The protocol does not say whether a name that is `unknown` is so for good: it is taken as unknown for now.
 */
import { isIP } from 'node:net';
import { normalAddress } from '../dns/reverse-name.ts';
import { address } from '../mail/address.ts';
import type { Client, NameStatus } from '../mail/client.ts';
import { type Envelope, newEnvelope } from '../mail/envelope.ts';
import { printable } from '../mail/reply.ts';
import type { Session, TlsFacts } from '../mail/session.ts';
import { decodeXtext } from '../mail/xtext.ts';
import type { PolicyQuestion, RemoteMail } from '../policy-desk.ts';
import { newId } from '../record/ids.ts';

export type Attributes = ReadonlyMap<string, string>;

/** Whether there is a mail, and a recipient, at a stage. Of others we know nothing. */
const STAGES: ReadonlyMap<
  string,
  { readonly stage: PolicyQuestion['stage']; readonly hasMail?: true; readonly hasRecipient?: true }
> = new Map([
  ['CONNECT', { stage: 'CONNECT' }],
  ['HELO', { stage: 'HELO' }],
  ['EHLO', { stage: 'EHLO' }],
  ['MAIL', { stage: 'MAIL', hasMail: true }],
  ['RCPT', { stage: 'RCPT', hasMail: true, hasRecipient: true }],
  ['DATA', { stage: 'DATA', hasMail: true }],
  ['BDAT', { stage: 'DATA', hasMail: true }],
  ['END-OF-MESSAGE', { stage: 'END-OF-MESSAGE', hasMail: true }],
  ['VRFY', { stage: 'VRFY', hasRecipient: true }],
  ['ETRN', { stage: 'ETRN' }],
]);
/** Before protocol_state was sent, recipients were all that was asked about. */
const USUAL_STATE = 'RCPT';

/** The mail that a request is about, and what tells it from others. */
export interface AskedMail extends RemoteMail {
  readonly key: string;
  questions: number;
}

/** Then it is taken for another mail: a server whose instances are all the same must not gather orders for ever. */
const MOST_QUESTIONS = 1_000;

export interface PolicyRequest extends PolicyQuestion {
  readonly mail: AskedMail | undefined;
}

/** Reads a request; undefined where it is about a state that nobody knows. `last`: the mail of the request before. */
export function readRequest(
  of: Attributes,
  service: string,
  last: AskedMail | undefined,
): PolicyRequest | undefined {
  const known = STAGES.get(text(of, 'protocol_state') || USUAL_STATE);
  if (!known) return undefined;
  const recipient = text(of, 'recipient');
  return {
    stage: known.stage,
    session: readSession(of, service),
    mail: known.hasMail ? readMail(of, last) : undefined,
    recipient: recipient !== '' || known.hasRecipient ? address(recipient) : undefined,
    recipientCount: number(of, 'recipient_count'),
    etrnDomain: text(of, 'etrn_domain') || undefined,
  };
}

/** Requests about one mail share what was found out about it. */
function readMail(of: Attributes, last: AskedMail | undefined): AskedMail {
  const instance = text(of, 'instance');
  const key = [instance, text(of, 'client_address'), text(of, 'helo_name'), text(of, 'sender')].join('\0');
  if (instance === '' || last?.key !== key || last.questions >= MOST_QUESTIONS) {
    return { key, envelope: readEnvelope(of), toldFields: 0, questions: 1 };
  }
  last.questions += 1;
  last.envelope.size = number(of, 'size');
  return last;
}

function readSession(of: Attributes, service: string): Session {
  const username = text(of, 'sasl_username');
  return {
    id: newId(),
    service,
    client: readClient(of),
    server: { address: text(of, 'server_address'), port: text(of, 'server_port') },
    helo: text(of, 'helo_name') || undefined,
    protocol: text(of, 'protocol_name') === 'ESMTP' ? 'ESMTP' : 'SMTP',
    tls: readTls(of),
    sasl: username === '' ? undefined : { method: text(of, 'sasl_method'), username },
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: Date.now(),
  };
}

function readClient(of: Attributes): Client {
  const clientAddress = text(of, 'client_address');
  const name = text(of, 'client_name') || 'unknown';
  const reverseName = text(of, 'reverse_client_name') || name;
  return {
    address: isIP(clientAddress) > 0 ? normalAddress(clientAddress) : 'unknown',
    port: text(of, 'client_port') || '0',
    name,
    nameStatus: statusOf(name),
    reverseName,
    reverseNameStatus: statusOf(reverseName),
  };
}

function statusOf(name: string): NameStatus {
  return name.toLowerCase() === 'unknown' ? 'unknown' : 'ok';
}

/** Subject and issuer are told of certificates that can be trusted. */
function readTls(of: Attributes): TlsFacts | undefined {
  const protocol = text(of, 'encryption_protocol');
  if (protocol === '') return undefined;
  const usedBits = number(of, 'encryption_keysize');
  const tls = { protocol, cipher: text(of, 'encryption_cipher'), usedBits, algorithmBits: usedBits, sni: '' };
  const fingerprint = text(of, 'ccert_fingerprint');
  if (fingerprint === '') return tls;
  const subject = unquoted(text(of, 'ccert_subject'));
  const certificate = {
    subject,
    issuer: unquoted(text(of, 'ccert_issuer')),
    trusted: subject !== '',
    fingerprint,
    publicKeyFingerprint: text(of, 'ccert_pubkey_fingerprint'),
  };
  return { ...tls, certificate };
}

function unquoted(xtext: string): string {
  return decodeXtext(xtext) ?? xtext;
}

function readEnvelope(of: Attributes): Envelope {
  const sender = address(text(of, 'sender'));
  const envelope = newEnvelope({ id: newId(), sender, senderWritten: `<${sender.text}>`, options: {} });
  return { ...envelope, size: number(of, 'size') };
}

/** No value may begin a line of its own, in a log or in an answer. */
function text(of: Attributes, name: string): string {
  const value = of.get(name);
  return value === undefined ? '' : printable(value, '?');
}

function number(of: Attributes, name: string): number {
  const value = Number(of.get(name));
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

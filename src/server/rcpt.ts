/** RCPT TO and its parameters. RFC 5321 4.1.1.3, RFC 3461 4.1, 4.2. */
import { nameAddress } from '../mail/client.ts';
import type { Recipient, RecipientOptions } from '../mail/envelope.ts';
import { isAscii } from '../mail/host-syntax.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { type Reply, reply } from '../mail/reply.ts';
import { decodeXtext } from '../mail/xtext.ts';
import { extractAddress, type Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

const BAD_ADDRESS = reply(501, '5.1.3', 'Bad recipient address syntax');
const DSN_DISABLED = reply(501, '5.7.1', 'DSN support is disabled');

export function rcpt(talk: Conversation, words: readonly Word[]): MaybePromise<Done> {
  const early = outOfOrder(talk, words);
  if (early) return talk.refuse(early);
  const excess = talk.options.limits.exceeded('recipient', talk.session.client);
  return isPromise(excess) ? excess.then((found) => take(talk, words, found)) : take(talk, words, excess);
}

function outOfOrder(talk: Conversation, words: readonly Word[]): Reply | undefined {
  if (!talk.envelope) return reply(503, '5.5.1', 'Error: need MAIL command');
  if (talk.isChunking) return reply(503, '5.5.1', 'Error: RCPT after BDAT');
  const [, to, written] = words;
  return to?.text.toLowerCase() === 'to:' && written
    ? undefined
    : reply(501, '5.5.4', 'Syntax: RCPT TO:<address>');
}

async function take(talk: Conversation, words: readonly Word[], excess: unknown): Promise<Done> {
  const { envelope, options } = talk;
  if (!envelope) return 'error';
  if (excess) return talk.refuse(tooMany(talk));
  const recipient = await readRecipient(talk, words, envelope.options.smtputf8 ?? false);
  if ('code' in recipient) return talk.refuse(recipient);
  if (options.recipientLimit > 0 && envelope.recipients.length >= options.recipientLimit)
    return overLimit(talk);
  if (options.strictSmtputf8 && !envelope.options.smtputf8 && !isAscii(recipient.address.text)) {
    return talk.refuse(reply(553, '5.6.7', 'Must declare SMTPUTF8 to send unicode address'));
  }
  const isFirst = envelope.recipients.length === 0;
  const answer = await talk.gateway.recipient(talk.visit, envelope, recipient);
  if (answer.code >= 400) return talk.refuse(answer);
  if (isFirst) options.journal.began(talk.session, envelope);
  talk.say(answer);
  return 'ok';
}

/** The reply to clients over smtpd_client_recipient_rate_limit, for RCPT and VRFY. */
export function tooMany({ session }: Conversation): Reply {
  return reply(450, '4.7.1', `Error: too many recipients from ${session.client.address}`);
}

/** Some more than the limit are no error: clients may have sent them ahead. `Postfix: smtpd_recipient_overshoot_limit`. */
async function overLimit(talk: Conversation): Promise<Done> {
  await talk.reply(reply(452, '4.5.3', 'Error: too many recipients'));
  const isTolerated = talk.overshoot < talk.options.recipientOvershootLimit;
  talk.overshoot += 1;
  return isTolerated ? 'ok' : 'error';
}

async function readRecipient(
  talk: Conversation,
  words: readonly Word[],
  smtputf8: boolean,
): Promise<Recipient | Reply> {
  const { options } = talk;
  const written = words[2];
  if (!written || written.broken) return BAD_ADDRESS;
  const address = extractAddress(written.text, { strict: options.strictEnvelopes, allowEmpty: false });
  if (!address || (await options.isBadAddress(address.text, smtputf8))) {
    options.log.warn(
      `Illegal address syntax from ${nameAddress(talk.session.client)} in RCPT command: ${written.text}`,
    );
    return BAD_ADDRESS;
  }
  const read = readParameters(talk, words.slice(3));
  return 'code' in read ? read : { address, written: written.text, options: read };
}

function readParameters(talk: Conversation, words: readonly Word[]): RecipientOptions | Reply {
  let notify: string | undefined;
  let orcpt: string | undefined;
  for (const { text } of words) {
    const isNotify = /^notify=/i.test(text);
    if (!isNotify && !/^orcpt=/i.test(text)) return reply(555, '5.5.4', `Unsupported option: ${text}`);
    if (talk.discarded.has('dsn')) return DSN_DISABLED;
    const value = text.slice(text.indexOf('=') + 1);
    const isGood = isNotify
      ? notify === undefined && isNotifyList(value)
      : orcpt === undefined && isOrcpt(value);
    if (!isGood) return reply(501, '5.5.4', `Error: Bad ${isNotify ? 'NOTIFY' : 'ORCPT'} parameter syntax`);
    if (isNotify) notify = value;
    else orcpt = value;
  }
  return { ...(notify === undefined ? {} : { notify }), ...(orcpt === undefined ? {} : { orcpt }) };
}

/** NEVER stands alone. RFC 3461 4.1. `Postfix: dsn_notify_mask`: commas may be doubled. */
function isNotifyList(value: string): boolean {
  const words = value
    .toUpperCase()
    .split(',')
    .filter((word) => word !== '');
  if (words.includes('NEVER')) return words.length === 1;
  return (
    words.length > 0 && words.every((word) => word === 'SUCCESS' || word === 'FAILURE' || word === 'DELAY')
  );
}

/** `type;xtext`. RFC 3461 4.2, RFC 6533 3. */
function isOrcpt(value: string): boolean {
  const semicolon = value.indexOf(';');
  if (semicolon <= 0) return false;
  const coded = value.slice(semicolon + 1);
  return /^utf-8$/i.test(value.slice(0, semicolon))
    ? !/[\s<>]/.test(coded)
    : decodeXtext(coded) !== undefined;
}

/**
 * The commands that announce a mail to a next hop, made of what the client wanted and what the next hop offers; or the
 * refusal that the client hears when it cannot be said to this next hop. RFC 6531 3.2, RFC 8689 4.2.1.
 * SMTPUTF8 counts as needed when the client asked for it and the address at hand is not ASCII. `Postfix: SMTPUTF8_README`
 */
import type { Recipient } from '../mail/envelope.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Capabilities } from '../smtp/capabilities.ts';
import { attributeCommands } from '../smtp/client-attributes.ts';
import { isInternational, mailCommand, rcptCommand } from '../smtp/envelope-commands.ts';
import { clientFacts, forwardedFacts } from './client-facts.ts';
import type { ClientSettings } from './client-settings.ts';
import type { Parcel } from './delivery.ts';

const BAD_SENDER = reply(501, '5.1.7', 'Bad sender address syntax');
const BAD_RECIPIENT = reply(501, '5.1.3', 'Bad recipient address syntax');
const NO_SMTPUTF8 = reply(553, '5.6.7', 'SMTPUTF8 is required, but was not offered by the next hop');
const NO_REQUIRETLS = reply(550, '5.7.30', 'REQUIRETLS is required, but was not offered by the next hop');

/** MAIL. */
export function announceSender({ envelope }: Parcel, can: Capabilities): string | Reply {
  const { sender, options } = envelope;
  if (options.smtputf8 && !can.smtputf8 && isInternational(sender)) return NO_SMTPUTF8;
  if (options.requireTls && !can.requireTls) return NO_REQUIRETLS;
  return mailCommand(sender, options, can) ?? BAD_SENDER;
}

/** RCPT. */
export function announceRecipient(
  { envelope }: Parcel,
  recipient: Recipient,
  can: Capabilities,
): string | Reply {
  const { address, options } = recipient;
  if (envelope.options.smtputf8 && !can.smtputf8 && isInternational(address)) return NO_SMTPUTF8;
  return rcptCommand(address, options, can) ?? BAD_RECIPIENT;
}

/** XFORWARD, where it is wanted and offered. `Postfix: smtpd_proxy.c` tells what is not known, `smtp_proto.c` does not. */
export function xforwardCommands(
  parcel: Parcel,
  { tellClient, style }: Pick<ClientSettings, 'tellClient' | 'style'>,
  can: Capabilities,
): string[] {
  if (tellClient !== 'xforward' || can.xforward.length === 0) return [];
  const unknown = style === 'proxy' ? 'told' : 'left out';
  return attributeCommands('XFORWARD', can.xforward, forwardedFacts(parcel), unknown);
}

/** XCLIENT, where it is wanted and offered; after each of them the next hop is to be greeted again. */
export function xclientCommands(
  parcel: Parcel,
  tell: ClientSettings['tellClient'],
  can: Capabilities,
): string[] {
  if (tell !== 'xclient' || can.xclient.length === 0) return [];
  return attributeCommands('XCLIENT', can.xclient, clientFacts(parcel.session));
}

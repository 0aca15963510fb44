/**
 * Blind copies: always_bcc, sender_bcc_maps, recipient_bcc_maps, and the BCC action. They go last, each by itself, and
 * never stop the mail; what the next hop refuses is told to the caller.
 */
import type { AddressMapper } from '../addresses/mapper.ts';
import { type Address, address as addressOf, externalForm } from '../mail/address.ts';
import type { Envelope, Recipient } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { isRefusal, type Reply } from '../mail/reply.ts';
import type { Itinerary } from './itinerary.ts';

export interface Reached {
  /** As the client named them. */
  readonly recipients: readonly Address[];
  /** What became of them on the way. */
  readonly addresses: readonly Address[];
}

/**
 * Who gets a copy: with the BCC action whoever has not got the mail already, by the tables also who has, where
 * `keepsOriginals`. `Postfix: cleanup_addr_bcc`; a REDIRECT takes the place of all. Rejects with AliasError and LookupFailure.
 */
export async function copiesOf(
  { sender, orders }: Envelope,
  mapper: AddressMapper | undefined,
  keepsOriginals: boolean,
  reached: Reached,
): Promise<Recipient[]> {
  if (orders.redirect !== undefined) return [];
  const mapped = (original: Address) => mapper?.recipients(original) ?? [original];
  const known = new Set(reached.addresses.map(keyOf));
  const copies: Address[] = [];
  const add = (address: Address) => {
    if (!known.has(keyOf(address))) copies.push(address);
    known.add(keyOf(address));
  };
  for (const text of orders.bcc) for (const address of await mapped(addressOf(text))) add(address);
  if (keepsOriginals) known.clear();
  for (const original of (await mapper?.blindCopies(sender, reached.recipients)) ?? []) {
    for (const address of await mapped(original)) add(address);
  }
  return copies.map(unnamed);
}

const keyOf = ({ text }: Address) => text.toLowerCase();

/** The next hop's answer to one copy. Rejects with RouteError and LookupFailure. */
export async function sendCopy(itinerary: Itinerary, recipient: Recipient, message: Message): Promise<Reply> {
  const delivery = await itinerary.open(await itinerary.hopFor(recipient.address));
  const answer = await delivery.recipient(recipient);
  if (!isRefusal(answer)) return (await delivery.send(message)).reply;
  delivery.abandon();
  return answer;
}

/** A recipient that the client did not name: no delivery notices. */
export function unnamed(address: Address): Recipient {
  return { address, written: `<${externalForm(address)}>`, options: { notify: 'NEVER' } };
}

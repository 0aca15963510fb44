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

/** Who gets a copy and is not reached already. Rejects with AliasError and LookupFailure. */
export async function copiesOf(
  envelope: Envelope,
  mapper: AddressMapper | undefined,
  reached: readonly Address[],
): Promise<Recipient[]> {
  const texts = [...envelope.orders.bcc];
  if (mapper && envelope.orders.redirect === undefined) {
    const copies = await mapper.blindCopies(envelope.sender, reached);
    texts.push(...copies.map(({ text }) => text));
  }
  const seen = new Set(reached.map(({ text }) => text.toLowerCase()));
  const fresh = texts.filter((text) => !seen.has(text.toLowerCase()) && seen.add(text.toLowerCase()));
  return fresh.map(unnamed);
}

/** The next hop's answer to one copy. Rejects with RouteError and LookupFailure. */
export async function sendCopy(itinerary: Itinerary, recipient: Recipient, message: Message): Promise<Reply> {
  const delivery = await itinerary.open(await itinerary.hopFor(recipient.address));
  const answer = await delivery.recipient(recipient);
  if (!isRefusal(answer)) return (await delivery.send(message)).reply;
  delivery.abandon();
  return answer;
}

/** A recipient that the client did not name: no delivery notices. */
export function unnamed(text: string): Recipient {
  const address = addressOf(text);
  return { address, written: `<${externalForm(address)}>`, options: { notify: 'NEVER' } };
}

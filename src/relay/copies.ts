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
 * Who gets a copy. With `keepsOriginals` also who is reached already, for another reason. `Postfix: cleanup_addr_bcc`.
 * Rejects with AliasError and LookupFailure.
 */
export async function copiesOf(
  { sender, orders }: Envelope,
  mapper: AddressMapper | undefined,
  keepsOriginals: boolean,
  reached: Reached,
): Promise<Recipient[]> {
  const wanted = orders.bcc.map((text) => addressOf(text));
  if (mapper && orders.redirect === undefined) {
    wanted.push(...(await mapper.blindCopies(sender, reached.recipients)));
  }
  const known = new Set(
    keepsOriginals && mapper ? [] : reached.addresses.map(({ text }) => text.toLowerCase()),
  );
  const copies: Recipient[] = [];
  for (const original of wanted) {
    for (const address of mapper ? await mapper.recipients(original) : [original]) {
      const key = (keepsOriginals ? `${original.text}\n${address.text}` : address.text).toLowerCase();
      if (!known.has(key)) copies.push(unnamed(address));
      known.add(key);
    }
  }
  return copies;
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
export function unnamed(address: Address): Recipient {
  return { address, written: `<${externalForm(address)}>`, options: { notify: 'NEVER' } };
}

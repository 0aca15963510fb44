/**
 * Blind copies: always_bcc, sender_bcc_maps, recipient_bcc_maps, and the BCC action. They go last, each by itself, and
 * never stop the mail; what the next hop refuses is told to the caller.
 */
import type { AddressMapper } from '../addresses/mapper.ts';
import { type Address, address as addressOf, externalForm } from '../mail/address.ts';
import type { Envelope, Recipient, RecipientOptions } from '../mail/envelope.ts';
import type { Message } from '../mail/message.ts';
import { isRefusal, type Reply } from '../mail/reply.ts';
import { type Itinerary, recipientKey } from './itinerary.ts';

export interface Reached {
  /** As the client named them. */
  readonly recipients: readonly Address[];
  /** The `recipientKey` of each address that they stand for. */
  readonly keys: readonly string[];
}

/** Nobody named them: they are one, and another than a recipient of this name. */
const NAMELESS: RecipientOptions = { orcpt: '', notify: 'NEVER' };

/**
 * Who gets a copy: the BCC action of access tables, that of content checks, and the bcc tables, as they come. Who is named
 * by the first of these has the mail already when the client named him, too; the others get it again where
 * `keepsOriginals`. `Postfix: cleanup_addr_bcc`, and smtpd.c, which says of each copy but the first that it wants no
 * notices. A REDIRECT takes the place of all. Rejects with AliasError and LookupFailure.
 */
export async function copiesOf(
  { sender, orders }: Envelope,
  mapper: AddressMapper | undefined,
  keepsOriginals: boolean,
  reached: Reached,
): Promise<Recipient[]> {
  if (orders.redirect !== undefined) return [];
  const known = new Set(reached.keys);
  const copies: Address[] = [];
  const add = async (original: Address, options: RecipientOptions) => {
    for (const address of (await mapper?.recipients(original)) ?? [original]) {
      const named = { address: original, written: externalForm(original), options };
      const key = recipientKey(named, address, keepsOriginals);
      if (!known.has(key)) copies.push(address);
      known.add(key);
    }
  };
  for (const [i, text] of orders.bcc.entries()) await add(addressOf(text), i > 0 ? { notify: 'NEVER' } : {});
  const byTables = (await mapper?.blindCopies(sender, reached.recipients)) ?? [];
  for (const original of [...orders.contentBcc.map(addressOf), ...byTables]) await add(original, NAMELESS);
  return copies.map(unnamed);
}

/** The next hop's answer to one copy. Rejects with RouteError and LookupFailure. */
export async function sendCopy(itinerary: Itinerary, recipient: Recipient, message: Message): Promise<Reply> {
  const { hop, address } = await itinerary.stopFor(recipient.address);
  const delivery = await itinerary.open(hop);
  const answer = await delivery.recipient(address === recipient.address ? recipient : unnamed(address));
  if (!isRefusal(answer)) return (await delivery.send(message)).reply;
  delivery.abandon();
  return answer;
}

/** A recipient that the client did not name: no delivery notices. */
export function unnamed(address: Address): Recipient {
  return { address, written: `<${externalForm(address)}>`, options: { notify: 'NEVER' } };
}

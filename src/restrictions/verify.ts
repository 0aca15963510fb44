/**
 * reject_unverified_sender, reject_unverified_recipient: is there such an address? Its mail host is asked, or was.
 * Parameters: unverified_*_reject_code, unverified_*_defer_code, unverified_*_reject_reason,
 * unverified_*_tempfail_action. `Postfix: reject_unverified_address, ADDRESS_VERIFICATION_README`.
 * Unlike Postfix: senders whose domain SPF or DKIM has proven are not asked about (as far as the settings say so), nor
 * are addresses in a table of exceptions; and a host that refuses us is no proof against the address.
 */
import type { Address } from '../mail/address.ts';
import { dunno } from '../mail/verdict.ts';
import type { AddressStatus } from '../memory/address-verify.ts';
import { findMailAddress } from '../tables/search-order.ts';
import { rejectedText } from './access-result.ts';
import { ofParty, type Party, subjectOf } from './address.ts';
import { looked, type Question } from './question.ts';
import { type Answer, type Judge, reject, tempfail } from './restriction.ts';
import type { Sources } from './sources.ts';

/** `Postfix: "%.250s"`. */
const MAX_WHY = 250;
const STATUS: Readonly<Record<Party, string>> = { sender: '4.1.7', recipient: '4.1.1' };

export function rejectUnverified(party: Party, sources: Sources): Judge {
  return ofParty(party, async (address, q) => {
    const spared = await whySpared(party, address, q, sources);
    if (spared !== undefined) {
      looked(q, address.text, spared);
      return dunno;
    }
    const found = await sources.memory.verification.status(address);
    looked(q, address.text, `${found.kind}: ${found.text}`);
    return decide(party, address, found, sources);
  });
}

function decide(party: Party, address: Address, found: AddressStatus, { memory }: Sources): Answer {
  const replies = memory.verification.replies[party];
  if (found.kind === 'deliverable') return dunno;
  const code = found.kind === 'undeliverable' ? replies.rejectCode : replies.deferCode;
  if (code < 400) return dunno;
  const why = replies.rejectReason || found.text;
  const subject = subjectOf(party, address);
  if (code >= 500) return reject(code, STATUS[party], rejectedText(subject, `undeliverable address: ${why}`));
  const text = rejectedText(subject, `unverified address: ${why.slice(0, MAX_WHY)}`);
  return tempfail(replies.tempfailAction, code, STATUS[party], text);
}

async function whySpared(
  party: Party,
  address: Address,
  q: Question,
  { memory, parentStyle, recipientDelimiter }: Sources,
): Promise<string | undefined> {
  const { exceptions, skipProvenSenders } = memory.verification;
  const entry =
    exceptions &&
    (await findMailAddress(exceptions, address, { order: 'access', parentStyle, recipientDelimiter }));
  if (entry && !/^dunno\b/i.test(entry.value)) return `not asked: exceptions have ${entry.key}`;
  if (party !== 'sender' || !skipProvenSenders) return undefined;
  const proof = await memory.identities.proofOf(address.domain, { ...q, sender: address });
  return proof === undefined ? undefined : 'not asked: the domain is proven';
}

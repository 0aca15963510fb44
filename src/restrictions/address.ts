/** Restrictions about the sender's and the recipient's address: is it complete, does its domain exist, is it listed? */

import type { Resolved } from '../addresses/resolver.ts';
import type { Dns, Answer as DnsAnswer } from '../dns/dns.ts';
import type { Address } from '../mail/address.ts';
import { asciiDomain, isUnicodeHostName, withoutTrailingDot } from '../mail/host-syntax.ts';
import { dunno } from '../mail/verdict.ts';
import { rejectedText } from './access-result.ts';
import { looked, type Question, type Subject } from './question.ts';
import { type Answer, type Judge, reject, TemporaryLookupFailure, tempfail } from './restriction.ts';
import type { AddressTable, Sources } from './sources.ts';
import { fixStatus, splitStatus } from './status-fix.ts';
import { recipientSubject, senderSubject } from './subjects.ts';

export type Party = 'sender' | 'recipient';

/** Runs `judge` on the address in question, unless there is none or it is empty. */
export function ofParty(party: Party, judge: (address: Address, q: Question) => ReturnType<Judge>): Judge {
  return (q) => {
    const address = q[party];
    return address && address.text !== '' ? judge(address, q) : dunno;
  };
}

export function subjectOf(party: Party, address: Address): Subject {
  return party === 'sender' ? senderSubject(address) : recipientSubject(address);
}

/** Resolves an address in the light of the other one; a table that fails means: try again later. */
export async function resolveParty(
  party: Party,
  address: Address,
  q: Question,
  addresses: Sources['addresses'],
): Promise<Resolved> {
  try {
    return await addresses.resolve(address, party === 'sender' ? q.recipient : q.sender);
  } catch (error) {
    throw new TemporaryLookupFailure(address.text, error);
  }
}

const isLiteral = (domain: string) => domain.startsWith('[') && domain.endsWith(']');

export function rejectNonFqdnAddress(party: Party, { codes }: Sources): Judge {
  return ofParty(party, (address, q) => {
    if (isLiteral(address.domain)) return dunno;
    const domain = withoutTrailingDot(address.domain);
    const unicode = q.envelope?.options.smtputf8 ?? false;
    if (domain.includes('.') && isUnicodeHostName(domain, unicode)) return dunno;
    const text = rejectedText(subjectOf(party, address), 'need fully-qualified address');
    return reject(codes.non_fqdn_reject_code, '4.5.2', text);
  });
}

/** RFC 7505 for domains that say they take no mail. */
export function rejectUnknownDomain(party: Party, { codes, dns, addresses }: Sources): Judge {
  const status = party === 'sender' ? '4.1.8' : '4.1.2';
  return ofParty(party, async (address, q) => {
    const resolved = await resolveParty(party, address, q, addresses);
    const { domain } = resolved.address;
    if (isFinal(resolved) || isLiteral(domain)) return dunno;
    const found = await mailDomain(asciiDomain(domain) ?? domain, dns);
    looked(q, domain, found);
    const subject = subjectOf(party, address);
    switch (found) {
      case 'found':
        return dunno;
      case 'null-mx': {
        const text = rejectedText(subject, `Domain ${domain} does not accept mail (nullMX)`);
        return party === 'sender' ? reject(550, '4.7.27', text) : reject(556, '4.1.10', text);
      }
      case 'absent':
        return reject(codes.unknown_address_reject_code, status, rejectedText(subject, 'Domain not found'));
      case 'unknown': {
        const text = rejectedText(subject, 'Domain not found');
        return tempfail(codes.unknown_address_tempfail_action, 450, status, text);
      }
    }
  });
}

/** We are where its mail ends. `Postfix: RESOLVE_CLASS_FINAL`. */
export function isFinal({ class: klass }: Resolved): boolean {
  return klass === 'local' || klass === 'virtual-alias' || klass === 'virtual-mailbox';
}

/** MX first, then addresses; what is found last decides only if nothing was found before. RFC 5321 5.1. */
async function mailDomain(domain: string, dns: Dns): Promise<DnsAnswer<unknown>['kind'] | 'null-mx'> {
  const mx = await dns.mx(domain);
  if (mx.kind === 'found') return mx.records.every((record) => record.exchange === '') ? 'null-mx' : 'found';
  let unknown = mx.kind === 'unknown';
  for (const ask of [() => dns.a(domain), () => dns.aaaa(domain)]) {
    const answer = await ask();
    if (answer.kind === 'found') return 'found';
    unknown ||= answer.kind === 'unknown';
  }
  return unknown ? 'unknown' : 'absent';
}

/** `reject_unlisted_sender` and `reject_unlisted_recipient`, also without being named. `Postfix: check_rcpt_maps`. */
export function rejectUnlisted(party: Party, sources: Sources): Judge {
  return ofParty(party, async (address, q) => {
    const { hearing } = q;
    const done = party === 'sender' ? 'senderListed' : 'recipientListed';
    if (sources.recipientTables.unchecked || hearing[done]) return dunno;
    if (!hearing.softening) hearing[done] = true;
    const resolved = await resolveParty(party, address, q, sources.addresses);
    try {
      return await unlisted(party, address, resolved, q, sources);
    } catch (error) {
      throw new TemporaryLookupFailure(address.text, error);
    }
  });
}

async function unlisted(
  party: Party,
  address: Address,
  resolved: Resolved,
  q: Question,
  sources: Sources,
): Promise<Answer> {
  const { recipientTables: tables, codes } = sources;
  const subject = subjectOf(party, address);
  if ((await tables.aliases.find(resolved.address)) !== undefined) return dunno;
  if (party === 'sender' && (await tables.senderAliases.find(resolved.address)) !== undefined) return dunno;
  const status = party === 'sender' ? '1.0' : '1.1';
  if (resolved.transport === 'error' || resolved.transport === 'retry') {
    const isForGood = resolved.transport === 'error';
    const told = splitStatus(resolved.nexthop, `${isForGood ? 5 : 4}.${status}`);
    const aliasCode = resolved.class === 'virtual-alias' ? codes.unknown_virtual_alias_reject_code : 550;
    return reject(
      isForGood ? aliasCode : 450,
      fixStatus(told.status, subject.class),
      rejectedText(subject, told.text),
    );
  }
  const row = TABLES[resolved.class];
  if (!row || (row.isAbsorbed?.(resolved.address) ?? false)) return dunno;
  const table = row.table(sources);
  if (!table) return dunno;
  const found = await table.find(resolved.address);
  looked(q, resolved.address.text, found);
  if (found !== undefined) return dunno;
  const which = sources.showUserUnknownTableName ? ` in ${row.name} table` : '';
  return reject(codes[row.code], `5.${status}`, rejectedText(subject, `User unknown${which}`));
}

interface TableRow {
  readonly name: string;
  readonly code:
    | 'unknown_local_recipient_reject_code'
    | 'unknown_relay_recipient_reject_code'
    | 'unknown_virtual_mailbox_reject_code';
  table(sources: Sources): AddressTable | undefined;
  /** Names that mail systems use themselves and that need no entry. */
  isAbsorbed?(address: Address): boolean;
}

/** Which table knows the recipients of which address class. */
const TABLES: Partial<Record<Resolved['class'], TableRow>> = {
  local: {
    name: 'local recipient',
    code: 'unknown_local_recipient_reject_code',
    table: ({ recipientTables }) => recipientTables.local,
    isAbsorbed: ({ local }) => /^(?:double-bounce|postmaster|mailer-daemon)$/i.test(local),
  },
  relay: {
    name: 'relay recipient',
    code: 'unknown_relay_recipient_reject_code',
    table: ({ recipientTables }) => recipientTables.relay,
  },
  'virtual-mailbox': {
    name: 'virtual mailbox',
    code: 'unknown_virtual_mailbox_reject_code',
    table: ({ recipientTables }) => recipientTables.virtualMailbox,
  },
};

/**
 * Rewriting of addresses in headers, from settings, for our own clients and for all others.
 * Parameters: canonical_maps, sender_canonical_maps, recipient_canonical_maps, masquerade_domains and their _classes,
 * masquerade_exceptions, remote_header_rewrite_domain, receive_override_options (no_address_mappings).
 */
import { AddressMapper, type FindAddress } from '../addresses/mapper.ts';
import { type RewriteRules, rewriteTokens } from '../addresses/rewrite.ts';
import { spacedText } from '../content/cleanup/address-list.ts';
import type { HeaderRewriter, RewriteAddress } from '../content/cleanup/header-addresses.ts';
import { type Address, address, externalForm } from '../mail/address.ts';
import { scan822 } from '../mail/tokens822.ts';
import type { Settings } from '../settings/settings.ts';
import { type AddressParts, rewriteRules, withoutTables } from './addresses.ts';
import type { Openers } from './openers.ts';

export interface HeaderRewriters {
  readonly local: HeaderRewriter;
  /** Undefined: the headers of strangers are left alone. */
  readonly remote: HeaderRewriter | undefined;
}

type Side = 'sender' | 'recipient';

export function assembleHeaderRewriters(
  openers: Openers,
  { mapsAddresses, search }: AddressParts,
): HeaderRewriters {
  const { settings } = openers;
  const rules = rewriteRules(settings);
  const maps = {
    sender: mapsAddresses ? headerMapper('sender', openers, search) : undefined,
    recipient: mapsAddresses ? headerMapper('recipient', openers, search) : undefined,
  };
  const rewriter = (context: RewriteRules): HeaderRewriter => ({
    sender: rewriting(context, maps.sender),
    recipient: rewriting(context, maps.recipient),
  });
  const remote = settings.remote_header_rewrite_domain;
  return {
    local: rewriter(rules),
    remote: remote === '' ? undefined : rewriter({ ...rules, origin: remote, domain: remote }),
  };
}

function rewriting(rules: RewriteRules, mapper: AddressMapper | undefined): RewriteAddress {
  const complete = (external: string) => address(spacedText(rewriteTokens(scan822(external), rules)));
  if (!mapper) return (external) => toExternal(complete(external));
  return async (external) => {
    const before = complete(external);
    const [after = before] = await mapper.recipients(before);
    return toExternal(after);
  };
}

/** With quotes only where they are needed. */
function toExternal(of: Address): string {
  return externalForm(of) || '""';
}

/** Undefined: there is nothing to map. */
function headerMapper(
  side: Side,
  openers: Openers,
  search: AddressParts['search'],
): AddressMapper | undefined {
  const { settings } = openers;
  const tables = canonicalTables(side, settings, search);
  const masquerades = settings.masquerade_classes.includes(`header_${side}`);
  const domains = masquerades ? settings.masquerade_domains : [];
  if (tables.length === 0 && domains.length === 0) return undefined;
  const exceptions = openers.list('masquerade_exceptions', 'string');
  const propagates = settings.propagate_unmatched_extensions.includes('canonical');
  return new AddressMapper({
    ...withoutTables(settings),
    canonical: { sender: [], recipient: tables },
    masquerade: {
      domains,
      isException: (name) => exceptions.has(name),
      sender: false,
      recipient: masquerades,
    },
    propagate: { canonical: propagates, virtual: false },
  });
}

function canonicalTables(side: Side, settings: Settings, search: AddressParts['search']): FindAddress[] {
  const own =
    side === 'sender'
      ? settings.sender_canonical_classes.includes('header_sender')
      : settings.recipient_canonical_classes.includes('header_recipient');
  const common = settings.canonical_classes.includes(`header_${side}`);
  return [
    own ? search(`${side}_canonical_maps`) : undefined,
    common ? search('canonical_maps') : undefined,
  ].filter((find) => find !== undefined);
}

/** The envelope sender as it goes on, for mail that has no From header. */
export function senderMapping({ mapper }: AddressParts) {
  return (sender: Address): Promise<Address> => mapper.sender(sender);
}

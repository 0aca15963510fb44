/** Address rewriting, classes and maps, from settings. */
import { AddressMapper, type FindAddress, type MapperOptions } from '../addresses/mapper.ts';
import { AddressResolver } from '../addresses/resolver.ts';
import type { RewriteRules } from '../addresses/rewrite.ts';
import type { Address } from '../mail/address.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { AddressTable, RecipientTables } from '../restrictions/sources.ts';
import type { ParameterName } from '../settings/parameters.ts';
import type { Settings } from '../settings/settings.ts';
import type { Openers } from './openers.ts';
import { ownAddresses } from './own-addresses.ts';

export interface AddressParts {
  readonly resolver: AddressResolver;
  /** Where probes go. `Postfix: address_verify_*`. */
  readonly probeResolver: AddressResolver;
  readonly mapper: AddressMapper;
  /** Not with `receive_override_options = no_address_mappings`: addresses are completed then, and that is all. */
  readonly mapsAddresses: boolean;
  readonly recipientTables: RecipientTables;
  readonly senderLoginMaps: AddressTable | undefined;
  /** Looks for addresses in a table that changes mail, the way of canonical(5); undefined: there is none. */
  search(name: ParameterName): FindAddress | undefined;
  isOwnAddress(address: string): boolean;
  isOwnHost(name: string): MaybePromise<boolean>;
}

/** `cleanup`: for what is done to the mail itself; who is there and who may do what is found in the service's own tables. */
export function assembleAddresses(openers: Openers, cleanup = openers): AddressParts {
  const { settings } = openers;
  const rewrite = rewriteRules(settings);
  const isOwnAddress = ownAddresses({
    inetInterfaces: settings.inet_interfaces,
    proxyInterfaces: settings.proxy_interfaces,
  });
  const local = openers.list('mydestination', 'string');
  const isLocalDomain = (domain: string): MaybePromise<boolean> =>
    domain.toLowerCase() === settings.myorigin.toLowerCase() ||
    (domain.startsWith('[') ? isOwnAddress(domain) : local.has(domain));
  const searchBy =
    (by: Openers): Search =>
    (name) =>
      by.addressSearch(name, { order: 'address', isLocalDomain });
  const search = searchBy(openers);
  const cleanupSearch = searchBy(cleanup);
  const makeResolver = (routed: Routed) =>
    assembleResolver(openers, routed, rewrite, isOwnAddress, local, search);
  const overrides = settings.receive_override_options;
  const mapsAddresses = !overrides.includes('no_address_mappings');
  return {
    resolver: makeResolver(''),
    probeResolver: makeResolver('address_verify_'),
    mapper: mapsAddresses
      ? assembleMapper(cleanup, cleanupSearch)
      : new AddressMapper(withoutTables(settings)),
    mapsAddresses,
    recipientTables: assembleRecipientTables(search, overrides.includes('no_unknown_recipient_checks')),
    senderLoginMaps: asTable(search('smtpd_sender_login_maps')),
    search: cleanupSearch,
    isOwnAddress,
    isOwnHost: (name) => local.has(name.replace(/\.$/, '')),
  };
}

/** How the addresses of our own clients are completed. */
export function rewriteRules(settings: Settings): RewriteRules {
  return {
    origin: settings.myorigin,
    domain: settings.mydomain,
    appendAtMyorigin: settings.append_at_myorigin,
    appendDotMydomain: settings.append_dot_mydomain,
    swapBangpath: settings.swap_bangpath,
    allowPercentHack: settings.allow_percent_hack,
  };
}

/** Addresses are completed, and go where no table sends them. */
export function withoutTables(settings: Settings): MapperOptions {
  return {
    rewrite: rewriteRules(settings),
    canonical: { sender: [], recipient: [] },
    masquerade: { domains: [], isException: () => false, sender: false, recipient: false },
    virtualAlias: undefined,
    senderBcc: undefined,
    recipientBcc: undefined,
    alwaysBcc: '',
    propagate: { canonical: false, virtual: false },
    virtualExpansionLimit: settings.virtual_alias_expansion_limit,
    virtualRecursionLimit: settings.virtual_alias_recursion_limit,
    virtualAddressLengthLimit: settings.virtual_alias_address_length_limit,
  };
}

type Search = (name: ParameterName) => FindAddress | undefined;

/** What stands before the names of the parameters that say where it goes: mail, or a probe. */
type Routed = '' | 'address_verify_';

function assembleResolver(
  openers: Openers,
  routed: Routed,
  rewrite: RewriteRules,
  isOwnAddress: (address: string) => boolean,
  local: { has(domain: string): MaybePromise<boolean> },
  search: Search,
): AddressResolver {
  const { settings } = openers;
  const transports = openers.addressSearch(`${routed}transport_maps`, {
    order: 'transport',
    parentStyle: settings.parent_domain_matches_subdomains.includes('transport_maps') ? 'parent' : 'dot',
  });
  return new AddressResolver({
    rewrite,
    myhostname: settings.myhostname,
    domains: {
      local,
      virtualAlias: openers.list('virtual_alias_domains', 'string'),
      virtualMailbox: openers.list('virtual_mailbox_domains', 'string'),
      relay: openers.list('relay_domains', 'domain'),
    },
    isOwnAddress,
    transports: {
      local: settings[`${routed}local_transport`],
      'virtual-mailbox': settings[`${routed}virtual_transport`],
      relay: settings[`${routed}relay_transport`],
      default: settings[`${routed}default_transport`],
    },
    relayhost: settings[`${routed}relayhost`],
    findTransport: async (recipient) => (await transports?.(recipient))?.value,
    findRelocated: valueBy(search('relocated_maps')),
    findSenderRelayhost: valueBy(search(`${routed}sender_dependent_relayhost_maps`)),
    findSenderTransport: valueBy(search(`${routed}sender_dependent_default_transport_maps`)),
    emptyAddressRecipient: settings.empty_address_recipient,
    resolveDequotedAddress: settings.resolve_dequoted_address,
    resolveNullDomain: settings.resolve_null_domain,
    resolveNumericDomain: settings.resolve_numeric_domain,
    allowMinUser: settings.allow_min_user,
    smtputf8Enable: settings.smtputf8_enable,
    showUserUnknownTableName: settings.show_user_unknown_table_name,
  });
}

function assembleMapper(openers: Openers, search: Search): AddressMapper {
  const { settings } = openers;
  const canonical = (
    which: 'envelope_sender' | 'envelope_recipient',
    own: ParameterName,
    ownClasses: readonly string[],
  ) =>
    [
      ownClasses.includes(which) ? search(own) : undefined,
      settings.canonical_classes.includes(which) ? search('canonical_maps') : undefined,
    ].filter((find) => find !== undefined);
  const exceptions = openers.list('masquerade_exceptions', 'string');
  return new AddressMapper({
    ...withoutTables(settings),
    canonical: {
      sender: canonical('envelope_sender', 'sender_canonical_maps', settings.sender_canonical_classes),
      recipient: canonical(
        'envelope_recipient',
        'recipient_canonical_maps',
        settings.recipient_canonical_classes,
      ),
    },
    masquerade: {
      domains: settings.masquerade_domains,
      isException: (name) => exceptions.has(name),
      sender: settings.masquerade_classes.includes('envelope_sender'),
      recipient: settings.masquerade_classes.includes('envelope_recipient'),
    },
    virtualAlias: search('virtual_alias_maps'),
    senderBcc: search('sender_bcc_maps'),
    recipientBcc: search('recipient_bcc_maps'),
    alwaysBcc: settings.always_bcc,
    propagate: {
      canonical: settings.propagate_unmatched_extensions.includes('canonical'),
      virtual: settings.propagate_unmatched_extensions.includes('virtual'),
    },
  });
}

function assembleRecipientTables(search: Search, unchecked: boolean): RecipientTables {
  const aliases = ['recipient_canonical_maps', 'canonical_maps', 'virtual_alias_maps'] as const;
  return {
    aliases: firstOf(aliases.map(search)),
    senderAliases: firstOf([search('sender_canonical_maps')]),
    local: asTable(search('local_recipient_maps')),
    relay: asTable(search('relay_recipient_maps')),
    virtualMailbox: asTable(search('virtual_mailbox_maps')),
    unchecked,
  };
}

function valueBy(
  find: FindAddress | undefined,
): ((key: Address) => MaybePromise<string | undefined>) | undefined {
  if (!find) return undefined;
  return (key) => {
    const match = find(key);
    return isPromise(match) ? match.then((found) => found?.value) : match?.value;
  };
}

function asTable(find: FindAddress | undefined): AddressTable | undefined {
  const value = valueBy(find);
  return value && { find: value };
}

function firstOf(finds: readonly (FindAddress | undefined)[]): AddressTable {
  const tables = finds.filter((find) => find !== undefined);
  return {
    async find(key) {
      for (const find of tables) {
        const match = await find(key);
        if (match) return match.value;
      }
      return undefined;
    },
  };
}

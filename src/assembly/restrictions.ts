/** The judges of a service and the lists that they go by, from settings. */
import type { Dns } from '../dns/dns.ts';
import type { DnsLists } from '../dns/dns-lists.ts';
import type { Source } from '../mail/source.ts';
import { unaskedService } from '../policy/unasked-service.ts';
import type { Log } from '../record/log.ts';
import { AccessResults } from '../restrictions/access-result.ts';
import { rejectUnlisted } from '../restrictions/address.ts';
import { Bench } from '../restrictions/bench.ts';
import { type ListName, RestrictionCompiler } from '../restrictions/compile.ts';
import { hintAtDangers } from '../restrictions/danger-hints.ts';
import { isInlineList } from '../restrictions/inline-lists.ts';
import { orderHints } from '../restrictions/order-hints.ts';
import { rateRows } from '../restrictions/rate-argument.ts';
import { guardsRelay, relayGuards } from '../restrictions/relay-guard.ts';
import type { RestrictionList } from '../restrictions/restriction.ts';
import { inspectRows, type RowRules } from '../restrictions/row-inspection.ts';
import type { PolicyTarget, Sources } from '../restrictions/sources.ts';
import type { Classes } from '../restrictions/written-restrictions.ts';
import type { MailSpf } from '../sender-auth/mail-spf.ts';
import type { Complain } from '../settings/complaint.ts';
import type { ParameterName } from '../settings/parameters.ts';
import type { Settings } from '../settings/settings.ts';
import type { TableList } from '../tables/table-list.ts';
import type { AddressParts } from './addresses.ts';
import { assembleDnsblScore } from './dnsbl-score.ts';
import type { MemoryParts } from './memory.ts';
import type { Openers } from './openers.ts';
import type { PolicyServices } from './policy-services.ts';
import { replyExpander } from './reply-templates.ts';
import type { World } from './world.ts';

const PARAMETERS: Record<ListName, ParameterName> = {
  client: 'smtpd_client_restrictions',
  helo: 'smtpd_helo_restrictions',
  sender: 'smtpd_sender_restrictions',
  relay: 'smtpd_relay_restrictions',
  recipient: 'smtpd_recipient_restrictions',
  etrn: 'smtpd_etrn_restrictions',
  data: 'smtpd_data_restrictions',
  end_of_data: 'smtpd_end_of_data_restrictions',
};

export interface RestrictionNeeds {
  readonly openers: Openers;
  readonly addresses: AddressParts;
  readonly dns: Dns;
  readonly lists: DnsLists;
  readonly spf: MailSpf;
  readonly memory: MemoryParts;
  readonly policies: PolicyServices;
  readonly log: Log;
  readonly complain: Complain;
  /** See CompilerOptions. */
  readonly complainOfBroken: Complain;
  readonly world: World | undefined;
  /** Puts off what needs the tables until they have been read and somebody wants to know. */
  readonly atInspection: (look: () => void) => void;
  /**
   * `advice`: another server has the mail and asks what we think of it. Who may relay there and which recipients it has is
   * its own affair, and header fields that we find out about have to be told at once.
   */
  readonly purpose: 'mail' | 'advice';
}

export function assembleBench(needs: RestrictionNeeds): Bench {
  const { settings } = needs.openers;
  const access = new AccessResults({
    codes: settings,
    log: needs.log,
    compile: (text, source) => compiler.fromRow(text, source),
  });
  const opened = { access: new Set<TableList>(), rates: new Set<TableList>() };
  const sources = assembleSources(needs, access, opened);
  const classes = classesOf(settings);
  const { complain, complainOfBroken } = needs;
  const compiler = new RestrictionCompiler({ sources, classes, complain, complainOfBroken });
  const isMail = needs.purpose === 'mail';
  if (isMail) demandRelayGuard(settings, classes, needs.complain);
  const names = Object.keys(PARAMETERS) as ListName[];
  const compiled = names.map(
    (name) => [name, compiler.list(name, settings.tokens(PARAMETERS[name]))] as const,
  );
  const lists = Object.fromEntries(compiled) as Record<ListName, RestrictionList>;
  const { client, helo, sender, relay, recipient } = lists;
  const inOrder = isMail ? [client, helo, sender, relay, recipient] : [];
  compiler.allClasses();
  for (const hint of orderHints(inOrder)) needs.complain(hint);
  needs.atInspection(() => inspectBench(needs, { classes, access, opened }));
  return new Bench({
    lists: isMail ? lists : { ...lists, relay: { name: 'relay', restrictions: [] } },
    delayReject: settings.smtpd_delay_reject,
    relayBeforeRecipient: settings.smtpd_relay_before_recipient_restrictions,
    unlistedRecipient:
      isMail && settings.smtpd_reject_unlisted_recipient ? rejectUnlisted('recipient', sources) : undefined,
    unlistedSender:
      isMail && settings.smtpd_reject_unlisted_sender ? rejectUnlisted('sender', sources) : undefined,
    isProbeSender: needs.memory.isProbeSender,
  });
}

interface Inspected {
  readonly classes: Classes;
  readonly access: AccessResults;
  readonly opened: OpenedTables;
}

/** The tables that restrictions name, by what stands in their rows. */
interface OpenedTables {
  readonly access: Set<TableList>;
  readonly rates: Set<TableList>;
}

/** What `check` says of the rows of access tables, and of an order that is dangerous. */
function inspectBench(
  { openers, purpose, complain }: RestrictionNeeds,
  { classes, access, opened }: Inspected,
): void {
  const { settings, tables } = openers;
  const actions: RowRules = {
    inspect: (row) => access.inspect(row),
    remedy: 'see `portcullis list actions`',
  };
  for (const table of opened.access) inspectRows(table, actions, complain);
  for (const table of opened.rates) inspectRows(table, rateRows, complain);
  if (purpose !== 'mail') return;
  const lists = {
    client: settings.tokens('smtpd_client_restrictions'),
    helo: settings.tokens('smtpd_helo_restrictions'),
    sender: settings.tokens('smtpd_sender_restrictions'),
    relay: settings.tokens('smtpd_relay_restrictions'),
    recipient: settings.tokens('smtpd_recipient_restrictions'),
  };
  hintAtDangers(lists, {
    classes,
    limitsMxBackup: settings.permit_mx_backup_networks.length > 0,
    hasLogins: settings.smtpd_sasl_auth_enable,
    rows: ({ text, source }) => (isInlineList(text) ? [] : tables.open(text, source, 'access').entries()),
    complain,
  });
}

/** No service is an open relay by oversight. `Postfix: fail_required`. */
function demandRelayGuard(
  settings: Settings,
  classes: ReturnType<typeof classesOf>,
  complain: Complain,
): void {
  const names = ['smtpd_relay_restrictions', 'smtpd_recipient_restrictions'] as const;
  if (names.some((name) => guardsRelay(settings.tokens(name), classes))) return;
  complain({
    source: settings.sourceOf('smtpd_recipient_restrictions'),
    severity: 'error',
    problem: `neither ${names.join(' nor ')} keeps strangers from relaying`,
    remedy: `put one of these into them: ${relayGuards.join(', ')}`,
  });
}

function classesOf(settings: Settings) {
  const names = settings.smtpd_restriction_classes;
  return new Map(names.map((name) => [name, settings.tokens(name)]));
}

function assembleSources(
  { openers, addresses, dns, lists, spf, memory, policies, log, complain, purpose, world }: RestrictionNeeds,
  access: AccessResults,
  opened: OpenedTables,
): Sources {
  const { settings, tables } = openers;
  const open = (into: Set<TableList>) => (spec: string, source: Source) => {
    const table = tables.open(spec, source, 'access');
    into.add(table);
    return table;
  };
  const relayDomains = openers.list('relay_domains', 'domain');
  const backupNetworks = openers.list('permit_mx_backup_networks', 'network');
  return {
    codes: settings,
    log,
    dns,
    lists,
    spf,
    spfField: settings.spf_verify ? SPF_FIELD[purpose] : 'never',
    memory,
    addresses: addresses.resolver,
    access,
    openTable: open(opened.access),
    openRates: open(opened.rates),
    parentStyle: openers.accessParentStyle,
    recipientDelimiter: settings.recipient_delimiter,
    nullSenderKey: settings.smtpd_null_access_lookup_key,
    mynetworks: openers.list('mynetworks', 'network'),
    permitMxBackupNetworks: settings.permit_mx_backup_networks.length > 0 ? backupNetworks : undefined,
    isOwnAddress: addresses.isOwnAddress,
    isOwnHost: addresses.isOwnHost,
    isRelayClient: (name) => relayDomains.has(name),
    rblReplyMaps: openers.maps('rbl_reply_maps'),
    defaultRblReply: settings.default_rbl_reply,
    expandReply: replyExpander(settings, log),
    mapsRblDomains: settings.maps_rbl_domains,
    dnsblScore: assembleDnsblScore(settings, lists, complain),
    dnsblReplyMap: openers.maps('postscreen_dnsbl_reply_map'),
    parameter: (name) => invented(settings, name),
    openPolicyService: (spec, source) => quietly(policies.open(spec, source, settings, complain), world),
    saslEnabled: settings.smtpd_sasl_auth_enable,
    senderLoginMaps: addresses.senderLoginMaps,
    relayClientCerts: openers.maps('relay_clientcerts'),
    asksClientCertificate: settings.smtpd_tls_ask_ccert,
    allowUntrustedRouting: settings.allow_untrusted_routing,
    serverAddressLimit: SERVER_ADDRESS_LIMIT,
    recipientTables: addresses.recipientTables,
    showUserUnknownTableName: settings.show_user_unknown_table_name,
    recorded: world?.recorded && ((restriction, q) => world.recorded?.(restriction, q)),
  };
}

/** In a trial. */
function quietly(target: PolicyTarget, world: World | undefined): PolicyTarget {
  if (!world || world.asksPolicyServices || !('service' in target)) return target;
  return { service: unaskedService(target.service) };
}

const SPF_FIELD = { mail: 'later', advice: 'here' } as const;

function invented(settings: Settings, name: string) {
  const text = settings.text(name);
  return text === undefined ? undefined : { text, source: settings.sourceOf(name) };
}

/** `Postfix: dns_rr_list_limit` (100) */
const SERVER_ADDRESS_LIMIT = 100;

/** One SMTP listener with everything behind it, from its settings. */

import { PlainContent } from '../content/plain-content.ts';
import { receivedField } from '../content/received.ts';
import type { Dns } from '../dns/dns.ts';
import { Gateway } from '../gateway.ts';
import { address } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import { isAscii } from '../mail/host-syntax.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import { Dispatcher } from '../relay/dispatcher.ts';
import { HopFinder } from '../relay/hop-finder.ts';
import type { NextHop } from '../relay/next-hop.ts';
import type { Relay } from '../relay/relay.ts';
import { ClientLimiter, type Counters } from '../server/client-limits.ts';
import type { BareNewlines } from '../server/data-reader.ts';
import type { ServiceOptions, WordList } from '../server/service.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Service } from '../settings/services.ts';
import type { Settings } from '../settings/settings.ts';
import type { Capabilities } from '../smtp/capabilities.ts';
import type { MatchList } from '../tables/match-list.ts';
import { LookupFailure } from '../tables/table.ts';
import type { Tables } from '../tables/tables.ts';
import { type AddressParts, assembleAddresses } from './addresses.ts';
import { assembleNextHops } from './next-hops.ts';
import { Openers } from './openers.ts';
import { replyFinisher } from './reply-templates.ts';
import { assembleRestrictions } from './restrictions.ts';
import { assembleServerTls } from './server-tls.ts';

/** What all services of a process share. */
export interface Shared {
  readonly log: Log;
  readonly journal: Journal;
  readonly dns: Dns;
  readonly relay: Relay;
  readonly counters: Counters;
  readonly tables: Tables;
  /** Where messages that do not fit into memory are kept while they pass. */
  readonly spoolDirectory: string;
  readonly complain: Complain;
}

const SPOOL_MEMORY_BYTES = 1_048_576;

export function assembleService(
  configuration: Configuration,
  service: Service,
  shared: Shared,
): ServiceOptions {
  const { settings } = service;
  const { tables, log, dns, complain } = shared;
  const openers = new Openers(tables, settings);
  const addresses = assembleAddresses(openers);
  const hops = assembleNextHops(configuration, openers, (other) => new Openers(tables, other), complain);
  const restrictions = assembleRestrictions({ openers, addresses, dns, log, complain });
  const gateway = new Gateway({
    ...restrictions,
    delayReject: settings.smtpd_delay_reject,
    relayBeforeRecipient: settings.smtpd_relay_before_recipient_restrictions,
    mapper: addresses.mapper,
    content: new PlainContent({
      spool: { directory: shared.spoolDirectory, memoryLimitBytes: SPOOL_MEMORY_BYTES },
      topFields: topFields(settings, hops.proxyFilter !== undefined),
    }),
    carrier: new Dispatcher({
      relay: shared.relay,
      hops: new HopFinder({ ...hops, resolver: addresses.resolver }),
      early: settings.announce_recipients_early,
      quarantine: async () => reply(451, '4.3.0', 'Error: there is no quarantine'),
      log,
    }),
    journal: shared.journal,
  });
  return {
    name: service.name,
    gateway,
    journal: shared.journal,
    log,
    dns,
    limits: limits(service, openers, shared.counters),
    ...limitsOfSession(settings),
    ...rulesOfSpeech(settings, openers),
    ...nextHopAbilities(settings, openers, hops.only, shared.relay),
    ...rightsOfClients(openers, addresses),
    tls: assembleServerTls(settings, openers.maps('tls_server_sni_maps'), log),
    sasl: undefined,
    finishReply: replyFinisher(settings, openers.maps('smtpd_reject_footer_maps'), log),
  };
}

function topFields(settings: Settings, isProxied: boolean) {
  const options = {
    myhostname: settings.myhostname,
    mailName: settings.mail_name,
    tlsHeader: settings.smtpd_tls_received_header,
    saslHeader: settings.smtpd_sasl_authenticated_header,
    hideClient: settings.smtpd_hide_client_session,
    asksCertificate: settings.smtpd_tls_ask_ccert || settings.smtpd_tls_req_ccert,
    withoutId: isProxied,
  };
  return (session: Session, envelope: Envelope): string => {
    const prepended = envelope.orders.prepend.map((line) => `${line}\r\n`).join('');
    const isIntermediate = isProxied && session.forwarded !== undefined;
    return prepended + (isIntermediate ? '' : receivedField(session, envelope, options));
  };
}

function limits({ name, settings }: Service, openers: Openers, counters: Counters): ClientLimiter {
  return new ClientLimiter({
    service: name,
    counters,
    concurrency: settings.smtpd_client_connection_count_limit,
    rates: {
      connection: settings.smtpd_client_connection_rate_limit,
      mail: settings.smtpd_client_message_rate_limit,
      recipient: settings.smtpd_client_recipient_rate_limit,
      auth: settings.smtpd_client_auth_rate_limit,
      tls: settings.smtpd_client_new_tls_session_rate_limit,
    },
    exceptions: openers.list('smtpd_client_event_limit_exceptions', 'network'),
    ipv4PrefixBits: settings.smtpd_client_ipv4_prefix_length,
    ipv6PrefixBits: settings.smtpd_client_ipv6_prefix_length,
  });
}

function limitsOfSession(settings: Settings) {
  return {
    proxyProtocol:
      settings.smtpd_upstream_proxy_protocol === ''
        ? undefined
        : { timeoutMs: settings.smtpd_upstream_proxy_timeout },
    patience: {
      timeoutMs: settings.smtpd_timeout,
      perRequest: settings.smtpd_per_request_deadline,
      minDataRate: settings.smtpd_min_data_rate,
    },
    lineLengthLimit: settings.line_length_limit,
    saslResponseLimit: settings.smtpd_sasl_response_limit,
    messageSizeLimit: settings.message_size_limit,
    recipientLimit: settings.smtpd_recipient_limit,
    recipientOvershootLimit: settings.smtpd_recipient_overshoot_limit,
    softErrorLimit: settings.smtpd_soft_error_limit,
    hardErrorLimit: settings.smtpd_hard_error_limit,
    junkCommandLimit: settings.smtpd_junk_command_limit,
    errorSleepMs: settings.smtpd_error_sleep_time,
  };
}

const BARE_NEWLINES: Record<string, BareNewlines> = { no: 'accept', reject: 'reject' };

function rulesOfSpeech(settings: Settings, openers: Openers) {
  const filter = openers.maps('smtpd_command_filter');
  return {
    myhostname: settings.myhostname,
    banner: settings.smtpd_banner,
    peernameLookup: settings.smtpd_peername_lookup,
    heloRequired: settings.smtpd_helo_required,
    vrfyDisabled: settings.disable_vrfy_command,
    strictEnvelopes: settings.strict_rfc821_envelopes,
    strictSmtputf8: settings.strict_smtputf8,
    smtputf8Enable: settings.smtputf8_enable,
    forbiddenCommands: words(openers.list('smtpd_forbidden_commands', 'string')),
    noopCommands: words(openers.list('smtpd_noop_commands', 'string')),
    commandFilter: filter && ((line: string) => filter.find(line)),
    forbidUnauthPipelining: settings.smtpd_forbid_unauth_pipelining,
    bareNewlines: BARE_NEWLINES[settings.smtpd_forbid_bare_newline] ?? 'normalize',
    bareNewlineExclusions: openers.list('smtpd_forbid_bare_newline_exclusions', 'network'),
    bareNewlineRejectCode: settings.smtpd_forbid_bare_newline_reject_code,
  };
}

/** Words, some of them in tables; a table that does not answer has none. `Postfix: string_list_match`. */
function words(list: MatchList): WordList {
  const none = (error: unknown): false => {
    if (error instanceof LookupFailure) return false;
    throw error;
  };
  return {
    has(word) {
      try {
        const found = list.has(word);
        return isPromise(found) ? found.catch(none) : found;
      } catch (error) {
        return none(error);
      }
    },
  };
}

/** What the next hop lacks is not offered to clients, so that no mail is taken that it must refuse. */
function nextHopAbilities(settings: Settings, openers: Openers, hop: NextHop | undefined, relay: Relay) {
  const own = new Set(settings.smtpd_discard_ehlo_keywords.map((word) => word.toLowerCase()));
  const maps = openers.maps('smtpd_discard_ehlo_keyword_address_maps');
  let capabilities: Capabilities | undefined;
  const learn = async () => {
    if (hop) capabilities = (await relay.capabilities(hop)) ?? capabilities;
  };
  return {
    async discardedKeywords(clientAddress: string): Promise<ReadonlySet<string>> {
      await learn();
      const found = await maps?.find(clientAddress);
      const words = found === undefined ? own : new Set(found.toLowerCase().split(/[\s,]+/));
      return capabilities ? new Set([...words, ...lacking(capabilities)]) : words;
    },
    nextHopSizeLimit: () => capabilities?.sizeLimitBytes,
  };
}

function lacking(capabilities: Capabilities): string[] {
  return [
    capabilities.eightBitMime ? '' : '8bitmime',
    capabilities.smtputf8 ? '' : 'smtputf8',
    capabilities.dsn ? '' : 'dsn',
  ].filter((word) => word !== '');
}

function rightsOfClients(openers: Openers, addresses: AddressParts) {
  const flush = openers.list('fast_flush_domains', 'domain');
  return {
    mayFlush: (domain: string) => flush.has(domain),
    isBadAddress: (text: string, smtputf8: boolean) => isBadAddress(text, smtputf8, addresses),
    isLocalRewriteClient: localRewriteClients(openers, addresses),
    authorizedXclientHosts: openers.list('smtpd_authorized_xclient_hosts', 'network'),
    authorizedXforwardHosts: openers.list('smtpd_authorized_xforward_hosts', 'network'),
  };
}

/** `Postfix: smtpd_check_addr`. A table that fails now says nothing about the syntax. */
async function isBadAddress(text: string, smtputf8: boolean, { resolver }: AddressParts): Promise<boolean> {
  try {
    const resolved = await resolver.resolve(address(text));
    return resolved.invalid || (!smtputf8 && !isAscii(resolved.address.domain));
  } catch {
    return false;
  }
}

/** `Postfix: local_header_rewrite_clients`. */
function localRewriteClients(openers: Openers, { isOwnAddress }: AddressParts) {
  const mynetworks = openers.list('mynetworks', 'network');
  const checks: Record<string, (session: Session) => MaybePromise<boolean>> = {
    permit_inet_interfaces: ({ client }) => isOwnAddress(client.address),
    permit_mynetworks: ({ client }) => mynetworks.has(client),
    permit_sasl_authenticated: ({ sasl }) => sasl !== undefined,
    permit_tls_all_clientcerts: ({ tls }) => tls?.certificate?.trusted ?? false,
  };
  const steps = openers.settings.tokens('local_header_rewrite_clients').flatMap((token) => {
    const check = checks[token.text.toLowerCase()];
    if (check) return [check];
    if (!token.text.includes(':')) return [];
    const table = openers.tables.open(token.text, token.source);
    return [async ({ client }: Session) => (await table.find(client.address)) !== undefined];
  });
  return (session: Session): MaybePromise<boolean> => {
    const answers = steps.map((step) => step(session));
    if (!answers.some(isPromise)) return answers.includes(true);
    return Promise.all(answers).then((all) => all.includes(true));
  };
}

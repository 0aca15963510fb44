/** One SMTP listener with everything behind it, from its settings. */

import type { Dns } from '../dns/dns.ts';
import { Gateway } from '../gateway.ts';
import { reply } from '../mail/reply.ts';
import type { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import { Dispatcher } from '../relay/dispatcher.ts';
import { HopFinder } from '../relay/hop-finder.ts';
import type { Relay } from '../relay/relay.ts';
import type { Counters } from '../server/client-limits.ts';
import type { ListenerOptions } from '../server/listener.ts';
import { Places } from '../server/places.ts';
import type { ServiceOptions } from '../server/service.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Service } from '../settings/services.ts';
import type { Settings } from '../settings/settings.ts';
import type { Tables } from '../tables/tables.ts';
import { nextHopAbilities } from './abilities.ts';
import type { Accounts } from './accounts.ts';
import { assembleAddresses } from './addresses.ts';
import { rightsOfClients } from './client-rights.ts';
import { assembleContent } from './content.ts';
import { assembleNextHops } from './next-hops.ts';
import { Openers } from './openers.ts';
import { replyFinisher } from './reply-templates.ts';
import { assembleRestrictions } from './restrictions.ts';
import { assembleSasl } from './sasl.ts';
import { assembleServerTls } from './server-tls.ts';
import { clientLimits, limitsOfSession, rulesOfSpeech } from './session-rules.ts';
import { assembleTextChecks } from './text-checks.ts';

/** What all services of a process share. */
export interface Shared {
  readonly log: Log;
  readonly journal: Journal;
  readonly dns: Dns;
  readonly relay: Relay;
  readonly counters: Counters;
  readonly tables: Tables;
  readonly accounts: Accounts;
  /** Where messages that do not fit into memory are kept while they pass. */
  readonly spoolDirectory: string;
  readonly complain: Complain;
}

/** A listener of kind `smtpd`. Under stress it goes by the settings that `${stress?...}` gives then. */
export function assembleService(
  configuration: Configuration,
  service: Service,
  shared: Shared,
): ListenerOptions {
  const { name, maxConnections } = service;
  const build = (settings: Settings) =>
    assembleOptions(name, new Openers(shared.tables, settings), configuration, shared);
  const options = build(service.settings);
  return {
    service: options,
    stressed: maxConnections > 0 ? build(service.stressed) : options,
    places: new Places(shared.counters, name, maxConnections),
  };
}

function assembleOptions(
  name: string,
  openers: Openers,
  configuration: Configuration,
  shared: Shared,
): ServiceOptions {
  const { settings } = openers;
  const { tables, log, dns, complain, journal, relay } = shared;
  const addresses = assembleAddresses(openers);
  const hops = assembleNextHops(configuration, openers, (other) => new Openers(tables, other), complain);
  const textChecks = assembleTextChecks(openers, log);
  const gateway = new Gateway({
    ...assembleRestrictions({ openers, addresses, dns, log, complain }),
    delayReject: settings.smtpd_delay_reject,
    relayBeforeRecipient: settings.smtpd_relay_before_recipient_restrictions,
    mapper: addresses.mapper,
    content: assembleContent({
      ...{ openers, addresses, log, spoolDirectory: shared.spoolDirectory },
      isProxied: hops.proxyFilter !== undefined,
      inspectors: [() => textChecks?.inspect()],
    }),
    carrier: new Dispatcher({
      relay,
      hops: new HopFinder({ ...hops, resolver: addresses.resolver }),
      early: settings.announce_recipients_early,
      quarantine: async () => reply(451, '4.3.0', 'Error: there is no quarantine'),
      log,
    }),
    journal,
  });
  return {
    name,
    gateway,
    journal,
    log,
    dns,
    limits: clientLimits(name, openers, shared.counters),
    ...limitsOfSession(settings),
    ...rulesOfSpeech(openers),
    ...nextHopAbilities(openers, hops.only, relay),
    ...rightsOfClients(openers, addresses),
    tls: assembleServerTls(settings, openers.maps('tls_server_sni_maps'), log),
    sasl: assembleSasl({ openers, accounts: shared.accounts, log, complain }),
    finishReply: replyFinisher(settings, openers.maps('smtpd_reject_footer_maps'), log),
  };
}

/** One SMTP listener with everything behind it, from its settings. */

import type { Dns } from '../dns/dns.ts';
import type { DnsLists } from '../dns/dns-lists.ts';
import type { HostNames } from '../dns/system-names.ts';
import { Gateway } from '../gateway.ts';
import type { Store } from '../memory/store.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { Journal } from '../record/journal.ts';
import type { Log } from '../record/log.ts';
import type { NextHop } from '../relay/next-hop.ts';
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
import { assembleAttachmentChecks } from './attachment-checks.ts';
import { assembleClamav, type Scanners } from './clamav.ts';
import { rightsOfClients } from './client-rights.ts';
import { assembleContent, type ContentNeeds } from './content.ts';
import { assembleCorrespondence } from './correspondence.ts';
import { assembleMemory } from './memory.ts';
import { Openers } from './openers.ts';
import type { PolicyServices } from './policy-services.ts';
import { replyFinisher } from './reply-templates.ts';
import { assembleBench } from './restrictions.ts';
import { inspectRoutes } from './route-inspection.ts';
import { assembleSasl } from './sasl.ts';
import { assembleScreen } from './screen.ts';
import { assembleSenderAuth } from './sender-auth.ts';
import { assembleServerTls } from './server-tls.ts';
import { clientLimits, limitsOfSession, rulesOfSpeech } from './session-rules.ts';
import { assembleTextChecks } from './text-checks.ts';
import { assembleWayOut } from './way-out.ts';
import type { World } from './world.ts';

/** What all services of a process share. */
export interface Shared {
  readonly log: Log;
  readonly journal: Journal;
  readonly dns: Dns;
  readonly names: HostNames;
  readonly lists: DnsLists;
  readonly relay: Relay;
  readonly counters: Counters;
  readonly tables: Tables;
  readonly accounts: Accounts;
  readonly quarantine: Quarantine;
  readonly scanners: Scanners;
  readonly store: Store;
  readonly policies: PolicyServices;
  /** Where messages that do not fit into memory are kept while they pass. */
  readonly spoolDirectory: string;
  readonly complain: Complain;
  /** For what is not in force, though it should be: a reload that brings it about is refused. */
  readonly complainOfBroken: Complain;
  /** Set when the configuration is tried out instead of served. */
  readonly world: World | undefined;
  /** Where everything goes that a service accepts, if that can be said beforehand. */
  readonly nextHops: Map<Service, NextHop>;
  /** Puts off what needs the tables until they have been read and somebody wants to know. */
  readonly atInspection: (look: () => void) => void;
}

/** A listener of kind `smtpd`. Under stress it goes by the settings that `${stress?...}` gives then. */
export function assembleService(
  configuration: Configuration,
  service: Service,
  shared: Shared,
): ListenerOptions {
  const { name, maxConnections } = service;
  const screen = service.screen && assembleScreen(name, service.screen, shared);
  const build = (settings: Settings): ServiceOptions => ({
    ...assembleOptions(service, new Openers(shared.tables, settings), configuration, shared),
    screen,
  });
  const options = build(service.settings);
  return {
    service: options,
    stressed: maxConnections > 0 ? build(service.stressed) : options,
    places: new Places(shared.counters, name, maxConnections),
  };
}

function assembleOptions(
  service: Service,
  openers: Openers,
  configuration: Configuration,
  shared: Shared,
): Omit<ServiceOptions, 'screen'> {
  const { name } = service;
  const { settings } = openers;
  const cleanup = new Openers(shared.tables, service.cleanup);
  const { log, complain, journal, relay } = shared;
  const { addresses, hops, carrier } = assembleWayOut(configuration, openers, shared, cleanup);
  if (hops.only) shared.nextHops.set(service, hops.only);
  shared.atInspection(() => inspectRoutes(openers, hops, complain));
  const clamav = assembleClamav({ ...shared, openers, nextHop: hops.only?.text ?? '' });
  const textChecks = assembleTextChecks(openers, log);
  const attachmentChecks = assembleAttachmentChecks(openers, shared.spoolDirectory);
  const senderAuth = assembleSenderAuth(openers, shared);
  const { spf, signers } = senderAuth;
  const memory = assembleMemory(openers, { ...shared, addresses, hops, spf, signers });
  const gateway = new Gateway({
    bench: assembleBench({ ...shared, openers, addresses, spf, memory, purpose: 'mail' }),
    softBounce: settings.soft_bounce,
    mapper: addresses.mapper,
    content: assembleContent({
      ...{ openers: cleanup, addresses, log, spoolDirectory: shared.spoolDirectory },
      isProxied: hops.proxyFilter !== undefined,
      readers: [...senderAuth.readers, (mail) => clamav?.check.begin(mail)],
      inspectors: [() => textChecks?.inspect(), () => attachmentChecks?.inspect()],
      sealers: senderAuth.sealers,
      ...unwanted([senderAuth.isUnwanted, clamav?.isOwnField]),
    }),
    carrier,
    correspondence: assembleCorrespondence(openers, { log, addresses, memory }),
    journal,
  });
  return {
    name,
    gateway,
    journal,
    log,
    names: shared.names,
    limits: clientLimits(name, openers, shared.counters),
    ...limitsOfSession(settings),
    ...rulesOfSpeech(openers),
    ...nextHopAbilities(openers, hops.only, relay),
    ...rightsOfClients(openers, addresses),
    tls: assembleServerTls(settings, openers.maps('tls_server_sni_maps'), log, shared.complainOfBroken),
    sasl: assembleSasl({ openers, accounts: shared.accounts, log, complain }),
    finishReply: replyFinisher(settings, openers.maps('smtpd_reject_footer_maps'), log),
  };
}

type Unwanted = NonNullable<ContentNeeds['isUnwanted']>;

/** Nothing, where nobody minds any header. */
function unwanted(tests: readonly (Unwanted | undefined)[]): { isUnwanted?: Unwanted } {
  const asked = tests.filter((test) => test !== undefined);
  return asked.length === 0
    ? {}
    : { isUnwanted: (header, isLoose) => asked.some((test) => test(header, isLoose)) };
}

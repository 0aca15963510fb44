/** What all services ask: the DNS, the tables, and the way out of the house; from the settings that count for all of them. */

import { answerText } from '../dns/answer-text.ts';
import type { Dns } from '../dns/dns.ts';
import { DnsLists } from '../dns/dns-lists.ts';
import { HostsFile } from '../dns/hosts-file.ts';
import { Resolver } from '../dns/resolver.ts';
import { type HostNames, nameSources, SystemNames } from '../dns/system-names.ts';
import type { Log } from '../record/log.ts';
import { Relay } from '../relay/relay.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Settings } from '../settings/settings.ts';
import { Tables } from '../tables/tables.ts';
import type { Ledger } from './ledger.ts';
import { ownAddresses } from './own-addresses.ts';
import type { World } from './world.ts';

export interface Sources {
  readonly dns: Dns;
  /** Of clients. Who names name servers in main.cf wants to hear these alone. */
  readonly names: HostNames;
  readonly lists: DnsLists;
  readonly tables: Tables;
  readonly relay: Relay;
}

export interface SourceNeeds {
  readonly log: Log;
  readonly ledger: Ledger | undefined;
  readonly world?: World | undefined;
}

/** Who asks name servers. `ledger`: hears of the answers. */
export function assembleResolver(settings: Settings, ledger?: Ledger): Resolver {
  return new Resolver({
    servers: settings.dns_servers,
    timeoutMs: settings.dns_timeout,
    tries: settings.dns_tries,
    ...(ledger && { onAnswer: (question, answer) => ledger.answered(question, answerText(answer)) }),
  });
}

export function assembleSources(
  { settings, directory }: Configuration,
  { log, ledger, world }: SourceNeeds,
): Sources {
  const dns = world?.dns ?? assembleResolver(settings, ledger);
  const tables = new Tables({ directory, log, smtputf8: settings.smtputf8_enable });
  const isOwnAddress = ownAddresses({
    inetInterfaces: settings.inet_interfaces,
    proxyInterfaces: settings.proxy_interfaces,
  });
  const usesSystem = settings.dns_servers.length === 0 && world?.dns === undefined;
  const hosts = new HostsFile();
  const hostsFile = (name: string) => hosts.addressesOf(name);
  return {
    dns,
    names: usesSystem ? new SystemNames(dns, hosts, nameSources()) : dns,
    lists: new DnsLists({ dns, log, ours: settings.own_dns_lists, trusted: world?.trustsLists ?? false }),
    tables,
    relay: new Relay({ log, dns, hostsFile, isOwnAddress }),
  };
}

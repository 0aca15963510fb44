/**
 * Assembles everything: knows every room, decides nothing. A Runtime is what the process brings along; an Assembly is
 * one version of the configuration, put together, with all complaints about it.
 */
import type { Server } from 'node:net';
import { join } from 'node:path';
import { Accounts } from './assembly/accounts.ts';
import { Scanners } from './assembly/clamav.ts';
import { refuseLoops } from './assembly/filter-loops.ts';
import type { Ledger } from './assembly/ledger.ts';
import { watchLists } from './assembly/list-watch.ts';
import { assembleStore } from './assembly/memory.ts';
import { assemblePolicyPort } from './assembly/policy-port.ts';
import { PolicyServices } from './assembly/policy-services.ts';
import { assembleQuarantine, keepSwept } from './assembly/quarantine.ts';
import { assembleService, type Shared } from './assembly/service.ts';
import { assembleSources } from './assembly/sources.ts';
import type { World } from './assembly/world.ts';
import type { Dns } from './dns/dns.ts';
import type { DnsLists } from './dns/dns-lists.ts';
import type { Store } from './memory/store.ts';
import { Journal } from './record/journal.ts';
import type { Log } from './record/log.ts';
import type { NextHop } from './relay/next-hop.ts';
import type { Counters } from './server/client-limits.ts';
import { smtpListener } from './server/listener.ts';
import { policyListener } from './server/policy-listener.ts';
import type { ServiceOptions } from './server/service.ts';
import { type Complaint, ComplaintBook } from './settings/complaint.ts';
import type { Configuration } from './settings/configuration.ts';
import type { Service } from './settings/services.ts';
import type { Tables } from './tables/tables.ts';

/** What lives as long as the process. */
export interface Runtime {
  readonly log: Log;
  readonly counters: Counters;
  /** Who writes down what happens; undefined: nobody. */
  readonly ledger: Ledger | undefined;
  /** Set when the configuration is tried out instead of served. */
  readonly world?: World;
}

export interface AssembledService {
  readonly service: Service;
  /** What an SMTP service goes by. */
  readonly smtp?: ServiceOptions;
  /** Where everything goes that an SMTP service accepts, if that can be said beforehand. */
  readonly nextHop?: NextHop | undefined;
  /** A server that is ready to listen: one for each place where the service listens. */
  server(): Server;
}

export interface Assembly {
  readonly configuration: Configuration;
  readonly services: readonly AssembledService[];
  /** Of main.cf, master.cf and all tables. */
  readonly complaints: readonly Complaint[];
  /** Those of them about tables, lines of tables, password files and certificates that are not in force. */
  readonly broken: readonly Complaint[];
  readonly tables: Tables;
  readonly dns: Dns;
  readonly lists: DnsLists;
  readonly store: Store;
  /** Looks at what is in the tables, too: `complaints` are more then. */
  inspect(): void;
  /** Tests the DNS lists from now on, and writes down what they are worth: for who serves. */
  watchLists(): void;
  close(): Promise<void>;
}

/** Makes all services of a configuration; nothing listens yet. */
export async function assemble(configuration: Configuration, runtime: Runtime): Promise<Assembly> {
  const { settings, directory } = configuration;
  const book = new ComplaintBook();
  const brokenBook = new ComplaintBook();
  const { world } = runtime;
  const looks: (() => void)[] = [];
  const { dns, names, lists, tables, relay } = assembleSources(configuration, runtime);
  const quarantine = assembleQuarantine(settings, runtime.log);
  const stopSweeping = world ? () => {} : keepSwept(quarantine, runtime.log);
  const scanners = new Scanners(runtime.log);
  const accounts = new Accounts(directory, runtime.log);
  const remembered = assembleStore(settings, runtime.log, book.add, !world);
  const store = world ? world.store(remembered) : remembered;
  const policies = new PolicyServices(configuration, runtime.log);
  const shared: Shared = {
    log: runtime.log,
    journal: new Journal(runtime.log, runtime.ledger),
    dns,
    names,
    lists,
    relay,
    counters: runtime.counters,
    tables,
    accounts,
    quarantine,
    scanners,
    store,
    policies,
    spoolDirectory: join(settings.data_directory, 'spool'),
    complain: book.add,
    complainOfBroken(complaint) {
      book.add(complaint);
      brokenBook.add(complaint);
    },
    world,
    nextHops: new Map(),
    atInspection: (look) => void looks.push(look),
  };
  const services = configuration.services.flatMap((service) => {
    const make = LISTENERS[service.program];
    if (make) return [{ service, ...make(configuration, service, shared) }];
    book.add({
      source: service.source,
      severity: 'warning',
      problem: `service ${service.name}: ${service.program} is not built yet, so that nothing listens there`,
      remedy: 'take the line out',
    });
    return [];
  });
  refuseLoops(shared.nextHops, book.add);
  await tables.ready();
  await accounts.ready();
  let stopWatching = async () => {};
  return {
    configuration,
    services,
    get complaints() {
      return [...configuration.complaints, ...book.all(), ...tables.complaints, ...accounts.complaints];
    },
    get broken() {
      const all = [...tables.complaints, ...accounts.brokenFiles, ...brokenBook.all()];
      return all.filter(({ severity }) => severity !== 'note');
    },
    inspect() {
      for (const look of looks) look();
    },
    tables,
    dns,
    lists,
    store,
    watchLists() {
      stopWatching = watchLists(lists, store);
    },
    async close() {
      stopSweeping();
      lists.close();
      await stopWatching();
      policies.close();
      scanners.close();
      await tables.close();
      await accounts.close();
      await relay.close();
      await store.close();
      if (store !== remembered) await remembered.close();
    },
  };
}

/** What makes the servers of a line in master.cf. */
const LISTENERS: Partial<
  Record<
    Service['program'],
    (of: Configuration, service: Service, shared: Shared) => Omit<AssembledService, 'service'>
  >
> = {
  smtpd(configuration, service, shared) {
    const options = assembleService(configuration, service, shared);
    return {
      smtp: options.service,
      nextHop: shared.nextHops.get(service),
      server: () => smtpListener(options),
    };
  },
  policy(configuration, service, shared) {
    const options = assemblePolicyPort(configuration, service, shared);
    return { server: () => policyListener(options) };
  },
};

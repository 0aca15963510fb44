/**
 * Assembles everything: knows every room, decides nothing. A Runtime is what the process brings along; an Assembly is
 * one version of the configuration, put together, with all complaints about it.
 */
import { join } from 'node:path';
import { Accounts } from './assembly/accounts.ts';
import { ownAddresses } from './assembly/own-addresses.ts';
import { assembleService, type Shared } from './assembly/service.ts';
import { Resolver } from './dns/resolver.ts';
import type { AttemptSink } from './record/attempt.ts';
import { Journal } from './record/journal.ts';
import type { Log } from './record/log.ts';
import { Relay } from './relay/relay.ts';
import type { Counters } from './server/client-limits.ts';
import type { ListenerOptions } from './server/listener.ts';
import { type Complaint, ComplaintBook } from './settings/complaint.ts';
import type { Configuration } from './settings/configuration.ts';
import type { Service } from './settings/services.ts';
import { Tables } from './tables/tables.ts';

/** What lives as long as the process. */
export interface Runtime {
  readonly log: Log;
  readonly counters: Counters;
  readonly sink: AttemptSink | undefined;
}

export interface AssembledService {
  readonly service: Service;
  readonly listener: ListenerOptions;
}

export interface Assembly {
  readonly configuration: Configuration;
  readonly services: readonly AssembledService[];
  /** Of main.cf, master.cf and all tables. */
  readonly complaints: readonly Complaint[];
  readonly tables: Tables;
  close(): Promise<void>;
}

/** Makes all services of a configuration; nothing listens yet. */
export async function assemble(configuration: Configuration, runtime: Runtime): Promise<Assembly> {
  const { settings, directory } = configuration;
  const book = new ComplaintBook();
  const dns = new Resolver({
    servers: settings.dns_servers,
    timeoutMs: settings.dns_timeout,
    tries: settings.dns_tries,
  });
  const tables = new Tables({
    directory,
    log: runtime.log,
    smtputf8: settings.smtputf8_enable,
  });
  const isOwnAddress = ownAddresses({
    inetInterfaces: settings.inet_interfaces,
    proxyInterfaces: settings.proxy_interfaces,
  });
  const relay = new Relay({ log: runtime.log, dns, isOwnAddress: (address) => isOwnAddress(address) });
  const accounts = new Accounts(directory, runtime.log);
  const shared: Shared = {
    log: runtime.log,
    journal: new Journal(runtime.log, runtime.sink),
    dns,
    relay,
    counters: runtime.counters,
    tables,
    accounts,
    spoolDirectory: join(settings.data_directory, 'spool'),
    complain: book.add,
  };
  const services = configuration.services
    .filter(({ program }) => program === 'smtpd')
    .map((service) => ({ service, listener: assembleService(configuration, service, shared) }));
  await tables.ready();
  await accounts.ready();
  return {
    configuration,
    services,
    complaints: [...configuration.complaints, ...book.all(), ...tables.complaints, ...accounts.complaints],
    tables,
    async close() {
      await tables.close();
      await accounts.close();
      await relay.close();
    },
  };
}

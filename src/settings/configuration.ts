/**
 * A configuration directory, read: main.cf, master.cf and all that is wrong with them. Tables are not opened here.
 * Complaints are collected; only a main.cf that cannot be read at all ends the reading.
 */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { decodeOctets } from '../mail/octets.ts';
import { type Complain, type Complaint, ComplaintBook } from './complaint.ts';
import { crossCheck } from './cross-checks.ts';
import { checkNames } from './known-names.ts';
import { type Assignment, parseMainCf } from './main-cf.ts';
import { type MasterEntry, parseMasterCf } from './master-cf.ts';
import { sortServices } from './programs.ts';
import type { Service, Spawn, Transport } from './services.ts';
import { readEveryValue, readSettings, type Settings } from './settings.ts';

export type { Endpoint } from './endpoints.ts';
export type { Service, Spawn, Transport } from './services.ts';

export interface Configuration {
  /** As an absolute path. */
  readonly directory: string;
  /** What main.cf says, without any service's `-o`. */
  readonly settings: Settings;
  /** The defaults of this directory: as if main.cf were empty. */
  readonly defaults: Settings;
  /** The listeners, in the order of master.cf. */
  readonly services: readonly Service[];
  /** The clients that carry mail to a next hop, by name; smtp, relay and lmtp are always there. */
  readonly transports: ReadonlyMap<string, Transport>;
  /** The policy servers that are started on demand, by name. */
  readonly spawns: ReadonlyMap<string, Spawn>;
  /** Delivery agents of Postfix that the gateway does not have, by name: the programs. */
  readonly agents: ReadonlyMap<string, string>;
  /** Names that are set, but that nobody knows or mentions. */
  readonly unknown: ReadonlySet<string>;
  /** In the order of files and lines. */
  readonly complaints: readonly Complaint[];
}

const MAIN = 'main.cf';
const MASTER = 'master.cf';

/** Reads a configuration directory. Throws only when main.cf cannot be read. */
export function readConfiguration(directory: string): Configuration {
  const absolute = resolve(directory);
  const book = new ComplaintBook();
  const main = parseMainCf(readMain(absolute), MAIN, book.add);
  const settingsFor = (program: string, service: string, overrides: ReadonlyMap<string, Assignment>) =>
    readSettings({ directory: absolute, main, overrides, program, service, complain: book.add });
  const settings = settingsFor('postconf', '', new Map());
  const entries = readMaster(absolute, book.add);
  const { listeners, transports, spawns, agents, scopes } = sortServices(
    entries,
    settings,
    settingsFor,
    book.add,
  );
  const all = [{ set: main, settings }, ...scopes];
  const unknown = checkNames({ scopes: all, services: new Set(entries.map(({ name }) => name)) }, book.add);
  for (const scope of all) {
    // A service that sets nothing has the values of main.cf, which have been read.
    if (scope.set.size === 0 && scope.settings !== settings) continue;
    readEveryValue(scope.settings, unknown);
    crossCheck(scope.settings, book.add);
  }
  return {
    directory: absolute,
    settings,
    defaults: defaultSettings(absolute),
    services: listeners,
    transports,
    spawns,
    agents,
    unknown,
    complaints: book.all(),
  };
}

/** Whether the gateway must not start. */
export function hasErrors(configuration: Configuration): boolean {
  return configuration.complaints.some(({ severity }) => severity === 'error');
}

function defaultSettings(directory: string): Settings {
  const nothing = new Map<string, Assignment>();
  return readSettings({
    directory,
    main: nothing,
    overrides: nothing,
    program: 'postconf',
    service: '',
    complain: () => {},
  });
}

function readMain(directory: string): string {
  const file = join(directory, MAIN);
  try {
    return decodeOctets(readFileSync(file));
  } catch (error) {
    throw new Error(`cannot read "${file}": ${reason(error)}; a configuration directory has a main.cf`, {
      cause: error,
    });
  }
}

function readMaster(directory: string, complain: Complain): MasterEntry[] {
  try {
    return parseMasterCf(decodeOctets(readFileSync(join(directory, MASTER))), MASTER, complain);
  } catch (error) {
    complain({
      source: { file: MASTER, line: 0 },
      severity: 'error',
      problem: `cannot be read: ${reason(error)}`,
      remedy: 'write a master.cf with a line for each listener, such as: smtp inet n - n - - smtpd',
    });
    return [];
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.replace(/, \w+ '.*'$/, '') : String(error);
}

/**
 * What the lines of master.cf are to the gateway, by program: listeners, clients that carry mail on, commands that are
 * run on demand, and Postfix's own daemons, which are left out with a note. `Postfix: master(5)`.
 */
import { changesMail } from './cleanup-services.ts';
import type { Complain, Complaint } from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { isDisabled } from './endpoints.ts';
import { listener, screen } from './listeners.ts';
import type { MasterEntry } from './master-cf.ts';
import {
  about,
  type Program,
  type Scope,
  type Services,
  type SettingsFor,
  type Spawn,
  type Transport,
} from './services.ts';
import type { Settings } from './settings.ts';
import { spawn } from './spawns.ts';
import { addStandardTransports, transport } from './transports.ts';

const programs: ReadonlyMap<string, Program> = new Map([
  ['smtpd', listener('smtpd')],
  ['policy', listener('policy')],
  ['admin', listener('admin')],
  ['smtp', transport('smtp')],
  ['lmtp', transport('lmtp')],
  ['spawn', spawn],
  ['postscreen', screen],
]);

/** Postfix's daemons that a gateway does without, and why. */
const ignoredPrograms: ReadonlyMap<string, string> = new Map([
  ['pickup', 'there is no local submission'],
  ['cleanup', 'the gateway checks and rewrites mail itself'],
  ['qmgr', 'there is no queue'],
  ['nqmgr', 'there is no queue'],
  ['oqmgr', 'there is no queue'],
  ['bounce', 'there is no queue'],
  ['flush', 'there is no queue'],
  ['showq', 'there is no queue'],
  ['error', 'there is no queue'],
  ['discard', 'there is no queue'],
  ['scache', 'the gateway keeps its connections itself'],
  ['trivial-rewrite', 'the gateway finds routes itself'],
  ['verify', 'the gateway verifies addresses itself'],
  ['anvil', 'the gateway counts itself'],
  ['tlsmgr', 'TLS needs no process of its own'],
  ['tlsproxy', 'TLS needs no process of its own'],
  ['dnsblog', 'the gateway asks the DNS itself'],
  ['proxymap', 'the gateway reads tables itself'],
  ['postlogd', 'the gateway logs itself'],
  ['local', 'no mail is delivered on this host'],
  ['virtual', 'no mail is delivered on this host'],
  ['pipe', 'no mail is delivered on this host'],
  ['qmqpd', 'QMQP is not spoken'],
]);

/** Those that deliver mail, and that other places may name as a transport. */
const POSTFIX_AGENTS = ['local', 'virtual', 'pipe'];

/** Sorts the lines of master.cf into what the gateway has. */
export function sortServices(
  entries: readonly MasterEntry[],
  main: Settings,
  settingsFor: SettingsFor,
  complain: Complain,
): Services {
  const unique = withoutRepetitions(entries, complain);
  const found = {
    listeners: [],
    transports: new Map<string, Transport>(),
    spawns: new Map<string, Spawn>(),
    agents: new Map(POSTFIX_AGENTS.map((name) => [name, name])),
  };
  const scopes: Scope[] = [];
  for (const entry of unique.values()) {
    if (isDisabled(entry.name, entry.type, main.master_service_disable)) {
      complain(about(entry, 'note', `service ${entry.name} is switched off`, 'see master_service_disable'));
      continue;
    }
    const program = programs.get(entry.program);
    if (program === undefined) {
      if (!changesMail(entry)) complain(withoutProgram(entry));
      if (POSTFIX_AGENTS.includes(entry.program)) found.agents.set(entry.name, entry.program);
      continue;
    }
    const settings = settingsFor(entry.program, entry.name, entry.overrides);
    scopes.push({ set: entry.overrides, settings });
    program({ entry, settings, settingsFor, complain, found, entries: unique });
  }
  addStandardTransports(found.transports, settingsFor);
  return { ...found, scopes };
}

/** The lines by name and type, the first of equal ones. */
function withoutRepetitions(entries: readonly MasterEntry[], complain: Complain): Map<string, MasterEntry> {
  const unique = new Map<string, MasterEntry>();
  for (const entry of entries) {
    const key = `${entry.name}/${entry.type}`;
    const earlier = unique.get(key);
    if (earlier === undefined) unique.set(key, entry);
    else {
      const problem = `service ${entry.name} of type ${entry.type} stands in line ${earlier.source.line} already`;
      complain(about(entry, 'error', problem, 'remove one of them'));
    }
  }
  return unique;
}

/** A line whose program the gateway does not have. */
function withoutProgram(entry: MasterEntry): Complaint {
  const why = ignoredPrograms.get(entry.program);
  if (why !== undefined) return about(entry, 'note', `service ${entry.name} is ignored: ${why}`, '');
  const meant = didYouMean(entry.program, [...programs.keys(), ...ignoredPrograms.keys()]);
  return about(
    entry,
    entry.type === 'inet' ? 'error' : 'warning',
    `service ${entry.name}: there is no program ${entry.program}`,
    meant === undefined ? `write one of ${[...programs.keys()].join(', ')}` : `did you mean ${meant}?`,
  );
}

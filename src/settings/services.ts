/**
 * What the lines of master.cf are to the gateway: listeners (smtpd, policy, admin), clients that carry mail to a next
 * hop (smtp, lmtp), policy servers that are started on demand (spawn), and Postfix's own daemons, which are left out
 * with a note. `Postfix: master(5), spawn(8)`.
 */
import { builtIn, type Source } from '../mail/source.ts';
import type { Complain } from './complaint.ts';
import { didYouMean } from './did-you-mean.ts';
import { type Endpoint, inetEndpoints, isDisabled, unixEndpoint } from './endpoints.ts';
import type { Assignment } from './main-cf.ts';
import type { MasterEntry } from './master-cf.ts';
import { parameters } from './parameters.ts';
import type { Settings } from './settings.ts';
import { SourceText } from './source-text.ts';

/** A listener. */
export interface Service {
  /** As in master.cf: `smtp`, `submission`, `127.0.0.1:10025`. */
  readonly name: string;
  readonly program: 'smtpd' | 'policy' | 'admin';
  readonly listen: readonly Endpoint[];
  /** The most connections at a time; 0 is no limit. */
  readonly maxConnections: number;
  readonly settings: Settings;
  /** The same settings with `stress = yes`, for while all connections are in use. `Postfix: STRESS_README`. */
  readonly stressed: Settings;
  readonly source: Source;
}

/** A client that carries mail to a next hop. */
export interface Transport {
  readonly name: string;
  readonly program: 'smtp' | 'lmtp';
  /** The most sessions at a time; 0 is no limit. */
  readonly maxConnections: number;
  readonly settings: Settings;
  readonly source: Source;
}

/** A command that is run for each connection, its standard input and output being the connection. */
export interface Spawn {
  readonly name: string;
  /** Where others find it in Postfix: `private/spf`, or a port. */
  readonly listen: readonly Endpoint[];
  readonly user: string;
  /** Undefined: the user's own. */
  readonly group: string | undefined;
  readonly command: readonly string[];
  /** NAME_time_limit. */
  readonly timeLimitMs: number;
  /** The most commands at a time; 0 is no limit. */
  readonly maxConnections: number;
  readonly settings: Settings;
  readonly source: Source;
}

export interface Services {
  readonly listeners: readonly Service[];
  readonly transports: ReadonlyMap<string, Transport>;
  readonly spawns: ReadonlyMap<string, Spawn>;
  /** The settings of every line that counts, for checks. */
  readonly scopes: readonly { readonly set: ReadonlyMap<string, Assignment>; readonly settings: Settings }[];
}

/** Makes the settings of one line. */
export type SettingsFor = (
  program: string,
  name: string,
  overrides: ReadonlyMap<string, Assignment>,
) => Settings;

/** What a line is worked into. */
interface Work {
  readonly entry: MasterEntry;
  readonly settings: Settings;
  readonly settingsFor: SettingsFor;
  readonly complain: Complain;
  readonly found: { listeners: Service[]; transports: Map<string, Transport>; spawns: Map<string, Spawn> };
  /** All lines, by name and type. */
  readonly entries: ReadonlyMap<string, MasterEntry>;
}

type Program = (work: Work) => void;

const programs: Readonly<Record<string, Program>> = {
  smtpd: listener('smtpd'),
  policy: listener('policy'),
  admin: listener('admin'),
  smtp: transport('smtp'),
  lmtp: transport('lmtp'),
  relay: transport('smtp'),
  spawn,
  postscreen: screen,
};

/** Postfix's daemons that a gateway does without, and why. */
const ignoredPrograms: Readonly<Record<string, string>> = {
  pickup: 'there is no local submission',
  cleanup: 'the gateway checks and rewrites mail itself',
  qmgr: 'there is no queue',
  nqmgr: 'there is no queue',
  oqmgr: 'there is no queue',
  bounce: 'there is no queue',
  flush: 'there is no queue',
  showq: 'there is no queue',
  error: 'there is no queue',
  discard: 'there is no queue',
  scache: 'the gateway keeps its connections itself',
  'trivial-rewrite': 'the gateway finds routes itself',
  verify: 'the gateway verifies addresses itself',
  anvil: 'the gateway counts itself',
  tlsmgr: 'TLS needs no process of its own',
  tlsproxy: 'TLS needs no process of its own',
  dnsblog: 'the gateway asks the DNS itself',
  proxymap: 'the gateway reads tables itself',
  postlogd: 'the gateway logs itself',
  local: 'no mail is delivered on this host',
  virtual: 'no mail is delivered on this host',
  pipe: 'no mail is delivered on this host',
  qmqpd: 'QMQP is not spoken',
};

/** Sorts the lines of master.cf into what the gateway has. */
export function sortServices(
  entries: readonly MasterEntry[],
  main: Settings,
  settingsFor: SettingsFor,
  complain: Complain,
): Services {
  const unique = withoutRepetitions(entries, complain);
  const found = { listeners: [], transports: new Map<string, Transport>(), spawns: new Map<string, Spawn>() };
  const scopes: { set: ReadonlyMap<string, Assignment>; settings: Settings }[] = [];
  for (const entry of unique.values()) {
    if (isDisabled(entry.name, entry.type, main.master_service_disable)) {
      complain(note(entry, `service ${entry.name} is switched off`, 'see master_service_disable'));
      continue;
    }
    const program = programs[entry.program];
    if (program === undefined) {
      complain(withoutProgram(entry));
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
      complain({ ...note(entry, problem, 'remove one of them'), severity: 'error' });
    }
  }
  return unique;
}

function listener(program: Service['program']): Program {
  return (work) => {
    const { entry, settings, complain, found } = work;
    if (entry.type === 'pass') {
      complain(note(entry, `service ${entry.name} only listens behind postscreen`, ''));
      return;
    }
    refuseArguments(work);
    const listen = endpoints(work);
    if (listen.length === 0) return;
    complainOfSharedPlaces(entry, listen, found.listeners, complain);
    found.listeners.push(newService(work, program, entry, settings, listen));
  };
}

function newService(
  { settingsFor }: Work,
  program: Service['program'],
  entry: MasterEntry,
  settings: Settings,
  listen: readonly Endpoint[],
): Service {
  let stressed: Settings | undefined;
  return {
    name: entry.name,
    program,
    listen,
    maxConnections: entry.maxConnections,
    settings,
    get stressed() {
      stressed ??= settingsFor(program, entry.name, withStress(entry));
      return stressed;
    },
    source: entry.source,
  };
}

function withStress({ overrides, source }: MasterEntry): Map<string, Assignment> {
  const stress = { name: 'stress', value: SourceText.of('yes', source), source };
  return new Map([...overrides, ['stress', stress]]);
}

/**
 * postscreen in front of smtpd: the gateway listens in its place with the settings of the smtpd line behind it.
 * Its tests are not made; block lists, greeting and greylisting are restrictions here.
 */
function screen(work: Work): void {
  const { entry, settings, settingsFor, complain, found, entries } = work;
  const behind = entries.get(`${settings.smtpd_service_name}/pass`);
  if (behind === undefined) {
    const remedy = `add a line for ${settings.smtpd_service_name} of type pass, or write smtpd in place of postscreen`;
    complain({ ...note(entry, 'postscreen has no smtpd behind it', remedy), severity: 'error' });
    return;
  }
  const listen = endpoints(work);
  if (listen.length === 0) return;
  complain({
    ...note(
      entry,
      'smtpd listens here in place of postscreen, whose tests are not made',
      'see reject_dnsbl_score and check_greylist',
    ),
    severity: 'warning',
  });
  const inherited = settingsFor('smtpd', entry.name, screenOverrides(entry, behind, settings));
  found.listeners.push(
    newService(work, 'smtpd', { ...behind, name: entry.name, source: entry.source }, inherited, listen),
  );
}

/** A proxy in front of postscreen is one in front of smtpd now. */
function screenOverrides(
  entry: MasterEntry,
  behind: MasterEntry,
  settings: Settings,
): Map<string, Assignment> {
  const proxy: Assignment[] = ['protocol', 'timeout'].map((what) => ({
    name: `smtpd_upstream_proxy_${what}`,
    value: SourceText.of(settings.text(`postscreen_upstream_proxy_${what}`) ?? '', entry.source),
    source: entry.source,
  }));
  return new Map([...proxy.map((assignment) => [assignment.name, assignment] as const), ...behind.overrides]);
}

function endpoints({ entry, settings, complain }: Work): readonly Endpoint[] {
  if (entry.type === 'unix') return [unixEndpoint(entry.name, entry.private, settings)];
  if (entry.type !== 'inet') {
    complain({
      ...note(entry, `service ${entry.name} cannot listen as type ${entry.type}`, 'write inet or unix'),
      severity: 'error',
    });
    return [];
  }
  const places = inetEndpoints(entry.name, settings);
  if (Array.isArray(places)) return places;
  if ('problem' in places) complain({ source: entry.source, severity: 'error', ...places });
  return [];
}

function complainOfSharedPlaces(
  entry: MasterEntry,
  listen: readonly Endpoint[],
  others: readonly Service[],
  complain: Complain,
): void {
  const taken = new Map(
    others.flatMap((other) => other.listen.map((place) => [JSON.stringify(place), other])),
  );
  for (const place of listen) {
    const other = taken.get(JSON.stringify(place));
    if (other === undefined) continue;
    const problem = `service ${entry.name} listens where ${other.name} (line ${other.source.line}) does`;
    complain({ ...note(entry, problem, 'change one of them'), severity: 'error' });
    return;
  }
}

function transport(program: Transport['program']): Program {
  return (work) => {
    const { entry, settings, complain, found } = work;
    if (entry.type !== 'unix') {
      const remedy = entry.type === 'inet' ? 'write unix, or smtpd when it is to listen' : 'write unix';
      complain({
        ...note(entry, `${entry.program} is a client, which cannot be of type ${entry.type}`, remedy),
        severity: 'error',
      });
      return;
    }
    refuseArguments(work);
    const { name, maxConnections, source } = entry;
    found.transports.set(name, { name, program, maxConnections, settings, source });
  };
}

/** Mail can go by SMTP and LMTP though master.cf does not say so. */
function addStandardTransports(transports: Map<string, Transport>, settingsFor: SettingsFor): void {
  for (const [name, program] of [
    ['smtp', 'smtp'],
    ['relay', 'smtp'],
    ['lmtp', 'lmtp'],
  ] as const) {
    if (transports.has(name)) continue;
    const settings = settingsFor(program, name, new Map());
    transports.set(name, { name, program, maxConnections: 0, settings, source: builtIn });
  }
}

/** `user=nobody:nogroup argv=/usr/bin/perl script`. `Postfix: spawn(8)`. */
function spawn(work: Work): void {
  const { entry, settings, complain, found } = work;
  const words = entry.arguments.map(({ text }) => text);
  const commandAt = words.findIndex((word) => word.startsWith('argv='));
  const attributes = words.slice(0, commandAt < 0 ? words.length : commandAt);
  const user = attributes.findLast((word) => word.startsWith('user='))?.slice('user='.length) ?? '';
  const odd = attributes.find((word) => !word.startsWith('user='));
  if (commandAt < 0 || user === '' || odd !== undefined) {
    const problem =
      odd === undefined
        ? `spawn service ${entry.name} lacks user= or argv=`
        : `spawn service ${entry.name}: "${odd}" is unknown`;
    complain({ ...note(entry, problem, 'write user=NAME argv=COMMAND ARGUMENTS'), severity: 'error' });
    return;
  }
  const [owner = '', group] = user.split(':');
  const command = [words[commandAt]?.slice('argv='.length) ?? '', ...words.slice(commandAt + 1)];
  found.spawns.set(entry.name, {
    name: entry.name,
    listen: endpoints(work),
    user: owner,
    group,
    command,
    timeLimitMs: timeLimit(work),
    maxConnections: entry.maxConnections,
    settings,
    source: entry.source,
  });
}

function timeLimit({ entry, settings, complain }: Work): number {
  const name = `${entry.name}_time_limit`;
  if (!settings.isSet(name)) return settings.command_time_limit;
  const reading = parameters.command_time_limit.read(settings.text(name) ?? '');
  if ('value' in reading) return reading.value;
  const problem = `${name} = ${settings.text(name)}: cannot be read`;
  complain({
    source: settings.sourceOf(name),
    severity: 'error',
    problem,
    remedy: `write ${reading.wanted}`,
  });
  return settings.command_time_limit;
}

/** smtpd and its like take options alone. */
function refuseArguments({ entry, complain }: Work): void {
  const extra = entry.arguments[0];
  if (extra === undefined) return;
  complain({
    source: extra.sourceAt(0),
    severity: 'error',
    problem: `service ${entry.name}: "${extra.text}" is no option of ${entry.program}`,
    remedy: 'a value with blanks is written -o { name = value }',
  });
}

function withoutProgram(entry: MasterEntry) {
  const why = ignoredPrograms[entry.program];
  if (why !== undefined) return note(entry, `service ${entry.name} is ignored: ${why}`, '');
  const meant = didYouMean(entry.program, [...Object.keys(programs), ...Object.keys(ignoredPrograms)]);
  return {
    source: entry.source,
    severity: entry.type === 'inet' ? ('error' as const) : ('warning' as const),
    problem: `service ${entry.name}: there is no program ${entry.program}`,
    remedy:
      meant === undefined ? `write one of ${Object.keys(programs).join(', ')}` : `did you mean ${meant}?`,
  };
}

function note(entry: MasterEntry, problem: string, remedy: string) {
  return { source: entry.source, severity: 'note' as const, problem, remedy };
}

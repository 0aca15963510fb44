/**
 * Lines of master.cf that listen: smtpd, policy and admin, and smtpd behind postscreen.
 * `Postfix: master(5), POSTSCREEN_README`.
 */
import { cleanupSettings } from './cleanup-services.ts';
import type { Complain } from './complaint.ts';
import { type Endpoint, inetEndpoints, unixEndpoint } from './endpoints.ts';
import type { Assignment } from './main-cf.ts';
import type { MasterEntry } from './master-cf.ts';
import {
  about,
  type Program,
  refuseArguments,
  type Service,
  type StressedSettings,
  type Work,
} from './services.ts';
import type { Settings } from './settings.ts';
import { SourceText } from './source-text.ts';

/** What `listen` is for the gateway: a door for mail, for policy questions, or for the browser. */
export function listener(program: Service['program']): Program {
  return (work) => {
    const { entry, settings, complain, found } = work;
    if (entry.type === 'pass') {
      complain(about(entry, 'note', `service ${entry.name} only listens behind postscreen`, ''));
      return;
    }
    refuseArguments(work);
    const listen = listenAt(work);
    if (listen.length === 0) return;
    complainOfSharedPlaces(entry, listen, found.listeners, complain);
    found.listeners.push(newService(work, program, entry, settings, listen));
  };
}

function newService(
  work: Work,
  program: Service['program'],
  entry: MasterEntry,
  settings: Settings,
  listen: readonly Endpoint[],
  screen?: StressedSettings,
): Service {
  const own = underStress(settings, () => work.settingsFor(program, entry.name, withStress(entry)));
  return {
    name: entry.name,
    program,
    listen,
    maxConnections: entry.maxConnections,
    settings,
    get stressed() {
      return own.stressed;
    },
    cleanup: program === 'smtpd' ? cleanupSettings(work, entry, settings) : settings,
    screen,
    source: entry.source,
  };
}

/** The settings of a line, and those for while it is under stress, read when they are first wanted. */
function underStress(settings: Settings, read: () => Settings): StressedSettings {
  let stressed: Settings | undefined;
  return {
    settings,
    get stressed() {
      stressed ??= read();
      return stressed;
    },
  };
}

function withStress({ overrides, source }: MasterEntry): Map<string, Assignment> {
  const stress = { name: 'stress', value: SourceText.of('yes', source), source };
  return new Map([...overrides, ['stress', stress]]);
}

/**
 * postscreen in front of smtpd: the gateway listens in its place, makes its tests before the greeting by the settings of
 * the postscreen line, and goes on with those of the smtpd line behind it.
 */
export function screen(work: Work): void {
  const { entry, settings, settingsFor, complain, found, entries } = work;
  const behind = entries.get(`${settings.smtpd_service_name}/pass`);
  if (behind === undefined) {
    const remedy = `add a line for ${settings.smtpd_service_name} of type pass, or write smtpd in place of postscreen`;
    complain(about(entry, 'error', 'postscreen has no smtpd behind it', remedy));
    return;
  }
  const listen = listenAt(work);
  if (listen.length === 0) return;
  complainOfSharedPlaces(entry, listen, found.listeners, complain);
  complainOfLateTests(work);
  const overrides = screenOverrides(entry, behind, settings);
  const inherited = settingsFor('smtpd', entry.name, overrides);
  if (inherited.smtpd_tls_wrappermode) {
    const problem =
      'postscreen cannot stand in front of smtpd_tls_wrappermode = yes: there the client speaks first';
    complain(about(entry, 'error', problem, 'write smtpd in place of postscreen'));
  }
  const inFront = { ...behind, name: entry.name, source: entry.source, overrides };
  const tests = underStress(settings, () => settingsFor('postscreen', entry.name, withStress(entry)));
  found.listeners.push(newService(work, 'smtpd', inFront, inherited, listen, tests));
}

/** Tests that would make every newcomer come back. `Postfix: POSTSCREEN_README, "Tests after the 220 greeting"`. */
const LATE_TESTS = ['bare_newline', 'non_smtp_command', 'pipelining'].map(
  (test) => `postscreen_${test}_enable`,
);

function complainOfLateTests({ entry, settings, complain }: Work): void {
  const wanted = LATE_TESTS.filter((name) => settings.text(name) === 'yes');
  if (wanted.length === 0) return;
  const problem = `${wanted.join(', ')}: the tests of postscreen after the greeting are not made`;
  complain(
    about(
      entry,
      'warning',
      problem,
      'see reject_unauth_pipelining, smtpd_forbid_bare_newline and check_greylist',
    ),
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

/** Where a line listens; none when that cannot be, with a complaint. */
export function listenAt({ entry, settings, complain }: Work): readonly Endpoint[] {
  if (entry.type === 'unix') return [unixEndpoint(entry.name, entry.private, settings)];
  if (entry.type !== 'inet') {
    complain(
      about(
        entry,
        'error',
        `service ${entry.name} cannot listen as type ${entry.type}`,
        'write inet or unix',
      ),
    );
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
    complain(about(entry, 'error', problem, 'change one of them'));
    return;
  }
}

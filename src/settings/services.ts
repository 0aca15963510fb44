/** The words for what master.cf has to offer: listeners, clients that carry mail on, and commands run on demand. */
import type { Source } from '../mail/source.ts';
import type { Complain, Complaint } from './complaint.ts';
import type { Endpoint } from './endpoints.ts';
import { leftOutRemedy } from './left-out.ts';
import type { Assignment } from './main-cf.ts';
import type { MasterEntry } from './master-cf.ts';
import type { Settings } from './settings.ts';

/** The settings of a line of master.cf. */
export interface StressedSettings {
  readonly settings: Settings;
  /** The same with `stress = yes`, for while all connections are in use. `Postfix: STRESS_README`. */
  readonly stressed: Settings;
}

/** A listener. */
export interface Service extends StressedSettings {
  /** As in master.cf: `smtp`, `submission`, `127.0.0.1:10025`. */
  readonly name: string;
  readonly program: 'smtpd' | 'policy' | 'admin';
  readonly listen: readonly Endpoint[];
  /** The most connections at a time; 0 is no limit. */
  readonly maxConnections: number;
  /** The same settings with what its cleanup service changes: what is done to its mail. */
  readonly cleanup: Settings;
  /** Of the postscreen in front of it; undefined: there is none. */
  readonly screen: StressedSettings | undefined;
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

/** The settings of one place that sets something: main.cf, or a line of master.cf. */
export interface Scope {
  readonly set: ReadonlyMap<string, Assignment>;
  readonly settings: Settings;
}

export interface Services {
  readonly listeners: readonly Service[];
  readonly transports: ReadonlyMap<string, Transport>;
  readonly spawns: ReadonlyMap<string, Spawn>;
  /** Delivery agents of Postfix that the gateway does not have, by name: the programs. */
  readonly agents: ReadonlyMap<string, string>;
  /** The settings of every line that counts, for checks. */
  readonly scopes: readonly Scope[];
}

/** Makes the settings of one line. */
export type SettingsFor = (
  program: string,
  name: string,
  overrides: ReadonlyMap<string, Assignment>,
) => Settings;

/** A line of master.cf, and where to put what it makes. */
export interface Work {
  readonly entry: MasterEntry;
  readonly settings: Settings;
  readonly settingsFor: SettingsFor;
  readonly complain: Complain;
  readonly found: { listeners: Service[]; transports: Map<string, Transport>; spawns: Map<string, Spawn> };
  /** All lines, by name and type. */
  readonly entries: ReadonlyMap<string, MasterEntry>;
}

/** Makes of a line what its program is to the gateway. */
export type Program = (work: Work) => void;

/** smtpd and its like take options alone. */
export function refuseArguments({ entry, complain }: Work): void {
  const extra = entry.arguments[0];
  if (extra === undefined) return;
  complain({
    source: extra.sourceAt(0),
    severity: 'error',
    problem: `service ${entry.name}: "${extra.text}" is no option of ${entry.program}`,
    remedy: leftOutRemedy(extra.text) ?? 'a value with blanks is written -o { name = value }',
  });
}

/** A complaint about a line. */
export function about(
  { source }: MasterEntry,
  severity: Complaint['severity'],
  problem: string,
  remedy: string,
): Complaint {
  return { source, severity, problem, remedy };
}

/**
 * Virus scanning, from settings. All services of a process share the connections to clamd. The other processes have
 * theirs: clamav_max_connections is divided among them. clamav_timeout must end before the client's patience.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type ClamdAddress, parseClamdAddress } from '../content/clamav/clamd-address.ts';
import { ClamdPool } from '../content/clamav/clamd-pool.ts';
import { LateResults } from '../content/clamav/late-results.ts';
import { Scanner } from '../content/clamav/scanner.ts';
import { VirusActions } from '../content/clamav/virus-actions.ts';
import { VirusCheck } from '../content/clamav/virus-check.ts';
import { VirusCommand } from '../content/clamav/virus-command.ts';
import { ownFieldNames } from '../content/clamav/virus-fields.ts';
import { isHeaderText } from '../content/mime/header-name.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { Log } from '../record/log.ts';
import type { Complain } from '../settings/complaint.ts';
import type { ParameterName } from '../settings/parameters.ts';
import type { Settings } from '../settings/settings.ts';
import type { Openers } from './openers.ts';
import type { World } from './world.ts';

/** Content inspection as a whole waits a little longer than this. */
const LONGEST_TIMEOUT_MS = 230_000;
/** The command hears of a mail in quarantine as soon as it is there. */
const KEEPING_MS = 60_000;

/** The scanners of a process: one for all services that want the same. */
export class Scanners {
  readonly #log: Log;
  readonly #made = new Map<string, Scanner>();

  constructor(log: Log) {
    this.#log = log;
  }

  scanner(settings: Settings, addresses: readonly ClamdAddress[]): Scanner {
    const { clamav_timeout, clamav_max_connections, clamav_max_size, data_directory } = settings;
    const key = JSON.stringify([addresses, clamav_timeout, clamav_max_connections, clamav_max_size]);
    const known = this.#made.get(key);
    if (known) return known;
    const maxConnections = Math.max(1, Math.floor(clamav_max_connections / settings.worker_processes));
    const scanner = new Scanner({
      pool: new ClamdPool({ addresses, maxConnections, log: this.#log }),
      late: new LateResults(join(data_directory, 'scans')),
      timeoutMs: Math.min(clamav_timeout, LONGEST_TIMEOUT_MS),
      maxSizeBytes: clamav_max_size,
      maxLate: Math.ceil(maxConnections / 2),
      log: this.#log,
    });
    this.#made.set(key, scanner);
    return scanner;
  }

  close(): void {
    for (const scanner of this.#made.values()) scanner.close();
  }
}

export interface ClamavNeeds {
  readonly openers: Openers;
  readonly scanners: Scanners;
  readonly quarantine: Quarantine;
  /** Where the mail goes, for clamav_virus_command; empty where that is not one place. */
  readonly nextHop: string;
  readonly log: Log;
  readonly complain: Complain;
  readonly world: World | undefined;
}

export interface ClamavParts {
  readonly check: VirusCheck;
  /** Whether a header of the message speaks in our name. */
  isOwnField(header: { readonly name: string }): boolean;
}

/** Undefined: clamav_socket is empty. */
export function assembleClamav(needs: ClamavNeeds): ClamavParts | undefined {
  const { openers, scanners, log } = needs;
  const { settings } = openers;
  const addresses = addressesOf(needs);
  if (addresses.length === 0 || needs.world?.asksOthers === false) return undefined;
  const from = (name: ParameterName) => settings.sourceOf(name);
  const check = new VirusCheck({
    scanner: scanners.scanner(settings, addresses),
    actions: new VirusActions({
      action: { kind: settings.clamav_action, source: from('clamav_action') },
      heuristicAction: { kind: settings.clamav_heuristic_action, source: from('clamav_heuristic_action') },
      maps: openers.maps('clamav_action_maps'),
      log,
    }),
    header: headerOf(needs),
    onFailure: settings.clamav_failure_action,
    onOversize: { kind: settings.clamav_oversize_action, source: from('clamav_oversize_action') },
    command: needs.world ? undefined : commandOf(needs),
    log,
  });
  const own = ownFieldNames(settings.clamav_header);
  return { check, isOwnField: ({ name }) => own.has(name) };
}

function addressesOf({ openers, complain }: ClamavNeeds): ClamdAddress[] {
  return openers.settings.tokens('clamav_socket').flatMap(({ text, source }) => {
    try {
      return [parseClamdAddress(text)];
    } catch (error) {
      const problem = `clamav_socket: ${(error as Error).message}`;
      complain({ source, severity: 'error', problem, remedy: '' });
      return [];
    }
  });
}

function headerOf({ openers, complain }: ClamavNeeds): string {
  const { clamav_header: header } = openers.settings;
  if (header.trim() === '' || isHeaderText(header)) return header;
  complain({
    source: openers.settings.sourceOf('clamav_header'),
    severity: 'error',
    problem: `clamav_header: "${header}" is no header`,
    remedy: 'it should be a name, a colon and a text, such as X-Virus-Scanned: ClamAV',
  });
  return '';
}

function commandOf({ openers, quarantine, nextHop, log, complain }: ClamavNeeds): VirusCommand | undefined {
  const { settings } = openers;
  const [program, ...args] = settings.clamav_virus_command.split(/\s+/).filter((word) => word !== '');
  if (program === undefined) return undefined;
  if (!program.startsWith('/') || !existsSync(program)) {
    complain({
      source: settings.sourceOf('clamav_virus_command'),
      severity: 'warning',
      problem: `clamav_virus_command: there is no program "${program}"`,
      remedy: 'it should begin with the whole path of a program, which no shell reads',
    });
    return undefined;
  }
  return new VirusCommand({
    command: [program, ...args],
    server: nextHop,
    keptAt: (id) => quarantine.whenKept(id, KEEPING_MS),
    log,
  });
}

/**
 * The policy services of a process, from settings. Parameters: smtpd_policy_service_*, and the attributes of
 * `check_policy_service { inet:host:port, timeout=10s, default_action=DUNNO }`. `Postfix: SMTPD_POLICY_README`.
 * A service that a spawn line of master.cf defines is a command that is started for each connection. In place of the
 * well-known SPF scripts the gateway's own check answers; only an installed policyd-spf (Python) runs, because it has a
 * configuration of its own that would be passed over otherwise.
 */
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Source } from '../mail/source.ts';
import { type PolicyAddress, parsePolicyAddress } from '../policy/policy-address.ts';
import { PolicyClient, type PolicyClientOptions } from '../policy/policy-client.ts';
import type { PolicyService } from '../policy/policy-service.ts';
import { spawnSocket } from '../policy/spawn-socket.ts';
import type { Log } from '../record/log.ts';
import type { PolicyTarget } from '../restrictions/sources.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Reading } from '../settings/kinds.ts';
import { parameters } from '../settings/parameters.ts';
import type { Spawn } from '../settings/services.ts';
import type { Settings } from '../settings/settings.ts';
import { SourceText } from '../settings/source-text.ts';
import { findUser } from '../settings/system-users.ts';
import { braceAttribute, insideBraces, splitTokens } from '../settings/tokens.ts';

/** What one service can be told apart from all others. */
interface Attributes {
  readonly timeout: number;
  readonly max_idle: number;
  readonly max_ttl: number;
  readonly request_limit: number;
  readonly try_limit: number;
  readonly retry_delay: number;
  readonly default_action: string;
  readonly policy_context: string;
}

const READ: { [name in keyof Attributes]: (text: string) => Reading<Attributes[name]> } = {
  timeout: parameters.smtpd_policy_service_timeout.read,
  max_idle: parameters.smtpd_policy_service_max_idle.read,
  max_ttl: parameters.smtpd_policy_service_max_ttl.read,
  request_limit: parameters.smtpd_policy_service_request_limit.read,
  try_limit: parameters.smtpd_policy_service_try_limit.read,
  retry_delay: parameters.smtpd_policy_service_retry_delay.read,
  default_action: parameters.smtpd_policy_service_default_action.read,
  policy_context: parameters.smtpd_policy_service_policy_context.read,
};

/** Of Mail::SPF and its forerunners, without a configuration. */
const SPF_IN_PERL = /^(?:postfix-)?policyd-spf(?:-perl|\.pl|-perl\.pl)$|^spf(?:-policy)?\.pl$/i;
/** Of pypolicyd-spf. */
const SPF_IN_PYTHON = /^(?:postfix-)?policyd-spf(?:-python)?(?:\.py)?$/i;

export class PolicyServices {
  readonly #configuration: Configuration;
  readonly #log: Log;
  readonly #clients = new Map<string, PolicyClient>();

  constructor(configuration: Configuration, log: Log) {
    this.#configuration = configuration;
    this.#log = log;
  }

  /** The service that stands behind check_policy_service. Throws a RangeError that says what is wrong. */
  open(spec: string, source: Source, settings: Settings, complain: Complain): PolicyTarget {
    const { name, attributes } = readSpec(spec, settings);
    const address = parsePolicyAddress(name, {
      queueDirectory: settings.queue_directory,
      knownPorts: settings.known_tcp_ports,
    });
    const spawn = this.#spawnAt(address);
    if (spawn && isSpfScript(spawn)) {
      const problem = `service ${spawn.name} of master.cf is an SPF script: the gateway checks SPF itself in its place`;
      complain({
        source,
        severity: 'note',
        problem,
        remedy: 'reject_spf_fail does the same without a service',
      });
      return { builtIn: 'spf' };
    }
    const missing = spawn && (missingProgram(spawn) ?? missingUser(spawn));
    if (spawn && missing !== undefined) {
      throw new RangeError(`"${name}": ${missing} does not exist (service ${spawn.name} of master.cf)`);
    }
    const reached: PolicyAddress = spawn
      ? { kind: 'unix', path: spawnSocket(this.#configuration.settings.data_directory, spawn.name) }
      : address;
    return { service: this.#client(name, reached, attributes, settings) };
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  /** Services of one kind share their connections, whoever asks. */
  #client(name: string, address: PolicyAddress, attributes: Attributes, settings: Settings): PolicyService {
    const utf8 = settings.smtputf8_enable;
    const key = JSON.stringify([name, address, attributes, utf8]);
    const known = this.#clients.get(key);
    if (known) return known;
    const client = new PolicyClient({ name, address, utf8, log: this.#log, ...clientOptions(attributes) });
    this.#clients.set(key, client);
    return client;
  }

  /** The spawn line that listens there in Postfix. */
  #spawnAt(address: PolicyAddress): Spawn | undefined {
    const wanted = JSON.stringify(placeOf(address));
    for (const spawn of this.#configuration.spawns.values()) {
      if (spawn.listen.some((place) => JSON.stringify(placeOf(place)) === wanted)) return spawn;
    }
    return undefined;
  }
}

function clientOptions(of: Attributes): Omit<PolicyClientOptions, 'name' | 'address' | 'utf8' | 'log'> {
  return {
    timeoutMs: of.timeout,
    limits: { maxIdleMs: of.max_idle, maxAgeMs: of.max_ttl, requestLimit: of.request_limit },
    tryLimit: of.try_limit,
    retryDelayMs: of.retry_delay,
    defaultAction: of.default_action,
    policyContext: of.policy_context,
  };
}

function placeOf(address: PolicyAddress): unknown[] {
  if (address.kind === 'unix') return [address.path];
  return [address.host === 'localhost' ? '127.0.0.1' : address.host, address.port];
}

/** A script whose work the gateway does: nothing is lost when it does not run. */
function isSpfScript(spawn: Spawn): boolean {
  const names = spawn.command.slice(0, 2).map((word) => basename(word));
  if (names.some((name) => SPF_IN_PERL.test(name))) return true;
  return missingProgram(spawn) !== undefined && names.some((name) => SPF_IN_PYTHON.test(name));
}

/** The program of a spawn line that is not there: the command itself, or the script that an interpreter is given. */
function missingProgram({ command }: Spawn): string | undefined {
  return command
    .slice(0, 2)
    .find((word, i) => word.startsWith('/') && !existsSync(word) && (i === 0 || !word.startsWith('-')));
}

function missingUser({ user, group }: Spawn): string | undefined {
  return findUser(user, group) ? undefined : `user ${user}${group === undefined ? '' : `:${group}`}`;
}

/** `inet:host:port`, or `{ inet:host:port, name = value, { name = value } }`. */
function readSpec(spec: string, settings: Settings): { name: string; attributes: Attributes } {
  const attributes = defaults(settings);
  if (!spec.startsWith('{')) return { name: spec, attributes };
  const { inside, problem } = insideBraces(SourceText.of(spec));
  if (problem !== undefined) throw new RangeError(`"${spec}": ${problem}`);
  const [name, ...items] = splitTokens(inside.text);
  if (name === undefined) throw new RangeError(`"${spec}" names no service`);
  return { name, attributes: { ...attributes, ...Object.assign({}, ...items.map(readAttribute)) } };
}

function defaults(settings: Settings): Attributes {
  return {
    timeout: settings.smtpd_policy_service_timeout,
    max_idle: settings.smtpd_policy_service_max_idle,
    max_ttl: settings.smtpd_policy_service_max_ttl,
    request_limit: settings.smtpd_policy_service_request_limit,
    try_limit: settings.smtpd_policy_service_try_limit,
    retry_delay: settings.smtpd_policy_service_retry_delay,
    default_action: settings.smtpd_policy_service_default_action,
    policy_context: settings.smtpd_policy_service_policy_context,
  };
}

function readAttribute(item: string): Partial<Attributes> {
  const pair = braceAttribute(item.startsWith('{') ? item : `{${item}}`);
  if (!pair) throw new RangeError(`"${item}" is not name = value`);
  const { name, value } = pair;
  if (!isAttribute(name)) {
    throw new RangeError(`"${name}" is unknown: write one of ${Object.keys(READ).join(', ')}`);
  }
  const reading = READ[name](value);
  if ('wanted' in reading) throw new RangeError(`${name} = ${value}: write ${reading.wanted}`);
  return { [name]: reading.value };
}

function isAttribute(name: string): name is keyof Attributes {
  return Object.hasOwn(READ, name);
}

/**
 * Where the store is, as the operator writes it. Parameter: state_store.
 *   sqlite:/path
 *   redis://[user:password@]host[:6379][/number]                     one server; rediss:// is TLS
 *   redis+sentinel://[user:password@]host[:26379],host,.../name[/number]   the master that these sentinels name
 *   redis+cluster://[user:password@]host[:6379],host,...             a cluster, found through any of these nodes
 *   memory:                                                           nothing lasts and nothing is shared
 * with valkey in place of redis where that is liked better, rediss+sentinel and rediss+cluster for TLS, and options
 * behind a question mark: prefix (in front of all keys), password_file and sentinel_password_file (so that main.cf
 * needs no password), ca_file, cert_file, key_file (for TLS), timeout (milliseconds for one command).
 * What is wrong throws a StoreAddressError that says what should be.
 */
import { isAbsolute } from 'node:path';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

export interface RedisAddress {
  readonly kind: 'redis';
  /** Without passwords, for logs. */
  readonly shown: string;
  readonly servers:
    | { readonly kind: 'one'; readonly host: HostPort }
    | { readonly kind: 'sentinels'; readonly hosts: readonly HostPort[]; readonly master: string }
    | { readonly kind: 'cluster'; readonly hosts: readonly HostPort[] };
  readonly tls: boolean;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly prefix: string;
  readonly timeoutMs: number;
  readonly passwordFile: string | undefined;
  readonly sentinelPasswordFile: string | undefined;
  readonly caFile: string | undefined;
  readonly certFile: string | undefined;
  readonly keyFile: string | undefined;
}

export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'memory' }
  | RedisAddress;

export class StoreAddressError extends Error {
  constructor(problem: string, shouldBe: string) {
    super(`${problem}; should be ${shouldBe}`);
  }
}

const FORMS = 'sqlite:/path, redis://host:6379/0, redis+sentinel://host:26379,host:26379/name or memory:';
const REDIS =
  /^(?:redis|valkey)(s?)(?:\+(sentinel|cluster))?:\/\/(?:([^@/?]*)@)?([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/i;
const DEFAULT_PREFIX = 'portcullis:';
const DEFAULT_TIMEOUT_MS = 500;

/** Reads `state_store`. */
export function parseStoreAddress(text: string): StoreAddress {
  const sqlite = /^sqlite:(.*)$/is.exec(text);
  if (sqlite) return { kind: 'sqlite', path: sqlitePath(sqlite[1] ?? '') };
  if (/^memory:$/i.test(text)) return { kind: 'memory' };
  const redis = REDIS.exec(text);
  if (!redis) throw new StoreAddressError(`"${withoutPassword(text)}" is no store`, FORMS);
  return redisAddress(text, redis);
}

function sqlitePath(path: string): string {
  if (!isAbsolute(path))
    throw new StoreAddressError(`"sqlite:${path}" names no file`, 'sqlite:/absolute/path');
  return path;
}

function redisAddress(text: string, match: RegExpExecArray): RedisAddress {
  const [, secure, kind = '', login, hosts = '', path = '', query = ''] = match;
  const options = new Map(new URLSearchParams(query));
  const { user, password } = loginOf(login);
  const take = (name: string) => {
    const value = options.get(name);
    options.delete(name);
    return value === '' ? undefined : value;
  };
  const address = {
    kind: 'redis',
    shown: withoutPassword(text),
    ...serversOf(kind.toLowerCase(), hosts, path),
    tls: secure !== '',
    user,
    password,
    prefix: take('prefix') ?? DEFAULT_PREFIX,
    timeoutMs: timeoutOf(take('timeout')),
    passwordFile: take('password_file'),
    sentinelPasswordFile: take('sentinel_password_file'),
    caFile: take('ca_file'),
    certFile: take('cert_file'),
    keyFile: take('key_file'),
  } as const;
  const [unknown] = options.keys();
  if (unknown !== undefined)
    throw new StoreAddressError(
      `there is no option "${unknown}"`,
      'prefix, timeout, password_file, sentinel_password_file, ca_file, cert_file or key_file',
    );
  return address;
}

function serversOf(kind: string, hosts: string, path: string): Pick<RedisAddress, 'servers' | 'database'> {
  if (kind === 'sentinel') {
    const [master = '', number = ''] = path.split('/');
    if (master === '')
      throw new StoreAddressError('the name of the master is missing', 'redis+sentinel://host,host/name');
    const servers = { kind: 'sentinels', hosts: hostsOf(hosts, 26_379), master } as const;
    return { servers, database: databaseOf(number) };
  }
  const all = hostsOf(hosts, 6_379);
  if (kind === 'cluster') {
    if (path !== '')
      throw new StoreAddressError('a cluster has no database numbers', 'redis+cluster://host,host');
    return { servers: { kind: 'cluster', hosts: all }, database: 0 };
  }
  const [host] = all;
  if (!host || all.length > 1)
    throw new StoreAddressError(
      'several hosts',
      'one host, or redis+sentinel:// or redis+cluster:// in front of them',
    );
  return { servers: { kind: 'one', host }, database: databaseOf(path) };
}

function hostsOf(text: string, defaultPort: number): HostPort[] {
  return text.split(',').map((word) => {
    const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/i.exec(word);
    const port = Number(match?.[3] ?? defaultPort);
    if (!match || port < 1 || port > 65_535)
      throw new StoreAddressError(`"${word}" is no host`, 'host, host:port or [address]:port');
    return { host: match[1] ?? match[2] ?? '', port };
  });
}

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/.test(text))
    throw new StoreAddressError(`"${text}" is no database number`, 'a number such as 0');
  return Number(text);
}

function timeoutOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_TIMEOUT_MS;
  if (!/^\d{1,5}$/.test(text) || Number(text) < 1)
    throw new StoreAddressError(`timeout=${text} is no time`, 'a number of milliseconds up to 99999');
  return Number(text);
}

/** `user:password`, `:password`, `password`; percent-encoded where it must be. */
function loginOf(text: string | undefined): { user: string | undefined; password: string | undefined } {
  if (text === undefined || text === '') return { user: undefined, password: undefined };
  const colon = text.indexOf(':');
  const decode = (part: string) => (part === '' ? undefined : decoded(part));
  return colon < 0
    ? { user: undefined, password: decode(text) }
    : { user: decode(text.slice(0, colon)), password: decode(text.slice(colon + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new StoreAddressError('the login has a bad "%"', '"%25" for "%" in it');
  }
}

/** As it may stand in a log. */
export function withoutPassword(text: string): string {
  return text.replace(/^([a-z+]+:\/\/)[^@/?]*@/i, '$1').replace(/\?.*$/s, '');
}

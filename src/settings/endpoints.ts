/**
 * Where a service listens: the first column of master.cf, and for those without a host also inet_interfaces and
 * inet_protocols. `Postfix: master_ent.c, host_port.c, own_inet_addr.c, known_tcp_ports.c`.
 * Host names are looked up in /etc/hosts alone; one that is not there is left for the listener to resolve.
 */
import { isIP } from 'node:net';
import { join } from 'node:path';
import { didYouMean } from './did-you-mean.ts';
import { hostsFileAddresses, loopbackAddresses, servicesFilePort, speaks } from './own-host.ts';

export type Endpoint =
  /** `host` is empty for any address of both protocols, `0.0.0.0` or `::` for any address of one. */
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** The parameters that decide. */
export interface ListenSettings {
  readonly inet_interfaces: readonly string[];
  readonly inet_protocols: readonly string[];
  readonly known_tcp_ports: readonly string[];
  readonly queue_directory: string;
}

/** What a name of type `inet` listens on, or what is wrong with it. */
export function inetEndpoints(
  name: string,
  settings: ListenSettings,
): Endpoint[] | { problem: string; remedy: string } {
  const parts = splitHostPort(name);
  if (parts === undefined) {
    return { problem: `"${name}" is no place to listen`, remedy: 'write port, host:port or [address]:port' };
  }
  const port = portNumber(parts.port, settings.known_tcp_ports);
  if (port === undefined) return noPort(parts.port, settings.known_tcp_ports);
  const protocols = settings.inet_protocols.join(' ');
  const hosts =
    parts.host === ''
      ? interfaceHosts(settings.inet_interfaces, protocols)
      : addressesOf(parts.host, protocols);
  if (hosts.length === 0) {
    return {
      problem: `"${name}" has no address that inet_protocols (${protocols}) allows`,
      remedy: 'change one of them',
    };
  }
  return hosts.map((host) => ({ kind: 'inet', host, port }));
}

function noPort(name: string, known: readonly string[]): { problem: string; remedy: string } {
  const names = known.flatMap((item) => item.split('=').slice(0, -1));
  const meant = didYouMean(name, names);
  const remedy =
    meant === undefined
      ? 'write a number from 1 to 65535, or add the name to known_tcp_ports'
      : `did you mean ${meant}?`;
  return { problem: `there is no port "${name}"`, remedy };
}

/** The socket of a name of type `unix`: an absolute path, or below the queue directory as in Postfix. */
export function unixEndpoint(name: string, isPrivate: boolean, settings: ListenSettings): Endpoint {
  if (name.startsWith('/')) return { kind: 'unix', path: name };
  return { kind: 'unix', path: join(settings.queue_directory, isPrivate ? 'private' : 'public', name) };
}

/** `25`, `host:25`, `[::1]:25`. `Postfix: host_port`. */
function splitHostPort(name: string): { host: string; port: string } | undefined {
  const bracketed = /^\[(?:ipv6:)?([^\]]+)\]:(.+)$/i.exec(name);
  if (bracketed?.[1] !== undefined && bracketed[2] !== undefined) {
    return { host: bracketed[1], port: bracketed[2] };
  }
  if (name.startsWith('[')) return undefined;
  const colon = name.lastIndexOf(':');
  const port = name.slice(colon + 1);
  return port === '' ? undefined : { host: name.slice(0, Math.max(0, colon)), port };
}

/** The number of a port; undefined when there is none. Names: known_tcp_ports first, then /etc/services. */
export function portNumber(port: string, known: readonly string[]): number | undefined {
  const number = /^\d{1,5}$/.test(port) ? Number(port) : (knownPort(port, known) ?? servicesFilePort(port));
  return number !== undefined && number > 0 && number < 65536 ? number : undefined;
}

/** `smtps=submissions=465`. */
function knownPort(port: string, known: readonly string[]): number | undefined {
  for (const item of known) {
    const names = item.split('=');
    const number = names.pop();
    if (names.includes(port)) return Number(number);
  }
  return undefined;
}

function interfaceHosts(interfaces: readonly string[], protocols: string): string[] {
  const words = interfaces.map((word) => word.toLowerCase());
  if (words.includes('all')) return [anyHost(protocols)].filter((host) => host !== undefined);
  if (words.includes('loopback-only')) {
    return loopbackAddresses().filter((host) => speaks(protocols, isIP(host)));
  }
  return [...new Set(interfaces.flatMap((host) => addressesOf(host, protocols)))];
}

function anyHost(protocols: string): string | undefined {
  const [ipv4, ipv6] = [speaks(protocols, 4), speaks(protocols, 6)];
  if (ipv4 && ipv6) return '';
  return ipv4 ? '0.0.0.0' : ipv6 ? '::' : undefined;
}

function addressesOf(host: string, protocols: string): string[] {
  const name = host.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1');
  const found = isIP(name) > 0 ? [name] : hostsFileAddresses(name);
  if (found.length === 0) return [name];
  return found.filter((address) => speaks(protocols, isIP(address)));
}

/** Whether a service is left out. `Postfix: master_service_disable, match_service.c`. */
export function isDisabled(name: string, type: string, patterns: readonly string[]): boolean {
  const full = `${name}/${type}`.toLowerCase();
  for (const item of patterns) {
    const pattern = item.replace(/^!+/, '').toLowerCase();
    const wanted = pattern.includes('/') ? pattern : pattern.replace(/\.([^.]*)$/, '/$1');
    const hit = wanted.includes('/') ? wanted === full : wanted === type;
    if (hit) return (item.length - pattern.length) % 2 === 0;
  }
  return false;
}

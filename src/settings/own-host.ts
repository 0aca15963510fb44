/**
 * What this host says of itself, for the defaults that Postfix computes: its name and the networks of its interfaces;
 * and the addresses of names in /etc/hosts. The DNS is never asked here: reading the configuration must not wait.
 * `Postfix: mail_params.c (check_myhostname), mynetworks.c, own_inet_addr.c`.
 */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { splitTokens } from './tokens.ts';

/** Postfix's name for a domain that nobody told. */
const NO_DOMAIN = 'localdomain';

interface OwnAddress {
  readonly address: string;
  readonly prefix: number;
  readonly loopback: boolean;
}

/** The host's name, completed with a domain when it is a single word. `Postfix: myhostname`. */
export function ownHostName(domain: string | undefined): string {
  const name = hostname();
  return name.includes('.') ? name : `${name}.${domain ?? NO_DOMAIN}`;
}

/** What follows the first dot of a host name. `Postfix: mydomain`. */
export function domainOfHost(host: string): string {
  const dot = host.indexOf('.');
  return dot < 0 ? NO_DOMAIN : host.slice(dot + 1);
}

/** The networks of the interfaces that mail is received on, as `mynetworks` lists them. */
export function ownNetworks(style: string, interfaces: string, protocols: string): string {
  const wanted = splitTokens(interfaces);
  const networks = ownAddresses()
    .filter(({ address }) => speaks(protocols, isIP(address)))
    .filter((own) => isChosen(own, wanted))
    .map((own) => networkOf(own, style));
  return [...new Set(networks)].join(' ');
}

/** The addresses that /etc/hosts has for a name, IPv6 only where this host has IPv6; none when it is not there. */
export function hostsFileAddresses(name: string, file = '/etc/hosts'): string[] {
  const wanted = name.toLowerCase();
  const ipv6 = ownAddresses().some(({ address }) => isIP(address) === 6);
  const found: string[] = [];
  for (const line of readOrNothing(file).split('\n')) {
    const [address = '', ...names] = line.replace(/#.*/, '').toLowerCase().split(/\s+/).filter(Boolean);
    const version = isIP(address);
    if (names.includes(wanted) && (version === 4 || (version === 6 && ipv6))) found.push(address);
  }
  return [...new Set(found)];
}

/** The port of a service in /etc/services; undefined when it is not there. */
export function servicesFilePort(name: string, file = '/etc/services'): number | undefined {
  for (const line of readOrNothing(file).split('\n')) {
    const [first, port = '', ...aliases] = line.replace(/#.*/, '').split(/\s+/);
    if (port.endsWith('/tcp') && (first === name || aliases.includes(name))) return Number.parseInt(port, 10);
  }
  return undefined;
}

/** Whether `inet_protocols` includes IPv4 or IPv6. */
export function speaks(protocols: string, version: number): boolean {
  const words = splitTokens(protocols.toLowerCase());
  return words.includes('all') || words.includes(`ipv${version}`);
}

/** The loopback addresses of this host. */
export function loopbackAddresses(): string[] {
  return ownAddresses()
    .filter(({ loopback }) => loopback)
    .map(({ address }) => address);
}

/** IPv4 first, as the operating system tells it to Postfix. */
function ownAddresses(): OwnAddress[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return [
    ...all.filter(({ family }) => family === 'IPv4'),
    ...all.filter(({ family }) => family === 'IPv6'),
  ].map(({ address, cidr, internal, family }) => ({
    address,
    prefix: Number(cidr?.split('/')[1] ?? (family === 'IPv4' ? 32 : 128)),
    loopback: internal,
  }));
}

function isChosen(own: OwnAddress, wanted: readonly string[]): boolean {
  if (wanted.includes('all')) return true;
  if (wanted.includes('loopback-only')) return own.loopback;
  return wanted.some((host) => {
    const name = host.replace(/^\[(.*)\]$/, '$1');
    return isIP(name) > 0 ? sameAddress(name, own.address) : hostsFileAddresses(name).includes(own.address);
  });
}

function sameAddress(a: string, b: string): boolean {
  return a === b || (isIP(a) === 6 && isIP(b) === 6 && groups(a).join() === groups(b).join());
}

function networkOf(own: OwnAddress, style: string): string {
  if (isIP(own.address) === 6) return ipv6Network(own.address, style === 'host' ? 128 : own.prefix);
  return ipv4Network(own.address, ipv4Prefix(own, style));
}

function ipv4Prefix(own: OwnAddress, style: string): number {
  if (style === 'host') return 32;
  if (style === 'subnet') return own.prefix;
  const first = Number.parseInt(own.address, 10);
  return first < 128 ? 8 : first < 192 ? 16 : first < 224 ? 24 : 4;
}

function ipv4Network(address: string, prefix: number): string {
  const bytes = address.split('.').map((part, i) => Number(part) & mask(prefix - i * 8, 8));
  return `${bytes.join('.')}/${prefix}`;
}

/** Written shortest; the URL parser knows how. */
function ipv6Network(address: string, prefix: number): string {
  const kept = groups(address).map((group, i) => (group & mask(prefix - i * 16, 16)).toString(16));
  return `${new URL(`http://[${kept.join(':')}]/`).hostname}/${prefix}`;
}

/** The upper `bits` of a number of that width. */
function mask(bits: number, width: number): number {
  const kept = Math.min(width, Math.max(0, bits));
  return (2 ** width - 1) & ~(2 ** (width - kept) - 1);
}

/** The eight groups of an IPv6 address. */
function groups(address: string): number[] {
  const [head = '', tail] = address.replace(/%.*/, '').split('::');
  const before = hexGroups(head);
  const after = hexGroups(tail ?? '');
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array.from({ length: gap }, () => 0), ...after];
}

function hexGroups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}

function readOrNothing(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

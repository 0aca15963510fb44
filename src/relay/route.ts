/**
 * Next hops as the operator writes them: `transport:nexthop` of content_filter, transport_maps and *_transport, the
 * bare nexthop of relayhost, the endpoint of smtpd_proxy_filter. Postfix: transport(5), smtp(8), lmtp(8), error(8).
 * What is wrong throws a RouteError that says what should be; the caller knows the file and line.
 */
import { isNetworkAddress, isUnicodeHostName } from '../mail/host-syntax.ts';
import { reply } from '../mail/reply.ts';
import type { ClientSettings } from './client-settings.ts';
import { type DeliveringHop, type Destination, deliveringHop, type NextHop } from './next-hop.ts';

export type Transport =
  | { readonly kind: 'client'; readonly settings: ClientSettings; readonly defaultPort?: number }
  | { readonly kind: 'error' | 'retry' | 'discard' }
  /** A transport that a gateway does not have: its command, as in master.cf. */
  | { readonly kind: 'other'; readonly command: string };

/** By their names in master.cf. `error`, `retry` and `discard` need not be there. */
export type Transports = ReadonlyMap<string, Transport>;

export class RouteError extends Error {
  constructor(text: string, problem: string, shouldBe: string) {
    super(`"${text}": ${problem}; should be ${shouldBe}`);
  }
}

const NEXT_HOP = '[host]:port, host:port, host or unix:/path';

const builtInTransports: Transports = new Map([
  ['error', { kind: 'error' }],
  ['retry', { kind: 'retry' }],
  ['discard', { kind: 'discard' }],
]);

const services: Readonly<Record<string, number>> = {
  smtp: 25,
  lmtp: 24,
  smtps: 465,
  submissions: 465,
  submission: 587,
};

/** `transport:nexthop`, `transport:`, `transport`, and `:nexthop` for the default transport. */
export function parseTransport(text: string, transports: Transports, defaultTransport = 'smtp'): NextHop {
  const colon = text.indexOf(':');
  const name = (colon < 0 ? text : text.slice(0, colon)).trim() || defaultTransport;
  const rest = colon < 0 ? '' : text.slice(colon + 1).trim();
  const transport = transports.get(name) ?? builtInTransports.get(name);
  if (transport !== undefined) return hopOf(text, name, transport, rest);
  const plain = transports.get(defaultTransport);
  if (/^\d+$/.test(rest) && plain?.kind === 'client') {
    return deliveringHop(text, plain.settings, [hostPort(text, text.trim(), false, 0)], 25);
  }
  throw new RouteError(text, `there is no transport "${name}" in master.cf`, 'transport:nexthop');
}

/** The nexthop alone, for a transport that is known: relayhost. */
export function parseNextHop(text: string, settings: ClientSettings, defaultPort?: number): DeliveringHop {
  const port = defaultPort ?? (settings.protocol === 'lmtp' ? 24 : 25);
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  return deliveringHop(
    text,
    settings,
    words.map((word) => destinationOf(word, settings.protocol, port)),
    port,
  );
}

/** `host:port`, `:port`, `port`, `[address]:port`, `inet:host:port`, `unix:/path`. `Postfix: smtpd_proxy_filter` */
export function parseProxyFilter(text: string, settings: ClientSettings): DeliveringHop {
  const word = text.trim();
  if (/^unix:/i.test(word)) return deliveringHop(text, settings, [unixPath(text, word.slice(5))], 25);
  const place = word.replace(/^inet:/i, '');
  const local = /^:?(\w+)$/.exec(place);
  const host = local === null ? place : `localhost:${local[1]}`;
  return deliveringHop(text, settings, [hostPort(text, host, false, 0)], 25);
}

function hopOf(text: string, name: string, transport: Transport, rest: string): NextHop {
  switch (transport.kind) {
    case 'client':
      return { ...parseNextHop(rest, transport.settings, transport.defaultPort), text };
    case 'error':
      return { kind: 'refuse', text, reply: refusal(550, '5.0.0', rest) };
    case 'retry':
      return { kind: 'refuse', text, reply: refusal(450, '4.0.0', rest) };
    case 'discard':
      return { kind: 'discard', text, why: rest };
    case 'other':
      throw new RouteError(
        text,
        `transport "${name}" runs ${transport.command}, and a gateway delivers to no mailbox`,
        'a transport whose command is smtp or lmtp',
      );
  }
}

/** The text may begin with an enhanced status code. `Postfix: dsn_split` */
function refusal(code: number, status: string, rest: string) {
  const match = /^([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)(.*)$/.exec(rest);
  const text = match === null ? rest : (match[2] ?? '');
  return reply(code, match?.[1] ?? status, text === '' ? 'mail is not delivered there' : text);
}

function destinationOf(word: string, protocol: 'smtp' | 'lmtp', defaultPort: number): Destination {
  if (/^unix:/i.test(word)) return unixPath(word, word.slice(5));
  if (/^inet:/i.test(word)) return hostPort(word, word.slice(5), false, defaultPort);
  return hostPort(word, word, protocol === 'smtp', defaultPort);
}

function unixPath(text: string, path: string): Destination {
  if (path === '' || path.includes('\0')) throw new RouteError(text, 'the path is missing', 'unix:/path');
  return { kind: 'unix', path };
}

/** Brackets, and addresses without them, mean: this host, not its mail exchangers. `Postfix: host_port` */
function hostPort(text: string, word: string, mx: boolean, defaultPort: number): Destination {
  const bracketed = /^\[(?:ipv6:)?([^\]]*)\](?::(.*))?$/i.exec(word);
  if (bracketed === null && word.startsWith('['))
    throw new RouteError(text, 'it does not end in "]" or "]:port"', NEXT_HOP);
  const colon = word.lastIndexOf(':');
  const host = bracketed?.[1] ?? (colon < 0 ? word : word.slice(0, colon));
  const service = bracketed === null ? (colon < 0 ? '' : word.slice(colon + 1)) : (bracketed[2] ?? '');
  const isAddress = isNetworkAddress(host);
  if (!isAddress && !isUnicodeHostName(host, true)) {
    throw new RouteError(text, `"${host}" is neither a host name nor an address`, NEXT_HOP);
  }
  return {
    kind: 'host',
    host,
    port: portOf(text, service, defaultPort),
    mx: mx && bracketed === null && !isAddress,
  };
}

function portOf(text: string, service: string, defaultPort: number): number {
  if (service === '' && defaultPort > 0) return defaultPort;
  const port = /^\d+$/.test(service) ? Number(service) : services[service.toLowerCase()];
  if (port !== undefined && port >= 1 && port <= 65_535) return port;
  const problem = service === '' ? 'the port is missing' : `"${service}" is no port`;
  throw new RouteError(text, problem, 'a number from 1 to 65535');
}

/**
 * Where a policy service is: `inet:host:port`, `inet:port`, `unix:path`, `local:path`. A path that does not begin with a
 * slash is below queue_directory, as in Postfix. `Postfix: auto_clnt.c, inet_connect.c`.
 */
import { join } from 'node:path';
import { portNumber } from '../settings/endpoints.ts';

export type PolicyAddress =
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface AddressSettings {
  readonly queueDirectory: string;
  /** known_tcp_ports */
  readonly knownPorts: readonly string[];
}

/** Throws a RangeError that says what is wrong. */
export function parsePolicyAddress(
  text: string,
  { queueDirectory, knownPorts }: AddressSettings,
): PolicyAddress {
  const colon = text.indexOf(':');
  const [transport, place] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (transport === 'unix' || transport === 'local') {
    if (place === '') throw new RangeError(`"${text}" has no path`);
    return { kind: 'unix', path: place.startsWith('/') ? place : join(queueDirectory, place) };
  }
  if (transport !== 'inet') {
    throw new RangeError(`"${text}" is no policy service: write inet:host:port or unix:path`);
  }
  const [, bracketed, plain = '', portText = ''] =
    /^(?:\[(?:ipv6:)?([^\]]+)\]:|([^:[\]]*):)?([^:]+)$/i.exec(place) ?? [];
  const port = portNumber(portText, knownPorts);
  if (port === undefined) throw new RangeError(`"${text}": "${portText}" is no port`);
  return { kind: 'inet', host: bracketed ?? (plain === '' ? 'localhost' : plain), port };
}

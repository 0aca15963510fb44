/** Where accepted mail goes next, as a value that is made once (route.ts) and used for many mails. */
import type { Reply } from '../mail/reply.ts';
import type { ClientSettings } from './client-settings.ts';

export type Destination =
  | { readonly kind: 'unix'; readonly path: string }
  /** `mx`: the host is a domain whose mail exchangers are to be asked for. */
  | { readonly kind: 'host'; readonly host: string; readonly port: number; readonly mx: boolean };

export interface DeliveringHop {
  readonly kind: 'deliver';
  /** Hops with the same key share connections: the same place, spoken to in the same manner. */
  readonly key: string;
  /** As the operator wrote it. */
  readonly text: string;
  readonly settings: ClientSettings;
  /** Tried in turn; empty: the recipient's domain, see `hopForDomain`. */
  readonly destinations: readonly Destination[];
  /** Where only the transport was written: the port for `hopForDomain`. */
  readonly defaultPort: number;
}

/** `error:` and `retry:`. */
export interface RefusingHop {
  readonly kind: 'refuse';
  readonly text: string;
  readonly reply: Reply;
}

/** `discard:`; the mail is accepted and swallowed. */
export interface DiscardingHop {
  readonly kind: 'discard';
  readonly text: string;
  readonly why: string;
}

export type NextHop = DeliveringHop | RefusingHop | DiscardingHop;

/** A hop with these destinations. */
export function deliveringHop(
  text: string,
  settings: ClientSettings,
  destinations: readonly Destination[],
  defaultPort: number,
): DeliveringHop {
  const { style, name, protocol, heloName, tellClient, tls } = settings;
  const manner = [style, name, protocol, heloName, tellClient, tls.level, tls.wrapper];
  const key = [...manner, ...destinations.map(formatDestination)].join(' ');
  return { kind: 'deliver', key, text, settings, destinations, defaultPort };
}

/** The hop for a recipient's domain, when the operator named only a transport. Postfix: transport(5), null nexthop */
export function hopForDomain(hop: NextHop, domain: string): NextHop {
  if (hop.kind !== 'deliver' || hop.destinations.length > 0) return hop;
  const mx = hop.settings.protocol === 'smtp';
  return deliveringHop(
    hop.text,
    hop.settings,
    [{ kind: 'host', host: domain, port: hop.defaultPort, mx }],
    hop.defaultPort,
  );
}

/** `[127.0.0.1]:10026`, `example.com:25` (mail exchangers), `unix:/path`. */
export function formatDestination(destination: Destination): string {
  if (destination.kind === 'unix') return `unix:${destination.path}`;
  const { host, port, mx } = destination;
  return mx ? `${host}:${port}` : `[${host}]:${port}`;
}

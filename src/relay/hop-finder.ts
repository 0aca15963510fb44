/**
 * Which next hop an address goes to. Parameters: smtpd_proxy_filter, content_filter, transport_maps, *_transport,
 * relayhost; the last three through addresses/. `INTERFACE: where accepted mail goes`.
 */
import type { AddressResolver } from '../addresses/resolver.ts';
import type { Address } from '../mail/address.ts';
import type { Orders } from '../mail/envelope.ts';
import { formatDestination, hopForDomain, type NextHop } from './next-hop.ts';

export interface HopFinderOptions {
  /** Everything goes there, envelope and all, as it came. */
  readonly proxyFilter: NextHop | undefined;
  readonly contentFilter: NextHop | undefined;
  readonly resolver: Pick<AddressResolver, 'resolve'>;
  /** Reads `transport:nexthop`. Throws RouteError. */
  parseHop(text: string): NextHop;
}

/** FILTER names another content filter; who is named by REDIRECT gets the mail past all of them. */
export type FilterOrders = Pick<Orders, 'filter' | 'redirect'>;

/** A next hop, and the recipient's name there. */
export interface Stop {
  readonly hop: NextHop;
  readonly address: Address;
}

export class HopFinder {
  readonly #options: HopFinderOptions;

  constructor(options: HopFinderOptions) {
    this.#options = options;
  }

  /** Throws RouteError and LookupFailure. `Postfix: qmgr_message_resolve` */
  async find(target: Address, sender: Address, { filter, redirect }: FilterOrders): Promise<Stop> {
    const { proxyFilter, contentFilter, parseHop, resolver } = this.#options;
    const isFiltered = redirect === undefined;
    const ordered = isFiltered && filter !== undefined ? parseHop(filter) : undefined;
    const fixed = ordered ?? proxyFilter ?? (isFiltered ? contentFilter : undefined);
    if (fixed) return { hop: hopForDomain(fixed, target.domain), address: target };
    const { transport, nexthop, address, recipient } = await resolver.resolve(target, sender);
    const hop = hopForDomain(parseHop(`${transport}:${nexthop}`), address.domain);
    return { hop, address: recipient.text === target.text ? target : recipient };
  }

  /** Whether mail goes through a filter in front of the queue: nothing of it is rewritten. */
  isProxied(filter: string | undefined): boolean {
    return this.#options.proxyFilter !== undefined && filter === undefined;
  }
}

/** Whether one transaction can serve both: the same servers, spoken to in the same language. */
export function sameHop(a: NextHop, b: NextHop): boolean {
  if (a.kind !== 'deliver' || b.kind !== 'deliver') return a.kind === b.kind;
  if (a.key === b.key) return true;
  if (a.settings.protocol !== b.settings.protocol) return false;
  const places = (hop: typeof a) => hop.destinations.map(formatDestination).join(' ');
  return places(a) === places(b);
}

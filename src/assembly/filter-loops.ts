/** Services whose next hop is one of our own, and leads back: every mail would go round for ever. Such a gateway does not start. */
import type { Destination, NextHop } from '../relay/next-hop.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Endpoint } from '../settings/endpoints.ts';
import type { Service } from '../settings/services.ts';

/** `hops`: where everything goes that a service accepts. */
export function refuseLoops(hops: ReadonlyMap<Service, NextHop>, complain: Complain): void {
  for (const start of hops.keys()) {
    const way = wayBack(start, hops);
    if (way === undefined) continue;
    complain({
      source: start.source,
      severity: 'error',
      problem: `service ${start.name} hands its mail to ${wayInWords(way)}: no mail would ever arrive`,
      remedy: 'give one of them the mail server behind it as smtpd_proxy_filter, content_filter or relayhost',
    });
  }
}

/** The services that mail passes until it is back; undefined: it does not come back. */
function wayBack(start: Service, hops: ReadonlyMap<Service, NextHop>): Service[] | undefined {
  const way: Service[] = [];
  for (let at: Service | undefined = start; at && !way.includes(at); ) {
    way.push(at);
    at = nextService(at, hops);
    if (at === start) return way;
  }
  return undefined;
}

function wayInWords([, ...others]: readonly Service[]): string {
  return others.length === 0
    ? 'itself'
    : `${others.map(({ name }) => name).join(', ')} and so back to itself`;
}

function nextService(from: Service, hops: ReadonlyMap<Service, NextHop>): Service | undefined {
  const hop = hops.get(from);
  if (hop?.kind !== 'deliver') return undefined;
  return [...hops.keys()].find(({ listen }) =>
    listen.some((place) => hop.destinations.some((to) => arrivesAt(to, place))),
  );
}

/** Names other than localhost are not looked up. */
function arrivesAt(to: Destination, place: Endpoint): boolean {
  if (to.kind === 'unix') return place.kind === 'unix' && to.path === place.path;
  if (place.kind === 'unix' || to.port !== place.port) return false;
  const host = to.host.toLowerCase() === 'localhost' ? '127.0.0.1' : to.host;
  const isLoopback = /^127\.|^::1$/.test(host);
  return place.host === host || (isLoopback && ['', '0.0.0.0', '::'].includes(place.host));
}

/**
 * Where accepted mail would go, looked at beforehand, for `check`: address classes whose transport a gateway does not have,
 * and rows of transport_maps that lead nowhere. Parameters: *_transport, transport_maps.
 */
import { splitTransport } from '../addresses/routes.ts';
import { RouteError } from '../relay/route.ts';
import type { Complain } from '../settings/complaint.ts';
import type { ParameterName } from '../settings/parameters.ts';
import type { NextHopParts } from './next-hops.ts';
import type { Openers } from './openers.ts';

/** Domains, and how their mail is delivered where no filter takes everything. */
const CLASSES: readonly (readonly [domains: ParameterName, transport: ParameterName])[] = [
  ['mydestination', 'local_transport'],
  ['virtual_mailbox_domains', 'virtual_transport'],
  ['relay_domains', 'relay_transport'],
];
const HOW = 'name the mail server that has the mailboxes';

/** Looks at the ways of one service. */
export function inspectRoutes(openers: Openers, hops: NextHopParts, complain: Complain): void {
  if (hops.proxyFilter || hops.contentFilter) return;
  const { settings } = openers;
  for (const [domains, transport] of CLASSES) {
    if (settings.tokens(domains).length === 0) continue;
    const [name, nexthop] = splitTransport(settings.text(transport) ?? '');
    const problem = problemOf(`${name}:${nexthop}`, hops);
    if (problem === undefined) continue;
    complain({
      source: settings.sourceOf(settings.isSet(transport) ? transport : domains),
      severity: 'warning',
      problem: `${transport}: mail for ${domains} has no next hop and is deferred (451): ${problem}`,
      remedy: `${HOW}: ${transport} = smtp:[HOST]:PORT, or smtpd_proxy_filter = HOST:PORT, or leave ${domains} empty`,
    });
  }
  for (const { value, source } of openers.maps('transport_maps')?.entries() ?? []) {
    const [name, nexthop] = splitTransport(value);
    const problem = name === '' ? undefined : problemOf(`${name}:${nexthop}`, hops);
    if (problem !== undefined) complain({ source, severity: 'warning', problem, remedy: HOW });
  }
}

function problemOf(text: string, { parseHop }: NextHopParts): string | undefined {
  try {
    parseHop(text);
    return undefined;
  } catch (error) {
    if (!(error instanceof RouteError)) throw error;
    return error.message.split(';')[0];
  }
}

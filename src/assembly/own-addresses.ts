/** The network addresses that are ours. Parameters: inet_interfaces, inet_protocols, proxy_interfaces. */
import { networkInterfaces } from 'node:os';
import { normalAddress } from '../dns/reverse-name.ts';
import { isNetworkAddress } from '../mail/host-syntax.ts';

export interface OwnAddressOptions {
  readonly inetInterfaces: readonly string[];
  readonly proxyInterfaces: readonly string[];
  /** Names of hosts that stand in inet_interfaces, looked up by whoever can. */
  resolve?(name: string): readonly string[];
}

/** Whether an address is ours. */
export function ownAddresses({
  inetInterfaces,
  proxyInterfaces,
}: OwnAddressOptions): (address: string) => boolean {
  const ours = new Set<string>();
  for (const item of inetInterfaces)
    for (const address of addressesOf(item)) ours.add(normalAddress(address));
  for (const item of proxyInterfaces) ours.add(normalAddress(bare(item)));
  return (address) => ours.has(normalAddress(bare(address)));
}

function addressesOf(item: string): string[] {
  const word = item.toLowerCase();
  if (word === 'all')
    return Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((one) => one.address));
  if (word === 'loopback-only' || word === 'localhost') return ['127.0.0.1', '::1'];
  return isNetworkAddress(bare(item)) ? [bare(item)] : [];
}

function bare(text: string): string {
  return text.replace(/^\[(?:ipv6:)?(.*)\]$/i, '$1').replace(/^ipv6:/i, '');
}

/** Networks of mynetworks that can hardly be anybody's own: clients in mynetworks may relay. */
import { BlockList, isIP } from 'node:net';

/** Networks that are not routed on the Internet. RFC 1918, 6598, 3927, 4193. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['100.64.0.0', 10],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
PRIVATE.addSubnet('fe80::', 10, 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** Public networks above these sizes belong to providers. */
const SMALLEST_PREFIX = { ipv4: 16, ipv6: 32 } as const;

/** What is wrong with an item of mynetworks; undefined: nothing, or it is no network in plain text. */
export function wideNetworkProblem(item: string): string | undefined {
  const [, address = '', bits] = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/i.exec(item) ?? [];
  const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : undefined;
  if (family === undefined) return undefined;
  if (Number(bits) === 0) return `${item} is the whole Internet: everybody may relay`;
  if (Number(bits) >= SMALLEST_PREFIX[family] || PRIVATE.check(address, family)) return undefined;
  return `${item} is a network of many owners: all of them may relay`;
}

/** Networks as people write them: `192.0.2.0/24`, `2001:db8:0:7::/64`. */
import { isIPv4, isIPv6 } from 'node:net';
import { ipv6Nibbles, normalAddress } from '../dns/reverse-name.ts';

export interface PrefixBits {
  readonly ipv4: number;
  readonly ipv6: number;
}

/** The network of an address; the text itself when it is none. */
export function networkKey(address: string, bits: PrefixBits): string {
  if (isIPv4(address)) return ipv4Network(address, bits.ipv4);
  if (isIPv6(address) && !address.includes('%')) return ipv6Network(address, bits.ipv6);
  return address;
}

function ipv4Network(address: string, bits: number): string {
  if (bits >= 32) return address;
  const octets = address.split('.').map((octet, i) => masked(Number(octet), 8, bits - 8 * i));
  return `${octets.join('.')}/${bits}`;
}

function ipv6Network(address: string, bits: number): string {
  const groups = (ipv6Nibbles(address).match(/.{4}/g) ?? []).map((group, i) =>
    masked(Number.parseInt(group, 16), 16, bits - 16 * i).toString(16),
  );
  const text = normalAddress(groups.join(':'));
  return bits >= 128 ? text : `${text}/${bits}`;
}

/** A number of `width` bits with only its first `bits` bits left. */
function masked(number: number, width: number, bits: number): number {
  if (bits >= width) return number;
  if (bits <= 0) return 0;
  const rest = width - bits;
  return (number >> rest) << rest;
}

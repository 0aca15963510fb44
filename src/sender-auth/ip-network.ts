/**
 * Addresses and networks as hexadecimal digits: 8 for IPv4, 32 for IPv6, so that a prefix is a prefix of text.
 * RFC 7208 5: an IPv4-mapped IPv6 address counts as IPv4.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { ipv6Nibbles } from '../dns/reverse-name.ts';

const MAPPED = '00000000000000000000ffff';

/** The digits of an address; undefined when the text is none. */
export function addressDigits(text: string): string | undefined {
  if (isIPv4(text)) return ipv4Digits(text);
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const digits = ipv6Nibbles(text);
  return digits.startsWith(MAPPED) ? digits.slice(MAPPED.length) : digits;
}

/** The digits of an IPv6 network, where an IPv4-mapped address stays what it is. */
export function ipv6Digits(text: string): string | undefined {
  return isIPv6(text) && !text.includes('%') ? ipv6Nibbles(text) : undefined;
}

export function ipv4Digits(text: string): string {
  let digits = '';
  for (const octet of text.split('.')) digits += (Number(octet) + 256).toString(16).slice(1);
  return digits;
}

/** Whether both have the same first `prefix` bits. */
export function sameNetwork(address: string, network: string, prefix: number): boolean {
  if (address.length !== network.length) return false;
  const whole = prefix >> 2;
  if (address.slice(0, whole) !== network.slice(0, whole)) return false;
  const rest = 4 - (prefix & 3);
  if (rest === 4) return true;
  return digitAt(address, whole) >> rest === digitAt(network, whole) >> rest;
}

function digitAt(digits: string, at: number): number {
  return Number.parseInt(digits.charAt(at), 16);
}

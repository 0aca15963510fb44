/** Names as they are asked for; those of addresses under in-addr.arpa, ip6.arpa and DNS lists. RFC 5782 2.1, 2.4; RFC 3596 2.5. */
import { isIPv4 } from 'node:net';

/** `4.3.2.1` of 1.2.3.4; 32 nibbles of an IPv6 address. */
export function reversedAddress(address: string): string {
  if (isIPv4(address)) return address.split('.').reverse().join('.');
  return [...ipv6Nibbles(address)].reverse().join('.');
}

/** The name to ask for PTR records. */
export function reverseName(address: string): string {
  return `${reversedAddress(address)}.${isIPv4(address) ? 'in-addr' : 'ip6'}.arpa`;
}

/** Upper and lower case stay: patterns of operators can tell them apart, as in Postfix. */
export function plainName(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}

/** 32 hexadecimal digits. */
export function ipv6Nibbles(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const missing = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array<string>(missing).fill('0000'), ...right].join('');
}

function groups(text: string): string[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [group.padStart(4, '0')];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [((a << 8) | b).toString(16).padStart(4, '0'), ((c << 8) | d).toString(16).padStart(4, '0')];
  });
}

/** One spelling for one IPv6 address (RFC 5952), IPv4-mapped ones as IPv4; other text unchanged. */
export function normalAddress(address: string): string {
  if (!address.includes(':')) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1] as string;
  try {
    return new URL(`http://[${address}]`).hostname.slice(1, -1);
  } catch {
    return address;
  }
}

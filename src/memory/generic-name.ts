/**
 * Host names that say nothing of their owner: what providers give to the lines of their customers. Behind such names
 * are many strangers, so the organisation in the name is not the sender's.
 */
import { isIPv4 } from 'node:net';
import { ipv6Nibbles } from '../dns/reverse-name.ts';

const LINE_WORDS =
  /(?:^|[.\-_\d])(?:[asv]?dsl|dyn|dynamic|dynip|dhcp|dip|pools?|pppo?e?|dial|dialup|dialin|cable|catv|broadband|bband|cust|customers?|clients?|users?|fiber|ftth|wireless|wimax|mobile|gprs|umts|lte|nat|res|residential|unassigned|unknown)(?=$|[.\-_\d])/i;

/** Whether the name is that of a line: it carries the address, or a word for lines. */
export function isGenericName(name: string, address: string): boolean {
  return LINE_WORDS.test(name) || (isIPv4(address) ? carriesIpv4(name, address) : carriesIpv6(name, address));
}

/** Two of the last three octets beside each other, in either order, or the whole address in one piece. */
function carriesIpv4(name: string, address: string): boolean {
  const octets = address.split('.').map(Number);
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  const hex = octets.map((octet) => octet.toString(16).padStart(2, '0')).join('');
  const padded = octets.map((octet) => String(octet).padStart(3, '0')).join('');
  const lower = name.toLowerCase();
  if (
    lower.includes(hex) ||
    lower.includes(padded) ||
    lower.includes(String(((a * 256 + b) * 256 + c) * 256 + d))
  )
    return true;
  const numbers = lower.split(/\D+/).map((digits) => (digits === '' ? -1 : Number(digits)));
  return numbers.some((number, i) => {
    const next = numbers[i + 1];
    return isPair(number, next, c, d) || isPair(number, next, b, c);
  });
}

function isPair(first: number, second: number | undefined, one: number, other: number): boolean {
  return (first === one && second === other) || (first === other && second === one);
}

/** Eight of the last digits in one piece, or with separators. */
function carriesIpv6(name: string, address: string): boolean {
  if (!address.includes(':')) return false;
  const host = ipv6Nibbles(address).slice(16);
  const digits = name.toLowerCase().replace(/[^0-9a-f]/g, '');
  return /[1-9a-f]{3}/.test(host) && (digits.includes(host.slice(8)) || digits.includes(host.slice(0, 8)));
}

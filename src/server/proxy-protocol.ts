/**
 * The PROXY protocol, versions 1 and 2: a load balancer says who the client is before the client speaks.
 * Parameter: smtpd_upstream_proxy_protocol = haproxy. The line (or block) must come whole and in time; what is wrong with
 * it ends the connection, since nobody would know whom to hold to account.
 */
import { isIPv4, isIPv6 } from 'node:net';

export interface ProxiedEnds {
  readonly client: { readonly address: string; readonly port: string };
  readonly server: { readonly address: string; readonly port: string };
}

export type ProxyHeader =
  /** Not complete yet. */
  | { readonly kind: 'more' }
  /** `ends` undefined: the balancer speaks for itself (health check). `length`: bytes of the header. */
  | { readonly kind: 'known'; readonly ends: ProxiedEnds | undefined; readonly length: number }
  | { readonly kind: 'bad'; readonly problem: string };

const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
/** Longest line of version 1, CRLF included; longest block of version 2 with all its options. */
const MAX_V1 = 107;
const MAX_V2 = 16 + 2048;

export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const start = bytes.subarray(0, SIGNATURE.length);
  if (SIGNATURE.subarray(0, start.length).equals(start)) {
    return bytes.length < 16 ? { kind: 'more' } : readV2(bytes);
  }
  return readV1(bytes);
}

function readV1(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, MAX_V1).indexOf('\r\n');
  if (end < 0) return bytes.length >= MAX_V1 ? bad('line too long') : { kind: 'more' };
  const line = bytes.toString('latin1', 0, end);
  const length = end + 2;
  if (/^PROXY UNKNOWN\b/.test(line)) return { kind: 'known', ends: undefined, length };
  const match = /^PROXY (TCP[46]) (\S+) (\S+) (\d{1,5}) (\d{1,5})$/.exec(line);
  if (!match) return bad(`"${line.slice(0, 40)}" is no PROXY line`);
  const [, family, from = '', to = '', fromPort = '', toPort = ''] = match;
  const isAddress = family === 'TCP4' ? isIPv4 : isIPv6;
  if (!isAddress(from) || !isAddress(to)) return bad('bad address');
  const ends = { client: { address: from, port: fromPort }, server: { address: to, port: toPort } };
  return { kind: 'known', ends, length };
}

function readV2(bytes: Buffer): ProxyHeader {
  const version = bytes.readUInt8(12);
  const length = 16 + bytes.readUInt16BE(14);
  if (version >> 4 !== 2 || (version & 15) > 1) return bad('unknown version or command');
  if (length > MAX_V2) return bad('header too long');
  if (bytes.length < length) return { kind: 'more' };
  if ((version & 15) === 0) return { kind: 'known', ends: undefined, length };
  const family = bytes.readUInt8(13);
  const size = family === 0x11 ? 4 : family === 0x21 ? 16 : 0;
  if (size === 0) return bad('neither TCP over IPv4 nor over IPv6');
  if (length < 16 + 2 * size + 4) return bad('header too short');
  const address = (at: number) => addressText(bytes.subarray(at, at + size));
  const ports = 16 + 2 * size;
  const ends = {
    client: { address: address(16), port: String(bytes.readUInt16BE(ports)) },
    server: { address: address(16 + size), port: String(bytes.readUInt16BE(ports + 2)) },
  };
  return { kind: 'known', ends, length };
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_unused, i) => bytes.readUInt16BE(2 * i).toString(16));
  return groups.join(':');
}

function bad(problem: string): ProxyHeader {
  return { kind: 'bad', problem };
}

/**
 * Network addresses and `address/length` patterns in binary form. `Postfix: cidr_match.c`, cidr_table(5).
 * Strict: no leading zeros, no zone, no short forms; the bits behind the prefix must be zero.
 */

/** One 32-bit word for IPv4, four for IPv6. */
export type AddressWords = Uint32Array;

export interface Network {
  readonly words: AddressWords;
  /** 0..32 or 0..128 */
  readonly prefixBits: number;
}

export type ParsedNetwork =
  | { readonly kind: 'network'; readonly network: Network }
  | { readonly kind: 'problem'; readonly problem: string };

/** The words of `192.0.2.1` or `2001:db8::1`; undefined when it is neither. */
export function parseAddress(text: string): AddressWords | undefined {
  if (text.includes(':')) return parseIPv6(text);
  const ipv4 = parseIPv4(text, 0);
  return ipv4 < 0 ? undefined : Uint32Array.of(ipv4);
}

/** The 32 bits of a dotted quad that stands at `start` up to the end of the text, -1 when it is none. */
function parseIPv4(text: string, start: number): number {
  let value = 0;
  let octets = 0;
  let octet = -1;
  for (let at = start; at <= text.length; at++) {
    const digit = at < text.length ? text.charCodeAt(at) - 0x30 : -2;
    if (digit >= 0 && digit <= 9) {
      if (octet === 0) return -1; // a leading zero
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return -1;
    } else {
      if (octet < 0 || (digit !== -2 && digit !== DOT)) return -1;
      if ((at === text.length) !== (octets === 3)) return -1;
      value = value * 256 + octet;
      octets += 1;
      octet = -1;
    }
  }
  return value;
}
const DOT = '.'.charCodeAt(0) - 0x30;

/** Room for the groups of one address while it is read. */
const groups = new Uint16Array(8);

function parseIPv6(text: string): AddressWords | undefined {
  let count = 0;
  /** Where the `::` stands among the groups. */
  let gap = -1;
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === COLON) {
      if (gap >= 0 || text.charCodeAt(at + 1) !== COLON) return undefined;
      gap = count;
      at += 2;
      continue;
    }
    const end = endOfGroup(text, at);
    if (text.charAt(end) === '.') {
      const quad = count <= 6 ? parseIPv4(text, at) : -1;
      if (quad < 0) return undefined;
      groups[count++] = Math.trunc(quad / 0x10000);
      groups[count++] = quad % 0x10000;
      break;
    }
    if (end === at || count === 8) return undefined;
    groups[count++] = Number.parseInt(text.slice(at, end), 16);
    if (end === text.length) break;
    if (text.charCodeAt(end) !== COLON || end + 1 === text.length) return undefined;
    at = text.charCodeAt(end + 1) === COLON ? end : end + 1;
  }
  return wordsOfGroups(count, gap);
}
const COLON = 0x3a;

/** The offset behind up to four hexadecimal digits. */
function endOfGroup(text: string, start: number): number {
  let at = start;
  while (at < start + 4) {
    const code = text.charCodeAt(at);
    const isHex =
      (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
    if (!isHex) break;
    at += 1;
  }
  return at;
}

/** The gap stands for the groups that are missing, at least one. */
function wordsOfGroups(count: number, gap: number): AddressWords | undefined {
  if (gap < 0 ? count !== 8 : count > 7) return undefined;
  const words = new Uint32Array(4);
  for (let i = 0; i < count; i++) {
    const place = gap >= 0 && i >= gap ? i + 8 - count : i;
    const group = groups[i] as number;
    words[place >> 1] = (words[place >> 1] as number) | (place % 2 === 0 ? group << 16 : group);
  }
  return words;
}

/** Reads `address`, `address/length`, `[address]`, `[address/length]` or `[address]/length`. */
export function parseNetwork(pattern: string): ParsedNetwork {
  const bare = withoutBrackets(pattern);
  if (bare.kind === 'problem') return bare;
  const slash = bare.text.indexOf('/');
  const address = slash < 0 ? bare.text : bare.text.slice(0, slash);
  const words = parseAddress(address);
  if (slash < 0) {
    if (!words) return problem(`bad address pattern: "${address}"`);
    return { kind: 'network', network: { words, prefixBits: words.length * 32 } };
  }
  const length = bare.text.slice(slash + 1);
  if (!/^\d+$/.test(length)) return problem(`bad mask value in "${bare.text}"`);
  if (Number(length) > (address.includes(':') ? 128 : 32))
    return problem(`bad mask length in "${bare.text}"`);
  if (!words) return problem(`bad network value in "${bare.text}"`);
  return withoutHostBits(bare.text, { words, prefixBits: Number(length) });
}

function withoutBrackets(
  pattern: string,
): { kind: 'text'; text: string } | { kind: 'problem'; problem: string } {
  if (!pattern.startsWith('[')) return { kind: 'text', text: pattern };
  const close = pattern.indexOf(']');
  if (close < 0) return problem(`missing ']' character after "[${pattern.slice(1)}"`);
  const inside = pattern.slice(1, close);
  const rest = pattern.slice(close + 1);
  if (rest !== '' && !rest.startsWith('/')) return problem(`garbage after "[${inside}]"`);
  return { kind: 'text', text: inside + rest };
}

function withoutHostBits(written: string, network: Network): ParsedNetwork {
  if (!hasHostBits(network)) return { kind: 'network', network };
  const masked = network.words.map((word, i) => word & maskWord(network.prefixBits, i));
  const better = formatNetwork({ words: masked, prefixBits: network.prefixBits });
  return problem(`non-null host address bits in "${written}", perhaps you should use "${better}" instead`);
}

function hasHostBits({ words, prefixBits }: Network): boolean {
  for (let i = prefixBits >> 5; i < words.length; i++) {
    if (((words[i] as number) & ~maskWord(prefixBits, i)) !== 0) return true;
  }
  return false;
}

/** The mask of the i-th word for a prefix of that many bits. */
export function maskWord(prefixBits: number, i: number): number {
  const bits = Math.min(Math.max(prefixBits - i * 32, 0), 32);
  return bits === 0 ? 0 : (0xffffffff << (32 - bits)) >>> 0;
}

export function networkContains(network: Network, address: AddressWords): boolean {
  if (network.words.length !== address.length) return false;
  for (let i = 0; i < address.length; i++) {
    const difference = (address[i] as number) ^ (network.words[i] as number);
    if ((difference & maskWord(network.prefixBits, i)) !== 0) return false;
  }
  return true;
}

/** `192.0.2.0/24`, `2001:db8::/32` */
export function formatNetwork(network: Network): string {
  const { words, prefixBits } = network;
  const address = words.length === 1 ? dotted(words[0] as number) : colons(words);
  return `${address}/${prefixBits}`;
}

function dotted(word: number): string {
  return [24, 16, 8, 0].map((shift) => (word >>> shift) & 0xff).join('.');
}

/** RFC 5952: the longest run of two or more zero groups is left out. */
function colons(words: AddressWords): string {
  const all = [...words].flatMap((word) => [word >>> 16, word & 0xffff]);
  let best = { start: 0, length: 1 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (all[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  const hex = all.map((group) => group.toString(16));
  if (best.length < 2) return hex.join(':');
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`;
}

function problem(text: string): { kind: 'problem'; problem: string } {
  return { kind: 'problem', problem: text };
}

/** What a host name or network address looks like. `Postfix: valid_hostname.c, valid_mailhost_addr.c`; RFC 5321 4.1.3. */
import { isIPv4, isIPv6 } from 'node:net';

const MAX_NAME = 255;
const MAX_LABEL = 63;

/** A dotted name of letters, digits, `-` and `_`; not all numerical, no label begins or ends with a dash. */
export function isHostName(name: string): boolean {
  return name.length <= MAX_NAME && /^[\w-]+(?:\.[\w-]+)*$/.test(name) && hasGoodLabels(name);
}

function hasGoodLabels(name: string): boolean {
  if (!/[^\d.]/.test(name)) return false;
  for (const label of name.split('.')) {
    if (label.length > MAX_LABEL || label.startsWith('-') || label.endsWith('-')) return false;
  }
  return true;
}

/** A host name that may have labels in other scripts (RFC 6531), where `unicode` allows them. */
export function isUnicodeHostName(name: string, unicode: boolean): boolean {
  if (isAscii(name)) return isHostName(name);
  if (!unicode) return false;
  const ascii = asciiDomain(name);
  return ascii !== undefined && isHostName(ascii);
}

/** The `xn--` form of a domain (IDNA), undefined when it has none. */
export function asciiDomain(domain: string): string | undefined {
  if (isAscii(domain)) return domain;
  try {
    const { hostname } = new URL(`http://${domain}`);
    return /^[\w.-]+$/.test(hostname) ? hostname : undefined;
  } catch {
    return undefined;
  }
}

export function isAscii(text: string): boolean {
  return /^[\x00-\x7f]*$/.test(text);
}

/** A bare network address. */
export function isNetworkAddress(text: string): boolean {
  return isIPv4(text) || (isIPv6(text) && !text.includes('%'));
}

/** The address of `192.0.2.1` or `IPv6:2001:db8::1`, undefined when it is neither. */
export function mailHostAddress(text: string): string | undefined {
  if (isIPv4(text)) return text;
  if (!/^ipv6:/i.test(text)) return undefined;
  const bare = text.slice(5);
  return isNetworkAddress(bare) && !isIPv4(bare) ? bare : undefined;
}

/** The address inside `[192.0.2.1]` or `[IPv6:...]`, undefined when that is none. */
export function addressLiteral(text: string): string | undefined {
  if (!text.startsWith('[') || !text.endsWith(']')) return undefined;
  return mailHostAddress(text.slice(1, -1));
}

/** A host name without the dot at its end; `..` stays. */
export function withoutTrailingDot(name: string): string {
  return name.length > 1 && name.endsWith('.') && !name.endsWith('..') ? name.slice(0, -1) : name;
}

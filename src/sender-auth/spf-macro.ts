/**
 * SPF macros: `%{ir}.%{v}._spf.%{d2}` into text. RFC 7208 7.
 * The caller has looked up what `%{p}` needs; syntax is checked by spf-record.ts for records and here for explanations.
 */
import { ipv6Nibbles } from '../dns/reverse-name.ts';
import { encodeOctets } from '../mail/octets.ts';

export interface MacroValues {
  /** The client's address, IPv4-mapped ones as IPv4. */
  readonly address: string;
  readonly local: string;
  readonly senderDomain: string;
  readonly helo: string;
  readonly receiver: string;
  /** Seconds since 1970. */
  readonly time: number;
}

const MACROS = /%(?:\{([a-z])(\d*)(r?)([.\-+,/_=]*)\}|(.?))/gi;
/** Here the letters c, r and t are allowed as well. RFC 7208 7.2 */
const EXPLANATION = /^(?:%\{[slodiphvcrt](?:[1-9][0-9]*)?r?[.\-+,/_=]*\}|%[%_-]|[\x20-\x24\x26-\x7e])*$/i;
const LITERALS: Readonly<Record<string, string>> = { '%': '%', _: ' ', '-': '%20' };
const MAX_NAME = 253;

/** Whether the text needs the client's validated name. */
export function usesValidatedName(text: string): boolean {
  return /%\{p/i.test(text);
}

/** Whether the text of an exp= record is well-formed. RFC 7208 6.2 */
export function isExplanation(text: string): boolean {
  return EXPLANATION.test(text);
}

/** Longer expansions are given up; no name and no reply has room for them. */
const MAX_EXPANSION = 4096;

/** A domain-spec as the name to ask for; too long a name loses labels on the left. Undefined when it is no name. */
export function expandDomain(
  spec: string,
  values: MacroValues,
  domain: string,
  validatedName: string,
): string | undefined {
  const expanded = spec.includes('%') ? expandMacros(spec, values, domain, validatedName) : spec;
  if (expanded === undefined) return undefined;
  const name = expanded.endsWith('.') ? expanded.slice(0, -1) : expanded;
  return queryName(
    name.length <= MAX_NAME ? name : name.slice(name.indexOf('.', name.length - MAX_NAME - 1) + 1),
  );
}

/** A well-formed macro string expanded, unless it gets too long. `domain` is the one whose record it stands in. */
export function expandMacros(
  text: string,
  values: MacroValues,
  domain: string,
  validatedName: string,
): string | undefined {
  let length = 0;
  const expanded = text.replace(
    MACROS,
    (_, letter?: string, digits = '', reverse = '', delimiters = '', literal = '') => {
      if (length > MAX_EXPANSION) return '';
      if (letter === undefined) return LITERALS[literal] ?? '';
      const value = letterValue(letter.toLowerCase(), values, domain, validatedName);
      const shaped = transform(value, digits, reverse !== '', delimiters);
      const piece = letter === letter.toUpperCase() ? percentEscape(shaped) : shaped;
      length += piece.length;
      return piece;
    },
  );
  return length > MAX_EXPANSION ? undefined : expanded;
}

function letterValue(letter: string, values: MacroValues, domain: string, validatedName: string): string {
  switch (letter) {
    case 's':
      return `${values.local}@${values.senderDomain}`;
    case 'l':
      return values.local;
    case 'o':
      return values.senderDomain;
    case 'd':
      return domain;
    case 'i':
      return dottedAddress(values.address);
    case 'p':
      return validatedName;
    case 'v':
      return values.address.includes(':') ? 'ip6' : 'in-addr';
    case 'h':
      return values.helo;
    case 'c':
      return values.address;
    case 'r':
      return values.receiver;
    default:
      return String(values.time);
  }
}

/** IPv6 as 32 digits with dots between them, IPv4 as it is. */
function dottedAddress(address: string): string {
  return address.includes(':') ? [...ipv6Nibbles(address)].join('.').toUpperCase() : address;
}

function transform(value: string, digits: string, reverse: boolean, delimiters: string): string {
  if (digits === '' && !reverse && delimiters === '') return value;
  const parts = splitAny(value, delimiters === '' ? '.' : delimiters);
  if (reverse) parts.reverse();
  return parts.slice(digits === '' ? 0 : -Number(digits)).join('.');
}

function splitAny(value: string, delimiters: string): string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < value.length; at++) {
    if (!delimiters.includes(value.charAt(at))) continue;
    parts.push(value.slice(start, at));
    start = at + 1;
  }
  parts.push(value.slice(start));
  return parts;
}

/** All but the unreserved characters of RFC 3986. */
function percentEscape(text: string): string {
  if (/^[A-Za-z0-9._~-]*$/.test(text)) return text;
  let escaped = '';
  for (const byte of encodeOctets(text)) {
    const c = String.fromCharCode(byte);
    escaped += /[A-Za-z0-9._~-]/.test(c) ? c : `%${(byte + 256).toString(16).slice(1).toUpperCase()}`;
  }
  return escaped;
}

const QUERY_NAME = /^[\x20-\x2d\x2f-\x7e]{1,63}(?:\.[\x20-\x2d\x2f-\x7e]{1,63})*$/;

/**
 * The text as a name that can be asked for, undefined when it is none. Unlike host names, names in SPF may hold any
 * ASCII character. RFC 7208 4.8, RFC 8616 4
 */
export function queryName(text: string): string | undefined {
  const name = (text.endsWith('.') ? text.slice(0, -1) : text).toLowerCase();
  return name.length <= MAX_NAME && QUERY_NAME.test(name) ? name : undefined;
}

/**
 * An SPF record read into its terms. RFC 7208 4.6.1, 5, 6, 7.1, 12.
 * The whole record is read before any of it is judged: one bad term anywhere makes it a permerror.
 * What the terms mean for an address is spf-evaluation.ts; macros are expanded by spf-macro.ts.
 */
import { isIPv4 } from 'node:net';
import { ipv4Digits, ipv6Digits } from './ip-network.ts';

export type Qualifier = '+' | '-' | '~' | '?';
export type Mechanism = 'all' | 'include' | 'a' | 'mx' | 'ptr' | 'ip4' | 'ip6' | 'exists';

export interface Directive {
  readonly qualifier: Qualifier;
  readonly mechanism: Mechanism;
  /** Unexpanded; undefined: the domain that is checked. */
  readonly domainSpec: string | undefined;
  /** Digits of ip-network.ts, for ip4 and ip6. */
  readonly network: string;
  readonly prefix4: number;
  readonly prefix6: number;
  /** As written. */
  readonly text: string;
}

export interface SpfRecord {
  readonly directives: readonly Directive[];
  readonly redirect: string | undefined;
  readonly explanation: string | undefined;
}

/** The record breaks the grammar: permerror. The message says where. */
export class SpfSyntaxError extends Error {}

/** Longer records are a permerror; RFC 7208 3.4 wants them to fit into 512 octets. */
const MAX_RECORD = 8192;

/** Whether a TXT record is an SPF record at all. RFC 7208 4.5 */
export function isSpfRecord(text: string): boolean {
  return /^v=spf1(?: |$)/i.test(text);
}

/** Throws a SpfSyntaxError. */
export function parseSpfRecord(text: string): SpfRecord {
  if (!isSpfRecord(text)) throw new SpfSyntaxError('record does not begin with v=spf1');
  if (text.length > MAX_RECORD) throw new SpfSyntaxError(`record of more than ${MAX_RECORD} characters`);
  const directives: Directive[] = [];
  const modifiers = new Map<string, string>();
  for (const term of text.slice('v=spf1'.length).split(' ')) {
    if (term === '') continue;
    if (!/^[\x21-\x7e]+$/.test(term)) throw wrong(term);
    const modifier = /^([a-z][a-z0-9_.-]*)=(.*)$/i.exec(term);
    if (modifier) addModifier(modifiers, term, modifier[1] ?? '', modifier[2] ?? '');
    else directives.push(parseDirective(term));
  }
  return { directives, redirect: modifiers.get('redirect'), explanation: modifiers.get('exp') };
}

/** Only these two mean something; the others must still be well-formed. RFC 7208 6 */
function addModifier(modifiers: Map<string, string>, term: string, written: string, value: string): void {
  const name = written.toLowerCase();
  if (name !== 'redirect' && name !== 'exp') {
    if (!MACRO_STRING.test(value)) throw wrong(term);
    return;
  }
  if (modifiers.has(name) || !isDomainSpec(value)) throw wrong(term);
  modifiers.set(name, value);
}

/** What may follow the name of a mechanism. */
const FORMS: Readonly<Record<Mechanism, { domain: 'no' | 'may' | 'must' | 'network'; prefixes: boolean }>> = {
  all: { domain: 'no', prefixes: false },
  include: { domain: 'must', prefixes: false },
  a: { domain: 'may', prefixes: true },
  mx: { domain: 'may', prefixes: true },
  ptr: { domain: 'may', prefixes: false },
  ip4: { domain: 'network', prefixes: false },
  ip6: { domain: 'network', prefixes: false },
  exists: { domain: 'must', prefixes: false },
};

function parseDirective(term: string): Directive {
  const parts = /^([-+~?]?)([a-z0-9]+)(?=[:/]|$)(.*)$/i.exec(term);
  const mechanism = (parts?.[2] ?? '').toLowerCase() as Mechanism;
  if (!parts || !Object.hasOwn(FORMS, mechanism)) throw wrong(term);
  const qualifier = (parts[1] || '+') as Qualifier;
  const rest = parts[3] ?? '';
  const form = FORMS[mechanism];
  const base = {
    qualifier,
    mechanism,
    domainSpec: undefined,
    network: '',
    prefix4: 32,
    prefix6: 128,
    text: term,
  };
  if (form.domain === 'network') return { ...base, ...parseNetwork(mechanism, rest, term) };
  const { spec, prefix4, prefix6 } = splitPrefixes(rest, form.prefixes, term);
  if (spec === '') {
    if (form.domain === 'must') throw wrong(term);
    return { ...base, prefix4, prefix6 };
  }
  if (form.domain === 'no' || !spec.startsWith(':') || !isDomainSpec(spec.slice(1))) throw wrong(term);
  return { ...base, domainSpec: spec.slice(1), prefix4, prefix6 };
}

function parseNetwork(mechanism: Mechanism, rest: string, term: string) {
  const parts = /^:([^/]+)(?:\/(\d+))?$/.exec(rest);
  if (!parts) throw wrong(term);
  const text = parts[1] ?? '';
  const network = mechanism === 'ip4' ? strictIpv4(text) : ipv6Digits(text);
  if (network === undefined) throw wrong(term);
  const bits = mechanism === 'ip4' ? 32 : 128;
  const prefix = prefixLength(parts[2], bits, term);
  return mechanism === 'ip4' ? { network, prefix4: prefix } : { network, prefix6: prefix };
}

function strictIpv4(text: string): string | undefined {
  return isIPv4(text) ? ipv4Digits(text) : undefined;
}

/** `:domain/24//64` into its three parts. */
function splitPrefixes(rest: string, allowed: boolean, term: string) {
  if (!allowed) return { spec: rest, prefix4: 32, prefix6: 128 };
  const parts = /^(.*?)(?:\/(\d+))?(?:\/\/(\d+))?$/.exec(rest);
  return {
    spec: parts?.[1] ?? '',
    prefix4: prefixLength(parts?.[2], 32, term),
    prefix6: prefixLength(parts?.[3], 128, term),
  };
}

function prefixLength(digits: string | undefined, bits: number, term: string): number {
  if (digits === undefined) return bits;
  if (!/^(?:0|[1-9]\d{0,2})$/.test(digits) || Number(digits) > bits) throw wrong(term);
  return Number(digits);
}

const MACRO = '%\\{[slodiphv](?:[1-9][0-9]*)?r?[.\\-+,/_=]*\\}|%[%_-]';
const MACRO_STRING = new RegExp(`^(?:${MACRO}|[\\x21-\\x24\\x26-\\x7e])*$`, 'i');
const TOP_LABEL = '(?=[a-z0-9-]*[a-z-])[a-z0-9](?:[a-z0-9-]*[a-z0-9])?';
const DOMAIN_END = new RegExp(`(?:\\.${TOP_LABEL}\\.?|${MACRO})$`, 'i');

/** RFC 7208 7.1: a macro string that ends in a macro or in a top-level label. */
function isDomainSpec(text: string): boolean {
  return MACRO_STRING.test(text) && DOMAIN_END.test(text);
}

function wrong(term: string): SpfSyntaxError {
  return new SpfSyntaxError(`invalid term "${term.slice(0, 100)}"`);
}

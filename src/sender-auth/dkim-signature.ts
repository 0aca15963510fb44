/**
 * A DKIM-Signature field read and judged by its own words, before any key is asked for. RFC 6376 3.5, 6.1.1;
 * RFC 8301 (no rsa-sha1), RFC 8463 (Ed25519). ARC-Message-Signature has the same form: arc.ts.
 * Every rule is a row; the first that a signature breaks decides what it is worth.
 */
import type { Canonicalization } from './body-hash.ts';
import { isAtOrBelow, qualifiedName } from './domain-name.ts';
import { fieldBody, type HeaderField } from './header-fields.ts';
import {
  domainOf,
  isBase64,
  isTime,
  type KeyType,
  keyTypeOf,
  lacks,
  secondsOf,
  selectorOf,
  utf8,
  wrong,
} from './signature-tags.ts';
import { compact, listTag, parseTags, type Tags } from './tag-list.ts';

/** Why a signature or key is not valid, in the words of RFC 8601 2.7.1. */
export interface Refusal {
  readonly result: 'neutral' | 'policy' | 'permerror' | 'temperror';
  readonly comment: string;
}

export interface Signature {
  readonly field: HeaderField;
  readonly keyType: KeyType;
  /** `d=` and `s=`, as they are looked up. */
  readonly domain: string;
  readonly selector: string;
  /** The domain of `i=`, which is `d=` when there is none. */
  readonly identityDomain: string;
  readonly headerCanonicalization: Canonicalization;
  readonly bodyCanonicalization: Canonicalization;
  /** Names of the signed fields in lower case, as listed. */
  readonly signedFields: readonly string[];
  readonly bodyHash: Buffer;
  readonly value: Buffer;
  /** `l=`: bytes of the body that are covered; undefined: all. */
  readonly bodyLength: number | undefined;
}

/** What is said about a signature even when it is not valid; empty where it cannot be read. */
export interface SignatureLabel {
  readonly domain: string;
  readonly selector: string;
  readonly algorithm: string;
  /** `i=`, or `@` and the domain. */
  readonly identity: string;
  /** The first 8 characters of `b=`, which tell signatures apart. */
  readonly signatureStart: string;
}

export interface SignatureRules {
  /** Seconds since 1970. */
  readonly now: number;
  /** `v=` is the version; ARC has none, and `i=` is something else there. */
  readonly kind: 'dkim' | 'arc';
}

export type ParsedSignature =
  | { readonly kind: 'good'; readonly label: SignatureLabel; readonly signature: Signature }
  | { readonly kind: 'bad'; readonly label: SignatureLabel; readonly refusal: Refusal };

/** Reads one signature field. */
export function parseSignature(field: HeaderField, rules: SignatureRules): ParsedSignature {
  const tags = parseTags(fieldBody(field));
  const label = labelOf(tags ?? new Map());
  if (!tags) return { kind: 'bad', label, refusal: neutral('signature is no tag list') };
  for (const rule of RULES) {
    if (rule.only !== undefined && rule.only !== rules.kind) continue;
    const refusal = rule.broken(tags, rules) ? rule.refusal : undefined;
    if (refusal) return { kind: 'bad', label, refusal };
  }
  return { kind: 'good', label, signature: signatureOf(field, tags) };
}

/** Clocks may differ by so many seconds. */
const CLOCK_DRIFT = 300;
const FIELD_LIST = /^[\x21-\x3a\x3c-\x7e]+$/;
const CANONICALIZATION = /^(?:simple|relaxed)(?:\/(?:simple|relaxed))?$/i;

interface Rule {
  readonly only?: 'dkim' | 'arc';
  readonly broken: (tags: Tags, rules: SignatureRules) => boolean;
  readonly refusal: Refusal;
}

const RULES: readonly Rule[] = [
  { only: 'dkim', broken: (tags) => !tags.has('v'), refusal: neutral('no v= tag') },
  { only: 'dkim', broken: (tags) => tags.get('v') !== '1', refusal: neutral('unknown version') },
  { broken: lacks('a', 'b', 'bh', 'd', 'h', 's'), refusal: neutral('a required tag is missing') },
  { broken: (tags) => /^rsa-sha1$/i.test(tags.get('a') ?? ''), refusal: policy('rsa-sha1 is not secure') },
  { broken: (tags) => keyTypeOf(tags) === undefined, refusal: neutral('unknown algorithm') },
  {
    broken: wrong('c', (value) => CANONICALIZATION.test(value)),
    refusal: neutral('unknown canonicalization'),
  },
  {
    broken: wrong('q', (value) => value.toLowerCase().split(':').includes('dns/txt')),
    refusal: neutral('unknown query method'),
  },
  { broken: wrong('b', isBase64), refusal: neutral('b= is not base64') },
  { broken: wrong('bh', isBase64), refusal: neutral('bh= is not base64') },
  { broken: wrong('h', (value) => FIELD_LIST.test(value)), refusal: neutral('h= is no list of fields') },
  { broken: wrong('l', (value) => /^\d{1,76}$/.test(value)), refusal: neutral('l= is no number') },
  { broken: wrong('t', isTime), refusal: neutral('t= is no time') },
  { broken: wrong('x', isTime), refusal: neutral('x= is no time') },
  { broken: (tags) => domainOf(tags) === undefined, refusal: neutral('d= is no domain') },
  { broken: (tags) => selectorOf(tags) === undefined, refusal: neutral('s= is no selector') },
  {
    only: 'dkim',
    broken: (tags) => identityDomainOf(tags) === undefined,
    refusal: permerror('i= is not within d='),
  },
  { broken: (tags) => !listTag(tags, 'h')?.includes('from'), refusal: permerror('From is not signed') },
  { broken: (tags) => secondsOf(tags, 'x') <= secondsOf(tags, 't', -1), refusal: neutral('x= is before t=') },
  {
    broken: (tags, { now }) => secondsOf(tags, 'x') < now - CLOCK_DRIFT,
    refusal: policy('signature has expired'),
  },
  {
    broken: (tags, { now }) => secondsOf(tags, 't', 0) > now + CLOCK_DRIFT,
    refusal: policy('signature is from the future'),
  },
];

/** RFC 6376 3.5 i=: the same domain as d= or one below it. */
function identityDomainOf(tags: Tags): string | undefined {
  const domain = domainOf(tags) ?? '';
  const identity = compact(tags, 'i');
  if (identity === undefined) return domain;
  const at = identity.lastIndexOf('@');
  const name = at < 0 ? undefined : qualifiedName(utf8(identity.slice(at + 1)));
  return name !== undefined && isAtOrBelow(name, domain) ? name : undefined;
}

function signatureOf(field: HeaderField, tags: Tags): Signature {
  const [header = 'simple', body = 'simple'] = (compact(tags, 'c') ?? 'simple').toLowerCase().split('/');
  const bodyLength = tags.get('l');
  return {
    field,
    keyType: keyTypeOf(tags) ?? 'rsa',
    domain: domainOf(tags) ?? '',
    selector: selectorOf(tags) ?? '',
    identityDomain: identityDomainOf(tags) ?? '',
    headerCanonicalization: header as Canonicalization,
    bodyCanonicalization: body as Canonicalization,
    signedFields: listTag(tags, 'h') ?? [],
    bodyHash: Buffer.from(compact(tags, 'bh') ?? '', 'base64'),
    value: Buffer.from(compact(tags, 'b') ?? '', 'base64'),
    bodyLength: bodyLength === undefined ? undefined : Number(bodyLength),
  };
}

function labelOf(tags: Tags): SignatureLabel {
  const domain = domainOf(tags) ?? '';
  return {
    domain,
    selector: selectorOf(tags) ?? '',
    algorithm: (tags.get('a') ?? '').toLowerCase().slice(0, 40),
    identity: identityDomainOf(tags) ? (compact(tags, 'i') ?? `@${domain}`) : '',
    signatureStart: (compact(tags, 'b') ?? '').slice(0, 8),
  };
}

function neutral(comment: string): Refusal {
  return { result: 'neutral', comment };
}

function policy(comment: string): Refusal {
  return { result: 'policy', comment };
}

function permerror(comment: string): Refusal {
  return { result: 'permerror', comment };
}

/**
 * The public key of a signature: asked for in the DNS, read and judged. RFC 6376 3.6.1, 6.1.2; RFC 8301 (1024 bits at
 * least), RFC 8463 (Ed25519). `g=` and unknown tags are ignored.
 * No answer now is a temperror; no key, a revoked key and a broken one are a permerror, a weak one is against policy.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Dns } from '../dns/dns.ts';
import type { Deadline } from './deadline.ts';
import type { Refusal } from './dkim-signature.ts';
import { Kept } from './kept.ts';
import { isBase64, type KeyType } from './signature-tags.ts';
import { compact, listTag, parseTags, type Tags } from './tag-list.ts';

export interface KeyRecord {
  readonly key: KeyObject;
  readonly keyType: KeyType;
  /** Of the modulus; 256 for Ed25519. */
  readonly bits: number;
  /** `t=y`: the domain is only testing. */
  readonly testing: boolean;
  /** `t=s`: `i=` must be the very domain. */
  readonly sameDomain: boolean;
}

export type KeyAnswer =
  | { readonly kind: 'key'; readonly record: KeyRecord }
  /** `unusable`: there is a record, but no key in it that may be used. */
  | { readonly kind: 'absent' | 'unusable' | 'unknown'; readonly refusal: Refusal };

const MIN_BITS = 1024;
/** Larger keys cost too much time to check; RFC 8301 3.2 asks for 4096. */
const MAX_BITS = 8192;
const MAX_EXPONENT = 2n ** 64n;
const MAX_RECORD = 4096;

const NO_KEY: KeyAnswer = { kind: 'absent', refusal: { result: 'permerror', comment: 'no key' } };

/** Asks for the key of a selector. Never rejects. */
export async function findKey(
  selector: string,
  domain: string,
  dns: Dns,
  deadline: Deadline,
): Promise<KeyAnswer> {
  const answer = await deadline.within(dns.txt(`${selector}._domainkey.${domain}`));
  if (answer.kind === 'unknown')
    return { kind: 'unknown', refusal: { result: 'temperror', comment: `key look-up: ${answer.why}` } };
  if (answer.kind === 'absent') return NO_KEY;
  const answers = answer.records.slice(0, MAX_RECORDS).map(readKeyRecord);
  return answers.find((one) => one.kind === 'key') ?? answers[0] ?? NO_KEY;
}

/** RFC 6376 6.1.2: of several records any may be taken; one that is no key at all does not hide the key. */
const MAX_RECORDS = 5;

/** Making a key of a record takes longer than checking a signature with it. */
const keptRecords = new Kept<KeyAnswer>(1000);

/** Reads one TXT record. */
export function readKeyRecord(text: string): KeyAnswer {
  if (text.length > MAX_RECORD) return unusable('permerror', 'key record is no tag list');
  return keptRecords.get(text, () => freshKeyRecord(text));
}

function freshKeyRecord(text: string): KeyAnswer {
  const tags = parseTags(text);
  if (!tags) return unusable('permerror', 'key record is no tag list');
  for (const { broken, comment } of RECORD_RULES) {
    if (broken(tags)) return unusable('permerror', comment);
  }
  const keyType = keyTypeOf(tags) ?? 'rsa';
  const key = importKey(keyType, compact(tags, 'p') ?? '');
  if (!key) return unusable('permerror', 'key is broken');
  const bits = keyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 256;
  const unfit = keyType === 'rsa' ? unfitRsa(key, bits) : undefined;
  if (unfit) return unusable('policy', unfit);
  const flags = listTag(tags, 't') ?? [];
  const record = { key, keyType, bits, testing: flags.includes('y'), sameDomain: flags.includes('s') };
  return { kind: 'key', record };
}

const RECORD_RULES: readonly { broken: (tags: Tags) => boolean; comment: string }[] = [
  { broken: (tags) => tags.has('v') && !isFirstVersion(tags), comment: 'unknown key version' },
  { broken: (tags) => !tags.has('p'), comment: 'no key in the key record' },
  { broken: (tags) => tags.get('p') === '', comment: 'key is revoked' },
  { broken: (tags) => keyTypeOf(tags) === undefined, comment: 'unknown key type' },
  { broken: (tags) => excludes(tags, 'h', ['sha256']), comment: 'key is not for sha256' },
  { broken: (tags) => excludes(tags, 's', ['*', 'email']), comment: 'key is not for mail' },
];

function isFirstVersion(tags: Tags): boolean {
  const [first] = tags.keys();
  return first === 'v' && tags.get('v') === 'DKIM1';
}

function keyTypeOf(tags: Tags): KeyType | undefined {
  const type = tags.get('k') ?? 'rsa';
  return type === 'rsa' || type === 'ed25519' ? type : undefined;
}

function excludes(tags: Tags, name: string, wanted: readonly string[]): boolean {
  const list = listTag(tags, name);
  return list !== undefined && !wanted.some((value) => list.includes(value));
}

function unfitRsa(key: KeyObject, bits: number): string | undefined {
  if (bits < MIN_BITS) return `key of ${bits} bits is too weak`;
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 0n;
  return bits > MAX_BITS || exponent > MAX_EXPONENT ? `key of ${bits} bits is too large` : undefined;
}

function importKey(type: KeyType, base64: string): KeyObject | undefined {
  if (!isBase64(base64)) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  try {
    return type === 'rsa' ? rsaKey(bytes) : ed25519Key(bytes);
  } catch {
    return undefined;
  }
}

/** SubjectPublicKeyInfo as everybody publishes it, or the RSAPublicKey that RFC 6376 asks for. Throws. */
function rsaKey(der: Buffer): KeyObject {
  const type = isSpki(der) ? 'spki' : 'pkcs1';
  const key = createPublicKey({ key: der, format: 'der', type });
  if (key.asymmetricKeyType !== 'rsa') throw new RangeError('no RSA key');
  return key;
}

/** An RSAPublicKey holds two numbers, the other begins with a sequence. */
function isSpki(der: Buffer): boolean {
  const lengthBytes = (der[1] ?? 0) < 0x80 ? 0 : (der[1] ?? 0) & 0x7f;
  return der[2 + lengthBytes] === 0x30;
}

const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** RFC 8463 4.2: the 32 bytes themselves. Throws. */
function ed25519Key(bytes: Buffer): KeyObject {
  if (bytes.length !== 32) throw new RangeError('no Ed25519 key');
  return createPublicKey({ key: Buffer.concat([ED25519_SPKI, bytes]), format: 'der', type: 'spki' });
}

function unusable(result: Refusal['result'], comment: string): KeyAnswer {
  return { kind: 'unusable', refusal: { result, comment } };
}

/**
 * Makes DKIM keys and compares a key with what the DNS publishes. RFC 6376 3.6.1, RFC 8301 3.2 (2048 bits), RFC 8463 4.
 * Serves `dkim keygen` and `check`. Where key files lie and who may read them is not known here.
 */
import { createPublicKey, generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import type { Dns } from '../dns/dns.ts';
import { Deadline } from './deadline.ts';
import { findKey } from './dkim-key.ts';
import type { SigningKey } from './dkim-sign.ts';
import type { KeyType } from './signature-tags.ts';

export interface DkimKeyPair {
  /** PKCS #8. */
  readonly privateKeyPem: string;
  /** `v=DKIM1; k=rsa; p=...` */
  readonly record: string;
}

const RSA_BITS = 2048;
const makePair = promisify(generateKeyPair);

export async function makeDkimKey(type: KeyType): Promise<DkimKeyPair> {
  const { privateKey } =
    type === 'rsa' ? await makePair('rsa', { modulusLength: RSA_BITS }) : await makePair('ed25519');
  const privateKeyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { privateKeyPem, record: recordOf(type, privateKey) };
}

/** The TXT record that publishes the other half of a private key. */
export function recordOf(type: KeyType, privateKey: KeyObject): string {
  const der = spki(createPublicKey(privateKey));
  const bytes = type === 'rsa' ? der : der.subarray(-32);
  return `v=DKIM1; k=${type}; p=${bytes.toString('base64')}`;
}

/** Keys are compared in this form: KeyObject.equals on two types leaves an error behind that the next call throws. */
function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}

/** RFC 1035 3.3: a TXT record is made of strings of at most 255 octets. */
const TXT_STRING = 255;

/** Where the record of a key stands in the DNS. */
export function recordName(domain: string, selector: string): string {
  return `${selector}._domainkey.${domain}`;
}

/** The record as a line of a zone file. */
export function zoneLine(domain: string, selector: string, record: string): string {
  const strings = record.match(new RegExp(`.{1,${TXT_STRING}}`, 'g')) ?? [];
  return `${recordName(domain, selector)}. IN TXT ( ${strings.map((text) => `"${text}"`).join(' ')} )`;
}

export type KeyComparison =
  | { readonly kind: 'same' }
  /** What the DNS says is not this key, or nothing usable. `why` is a sentence for the operator. */
  | { readonly kind: 'different' | 'absent' | 'unknown'; readonly why: string };

/** Whether the DNS publishes the public half of this key. Never rejects. */
export async function compareKeyWithDns(
  { domain, selector, key }: SigningKey,
  options: { readonly dns: Dns; readonly timeoutMs: number },
): Promise<KeyComparison> {
  const ours = createPublicKey(key);
  const deadline = new Deadline(options.timeoutMs);
  try {
    const answer = await findKey(selector, domain, options.dns, deadline);
    if (answer.kind !== 'key') {
      return { kind: answer.kind === 'unusable' ? 'different' : answer.kind, why: answer.refusal.comment };
    }
    const isSame = spki(answer.record.key).equals(spki(ours));
    return isSame ? { kind: 'same' } : { kind: 'different', why: 'the DNS publishes another key' };
  } finally {
    deadline.end();
  }
}

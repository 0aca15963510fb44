/** Whether a signature holds: what it covers is hashed as it says and checked with its key. RFC 6376 3.7, 5.4.2, 6.1.3 */
import { createHash, type KeyObject, verify } from 'node:crypto';
import type { BodyHash } from './body-hash.ts';
import type { Signature } from './dkim-signature.ts';
import { type HeaderField, relaxedField, withoutSignature } from './header-fields.ts';
import type { KeyType } from './signature-tags.ts';

/** Whether the body is the one that was signed. */
export function bodyMatches(signature: Signature, body: BodyHash): boolean {
  if (signature.bodyLength !== undefined && signature.bodyLength > body.total) return false;
  return signature.bodyHash.equals(body.digest());
}

/** Whether the key made this signature over these fields. */
export function headerMatches(signature: Signature, fields: SignableFields, key: KeyObject): boolean {
  const covered = fields.select(signature.signedFields, signature.headerCanonicalization);
  const own = withoutSignature(signature.field);
  covered.push(signature.headerCanonicalization === 'relaxed' ? relaxedField(own) : own.raw);
  return isSignedBy(key, signature.keyType, Buffer.from(covered.join('\r\n'), 'latin1'), signature.value);
}

/** RFC 8463 3: Ed25519 signs the SHA-256 of the data. Never throws. */
export function isSignedBy(key: KeyObject, type: KeyType, data: Buffer, signature: Buffer): boolean {
  try {
    if (type === 'rsa') return verify('sha256', data, key, signature);
    return verify(null, createHash('sha256').update(data).digest(), key, signature);
  } catch {
    return false;
  }
}

/** The fields of a message as signatures pick them: for each name from the bottom up, each field once. RFC 6376 5.4.2 */
export class SignableFields {
  readonly #byName = new Map<string, HeaderField[]>();
  readonly #relaxed = new Map<HeaderField, string>();

  constructor(fields: readonly HeaderField[]) {
    for (const field of fields) {
      if (field.name === '') continue;
      const same = this.#byName.get(field.name);
      if (same) same.push(field);
      else this.#byName.set(field.name, [field]);
    }
  }

  /** The fields of these names, canonical; a name without a field (left) counts as nothing. */
  select(names: readonly string[], canonicalization: 'simple' | 'relaxed'): string[] {
    const taken = new Map<string, number>();
    const selected: string[] = [];
    for (const name of names) {
      const count = (taken.get(name) ?? 0) + 1;
      taken.set(name, count);
      const field = this.#byName.get(name)?.at(-count);
      if (field) selected.push(canonicalization === 'relaxed' ? this.#relaxedOnce(field) : field.raw);
    }
    return selected;
  }

  #relaxedOnce(field: HeaderField): string {
    const known = this.#relaxed.get(field);
    if (known !== undefined) return known;
    const text = relaxedField(field);
    this.#relaxed.set(field, text);
    return text;
  }
}

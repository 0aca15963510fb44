/**
 * Signs a message while it passes by: one DKIM-Signature field for each key, relaxed/relaxed. RFC 6376 5, RFC 8301,
 * RFC 8463. Parameters it serves: dkim_sign, dkim_signing_maps. Which key signs for whom is not decided here.
 * Fields that must not be added later are signed once more than they occur; those that the way of a mail changes
 * (Received, Return-Path, Authentication-Results) are not signed at all.
 */
import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { type BodyHash, BodyHashes } from './body-hash.ts';
import { qualifiedName } from './domain-name.ts';
import { type HeaderField, headerFields, relaxedField } from './header-fields.ts';
import { SignableFields } from './signature-check.ts';
import type { KeyType } from './signature-tags.ts';

/** A key that can sign; made once, not for each mail. */
export interface SigningKey {
  readonly domain: string;
  readonly selector: string;
  readonly type: KeyType;
  readonly key: KeyObject;
}

/** RFC 8301 3.2 */
const MIN_BITS = 1024;

/** The key of a PEM text. Throws a RangeError that says what is wrong with it and never shows the key. */
export function signingKey(domain: string, selector: string, pem: string | Buffer): SigningKey {
  const name = qualifiedName(`${selector}._domainkey.${domain}`);
  if (name === undefined)
    throw new RangeError(
      `"${selector}._domainkey.${domain}": no domain name; a domain and a selector are needed`,
    );
  const key = privateKey(pem, name);
  const type = key.asymmetricKeyType;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (type === 'ed25519' || (type === 'rsa' && bits >= MIN_BITS)) {
    const [asciiSelector = '', asciiDomain = ''] = name.split('._domainkey.');
    return { domain: asciiDomain, selector: asciiSelector, type, key };
  }
  const found = type === 'rsa' ? `RSA of ${bits} bits` : type;
  throw new RangeError(`key of ${name} is ${found}; RSA of at least ${MIN_BITS} bits or Ed25519 is needed`);
}

function privateKey(pem: string | Buffer, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new RangeError(
      `key of ${name} cannot be read; a private key in PEM form without a passphrase is needed`,
    );
  }
}

/**
 * `always`: also when the field is missing, so that none can be added; `present`: if there is one, and then no second;
 * `plain`: if there is one. RFC 6376 5.4.1, 8.15
 */
const SIGNED_FIELDS: readonly [name: string, how: 'always' | 'present' | 'plain'][] = [
  ['From', 'always'],
  ['To', 'always'],
  ['Cc', 'always'],
  ['Subject', 'always'],
  ['Date', 'always'],
  ['Reply-To', 'always'],
  ['Message-ID', 'present'],
  ['In-Reply-To', 'present'],
  ['References', 'present'],
  ['MIME-Version', 'present'],
  ['Content-Type', 'present'],
  ['Content-Transfer-Encoding', 'present'],
  ['Content-ID', 'present'],
  ['Content-Description', 'present'],
  ['Sender', 'plain'],
  ['Resent-Date', 'plain'],
  ['Resent-From', 'plain'],
  ['Resent-To', 'plain'],
  ['Resent-Cc', 'plain'],
  ['Resent-Message-ID', 'plain'],
  ['List-Id', 'plain'],
  ['List-Help', 'plain'],
  ['List-Unsubscribe', 'plain'],
  ['List-Unsubscribe-Post', 'plain'],
  ['List-Subscribe', 'plain'],
  ['List-Post', 'plain'],
  ['List-Owner', 'plain'],
  ['List-Archive', 'plain'],
];

export interface SigningOptions {
  /** Each makes a signature; the first stands on top. */
  readonly keys: readonly SigningKey[];
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

export class DkimSigning {
  readonly #options: SigningOptions;
  readonly #bodies = new BodyHashes();
  readonly #body: BodyHash = this.#bodies.want('relaxed');
  #fields: readonly HeaderField[] = [];

  constructor(options: SigningOptions) {
    this.#options = options;
  }

  /** The whole header block in CRLF form, as it will be sent. */
  header(rawHeaderBlock: Buffer): void {
    this.#fields = headerFields(rawHeaderBlock);
  }

  /** A part of the body in CRLF form, before dots are doubled. */
  body(chunk: Buffer): void {
    this.#bodies.update(chunk);
  }

  /** The fields to put on top, folded, each with its CRLF. Rejects when a key cannot sign. */
  async finish(): Promise<Buffer> {
    this.#bodies.end();
    const names = namesToSign(this.#fields);
    const covered = new SignableFields(this.#fields).select(names.map(lower), 'relaxed');
    const time = Math.trunc((this.#options.clock ?? Date.now)() / 1000);
    const fields = this.#options.keys.map(async (key) => {
      const unsigned = unsignedField(key, time, names, this.#body.digest());
      const own = relaxedField({ name: 'dkim-signature', raw: unsigned });
      const data = Buffer.from([...covered, own].join('\r\n'), 'latin1');
      return `${unsigned}${wrapped(await signatureOf(key, data))}\r\n`;
    });
    return Buffer.from((await Promise.all(fields)).join(''), 'latin1');
  }
}

/** The names for `h=`: each as often as the field occurs, and once more where no other may be added. */
function namesToSign(fields: readonly HeaderField[]): string[] {
  const counts = new Map<string, number>();
  for (const { name } of fields) counts.set(name, (counts.get(name) ?? 0) + 1);
  const names: string[] = [];
  for (const [name, how] of SIGNED_FIELDS) {
    const count = counts.get(lower(name)) ?? 0;
    const extra = how === 'always' || (how === 'present' && count > 0) ? 1 : 0;
    for (let left = count + extra; left > 0; left--) names.push(name);
  }
  return names;
}

function unsignedField(key: SigningKey, time: number, names: readonly string[], bodyHash: Buffer): string {
  return [
    `DKIM-Signature: v=1; a=${key.type}-sha256; c=relaxed/relaxed; d=${key.domain};`,
    `\ts=${key.selector}; t=${time};`,
    `\th=${foldedNames(names)};`,
    `\tbh=${bodyHash.toString('base64')};`,
    '\tb=',
  ].join('\r\n');
}

const LINE = 72;

function foldedNames(names: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const name of names) {
    if (line.length + name.length > LINE) {
      lines.push(line);
      line = '';
    }
    line += `${name}:`;
  }
  lines.push(line.slice(0, -1));
  return lines.join('\r\n\t ');
}

function wrapped(base64: string): string {
  return (base64.match(/.{1,72}/g) ?? []).join('\r\n\t ');
}

const signInPool = promisify(sign);

/** In the thread pool: an RSA signature takes the better part of a millisecond. RFC 8463 3 for Ed25519. */
async function signatureOf({ type, key }: SigningKey, data: Buffer): Promise<string> {
  if (type === 'rsa') return (await signInPool('sha256', data, key)).toString('base64');
  return sign(null, createHash('sha256').update(data).digest(), key).toString('base64');
}

function lower(name: string): string {
  return name.toLowerCase();
}

/**
 * What is kept of a password: one of several hashes, as Dovecot and crypt(3) write them, or a SCRAM verifier.
 * `{SCHEME}text` or the text alone where it says itself what it is. RFC 9106, RFC 5802, crypt(5).
 * Passwords in the clear are not read: a file of hashes that is lost is not yet a file of passwords.
 */

export interface Argon2Hash {
  readonly kind: 'argon2';
  readonly variant: 'argon2d' | 'argon2i' | 'argon2id';
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** bcrypt, SHA-256-crypt, SHA-512-crypt: the text is what crypt(3) makes of the password. */
export interface CryptHash {
  readonly kind: 'crypt';
  readonly text: string;
}

export interface ScramVerifier {
  readonly kind: 'scram';
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

export type Credential = Argon2Hash | CryptHash | ScramVerifier;

/** Why a text cannot be used, and what to do. */
export class BadCredential extends Error {
  readonly remedy: string;
  constructor(problem: string, remedy: string) {
    super(problem);
    this.remedy = remedy;
  }
}

/** A hash that costs more than this would let a few logins stop the gateway. */
const MAX_ARGON2_MEMORY_KIB = 1_048_576;
/** Memory times passes: how long it takes. */
const MAX_ARGON2_WORK_KIB = 4_194_304;
const MAX_ARGON2_LANES = 64;
const MAX_BCRYPT_COST = 15;
const MIN_CRYPT_ROUNDS = 1000;
const MAX_CRYPT_ROUNDS = 1_000_000;
const MAX_SCRAM_ITERATIONS = 10_000_000;

type Read = (text: string) => Credential;

/** THE table of schemes. */
const SCHEMES: Readonly<Record<string, Read>> = {
  ARGON2ID: readArgon2,
  ARGON2I: readArgon2,
  'BLF-CRYPT': readCrypt,
  BCRYPT: readCrypt,
  'SHA512-CRYPT': readCrypt,
  'SHA256-CRYPT': readCrypt,
  CRYPT: readCrypt,
  'SCRAM-SHA-256': readScram,
};

const IN_THE_CLEAR = new Set(['PLAIN', 'CLEAR', 'CLEARTEXT', 'PLAIN-TRUNC']);
const USE_COMMAND = 'set the password with "portcullis passwd"';
const KNOWN = `known are ${Object.keys(SCHEMES).join(', ')}; or ${USE_COMMAND}`;

/** Whether a field of a password file is meant to be a credential. */
export function looksLikeCredential(field: string): boolean {
  return field.startsWith('{') || field.startsWith('$');
}

/** Throws BadCredential. The text itself never stands in a message. */
export function readCredential(field: string): Credential {
  const [, scheme, text] = /^\{([^{}]*)\}(.*)$/s.exec(field) ?? [];
  if (scheme === undefined || text === undefined) return readBare(field);
  const name = scheme.replace(/\.(?:b64|base64|hex)$/i, '').toUpperCase();
  if (IN_THE_CLEAR.has(name)) throw new BadCredential('a password in the clear is not read', USE_COMMAND);
  const read = Object.hasOwn(SCHEMES, name) ? SCHEMES[name] : undefined;
  if (!read || name.length !== scheme.length) {
    throw new BadCredential(`the scheme {${scheme.slice(0, 40)}} is not known`, KNOWN);
  }
  return read(text);
}

function readBare(field: string): Credential {
  if (field.startsWith('$argon2')) return readArgon2(field);
  if (field.startsWith('$')) return readCrypt(field);
  throw new BadCredential('this is no hash', `a password in the clear is not read; ${USE_COMMAND}`);
}

/** `$argon2id$v=19$m=19456,t=2,p=1$salt$tag` */
const ARGON2 =
  /^\$(argon2id|argon2i|argon2d)\$v=19\$m=(\d{1,9}),t=(\d{1,9}),p=(\d{1,9})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

function readArgon2(text: string): Argon2Hash {
  const [, variant, m, t, p, salt, tag] = ARGON2.exec(text) ?? [];
  if (!variant || !salt || !tag) throw malformed('an Argon2 hash of version 19');
  const hash = {
    kind: 'argon2',
    variant: variant as Argon2Hash['variant'],
    memoryKib: Number(m),
    passes: Number(t),
    lanes: Number(p),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  } as const;
  const isSane =
    hash.passes >= 1 && hash.lanes >= 1 && hash.memoryKib >= 8 * hash.lanes && hash.salt.length >= 8;
  if (!isSane || hash.tag.length < 16) throw malformed('an Argon2 hash of version 19');
  const work = hash.memoryKib * hash.passes;
  if (hash.memoryKib > MAX_ARGON2_MEMORY_KIB || work > MAX_ARGON2_WORK_KIB || hash.lanes > MAX_ARGON2_LANES) {
    throw tooCostly(`m=${m},t=${t},p=${p}`);
  }
  return hash;
}

const BCRYPT = /^\$2[abxy]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const SHA_CRYPT =
  /^\$(?:5\$(?:rounds=(\d{1,9})\$)?[^$:]{0,16}\$[./A-Za-z0-9]{43}|6\$(?:rounds=(\d{1,9})\$)?[^$:]{0,16}\$[./A-Za-z0-9]{86})$/;

function readCrypt(text: string): CryptHash {
  const bcrypt = BCRYPT.exec(text);
  if (bcrypt) {
    const cost = Number(bcrypt[1]);
    if (cost < 4 || cost > 31) throw malformed('a bcrypt hash');
    if (text.startsWith('$2x$')) throw malformed('a bcrypt hash that is safe'); // the old bug with 8-bit characters
    if (cost > MAX_BCRYPT_COST) throw tooCostly(`cost ${cost}`);
    return { kind: 'crypt', text };
  }
  const sha = SHA_CRYPT.exec(text);
  if (!sha) throw malformed('a hash of bcrypt, SHA-512-crypt or SHA-256-crypt');
  const rounds = Number(sha[1] ?? sha[2] ?? MIN_CRYPT_ROUNDS);
  if (rounds < MIN_CRYPT_ROUNDS) throw malformed(`a hash of ${MIN_CRYPT_ROUNDS} or more rounds`);
  if (rounds > MAX_CRYPT_ROUNDS) throw tooCostly(`rounds=${rounds}`);
  return { kind: 'crypt', text };
}

/** `4096,salt,stored key,server key`, the last three in base64: as Dovecot writes it. */
const SCRAM = /^(\d{1,9}),([A-Za-z0-9+/]+={0,2}),([A-Za-z0-9+/]{43}=),([A-Za-z0-9+/]{43}=)$/;
const MIN_SCRAM_ITERATIONS = 4096;

function readScram(text: string): ScramVerifier {
  const [, count, salt, storedKey, serverKey] = SCRAM.exec(text) ?? [];
  if (!salt || !storedKey || !serverKey) throw malformed('a SCRAM-SHA-256 verifier');
  const iterations = Number(count);
  if (iterations < MIN_SCRAM_ITERATIONS)
    throw malformed(`a SCRAM-SHA-256 verifier of ${MIN_SCRAM_ITERATIONS} or more iterations`);
  if (iterations > MAX_SCRAM_ITERATIONS) throw tooCostly(`${iterations} iterations`);
  return {
    kind: 'scram',
    iterations,
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  };
}

function malformed(what: string): BadCredential {
  return new BadCredential(`this is not ${what}`, KNOWN);
}

function tooCostly(what: string): BadCredential {
  return new BadCredential(`the hash costs more time or memory than a login may (${what})`, USE_COMMAND);
}

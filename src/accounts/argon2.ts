/** Argon2 of passwords: checking, and making what new users get. RFC 9106. The work is done off the event loop. */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Argon2Hash } from './credential.ts';

const derive = promisify(argon2);

/**
 * What a new hash costs: 19 MiB, two passes, about 30 ms of one core. The password storage advice of OWASP for servers
 * where several logins come at once; more memory would be more to take from the mail.
 */
export const NEW_ARGON2 = { memoryKib: 19_456, passes: 2, lanes: 1 } as const;
const SALT_BYTES = 16;
const TAG_BYTES = 32;

/** Whether the password is the one. */
export async function matchesArgon2(hash: Argon2Hash, password: string): Promise<boolean> {
  return timingSafeEqual(await tagOf(hash, hash.tag.length, password), hash.tag);
}

/** A new hash of a password, as the password file has it. */
export async function newArgon2(password: string): Promise<string> {
  const hash = { variant: 'argon2id', ...NEW_ARGON2, salt: randomBytes(SALT_BYTES) } as const;
  const tag = await tagOf(hash, TAG_BYTES, password);
  const { memoryKib, passes, lanes, salt } = hash;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${bare(salt)}$${bare(tag)}`;
}

function tagOf(hash: Omit<Argon2Hash, 'tag' | 'kind'>, tagLength: number, password: string): Promise<Buffer> {
  return derive(hash.variant, {
    message: password,
    nonce: hash.salt,
    parallelism: hash.lanes,
    tagLength,
    memory: hash.memoryKib,
    passes: hash.passes,
  });
}

function bare(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}

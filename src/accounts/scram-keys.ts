/** The keys of SCRAM-SHA-256: what is kept of a password, and what the two sides prove with it. RFC 5802 3, RFC 7677. */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScramVerifier } from './credential.ts';

const derive = promisify(pbkdf2);

/**
 * Clients do this work at every login, old phones among them, and whoever steals the file does it for every guess.
 * RFC 7677 wants 4096 at least.
 */
export const NEW_ITERATIONS = 100_000;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

export async function newVerifier(password: string): Promise<ScramVerifier> {
  return verifierOf(password, randomBytes(SALT_BYTES), NEW_ITERATIONS);
}

/** The verifier of a (prepared) password. */
export async function verifierOf(password: string, salt: Buffer, iterations: number): Promise<ScramVerifier> {
  const salted = await derive(password, salt, iterations, HASH_BYTES, 'sha256');
  return {
    kind: 'scram',
    iterations,
    salt,
    storedKey: sha256(hmac(salted, 'Client Key')),
    serverKey: hmac(salted, 'Server Key'),
  };
}

/** As the password file has it. */
export function formatVerifier({ iterations, salt, storedKey, serverKey }: ScramVerifier): string {
  const keys = [salt, storedKey, serverKey].map((bytes) => bytes.toString('base64'));
  return `{SCRAM-SHA-256}${[iterations, ...keys].join(',')}`;
}

/** Whether the password is the one; for mechanisms that bring the password itself. */
export async function matchesVerifier(verifier: ScramVerifier, password: string): Promise<boolean> {
  const { storedKey } = await verifierOf(password, verifier.salt, verifier.iterations);
  return timingSafeEqual(storedKey, verifier.storedKey);
}

/** Whether the client's proof shows that it knows the password. */
export function isProven({ storedKey }: ScramVerifier, proof: Buffer, authMessage: string): boolean {
  if (proof.length !== HASH_BYTES) return false;
  const signature = hmac(storedKey, authMessage);
  const clientKey = Buffer.from(proof.map((byte, at) => byte ^ (signature[at] ?? 0)));
  return timingSafeEqual(sha256(clientKey), storedKey);
}

/** The server's proof that it knows the verifier. */
export function serverSignature({ serverKey }: ScramVerifier, authMessage: string): Buffer {
  return hmac(serverKey, authMessage);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

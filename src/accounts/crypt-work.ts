/** The thread that checks bcrypt and SHA-crypt hashes, which block while they are computed. Started by crypt-thread.ts. */
import { timingSafeEqual } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import bcrypt from 'bcryptjs';
import { shaCrypt } from './sha-crypt.ts';

export interface CryptQuestion {
  readonly id: number;
  readonly password: string;
  readonly hash: string;
}

export interface CryptAnswer {
  readonly id: number;
  readonly matches: boolean;
}

export function matchesCrypt(password: string, hash: string): boolean {
  if (hash.startsWith('$2')) return bcrypt.compareSync(password, hash);
  const made = Buffer.from(shaCrypt(password, hash));
  const wanted = Buffer.from(hash);
  return made.length === wanted.length && timingSafeEqual(made, wanted);
}

parentPort?.on('message', ({ id, password, hash }: CryptQuestion) => {
  const answer: CryptAnswer = { id, matches: matchesCrypt(password, hash) };
  parentPort?.postMessage(answer);
});

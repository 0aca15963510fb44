/**
 * Checks passwords against hashes of all kinds, off the event loop and few at a time: the threads that compute Argon2
 * also read and write files, and mail must not wait for logins.
 */
import { assertNever } from '../mail/assert-never.ts';
import { matchesArgon2 } from './argon2.ts';
import type { Credential } from './credential.ts';
import { CryptThread } from './crypt-thread.ts';
import { matchesVerifier } from './scram-keys.ts';
import { Turnstile } from './turnstile.ts';

/** Of four threads that a process has for such work and for files. */
const AT_ONCE = 2;
/** Sessions whose login waits for its turn. */
const MOST_WAITING = 256;
/** As long as Postfix waits for an authentication server. */
const PATIENCE_MS = 10_000;
/** A hash as costly as credential.ts allows takes about five seconds. */
const CRYPT_TIMEOUT_MS = 20_000;

export class Hashing {
  readonly #turnstile = new Turnstile({
    atOnce: AT_ONCE,
    mostWaiting: MOST_WAITING,
    patienceMs: PATIENCE_MS,
  });
  readonly #crypt = new CryptThread(CRYPT_TIMEOUT_MS);

  /** Rejects with Busy when too many want that, and otherwise when it cannot be computed. */
  matches(hash: Credential, password: string): Promise<boolean> {
    return this.#turnstile.pass(() => this.#matches(hash, password));
  }

  async close(): Promise<void> {
    await this.#crypt.close();
  }

  #matches(hash: Credential, password: string): Promise<boolean> {
    switch (hash.kind) {
      case 'argon2':
        return matchesArgon2(hash, password);
      case 'crypt':
        return this.#crypt.matches(hash.text, password);
      case 'scram':
        return matchesVerifier(hash, password);
      default:
        return assertNever(hash);
    }
  }
}

/**
 * Signing keys out of files, read again when they change. A new version that cannot be used is complained of, and the
 * one before stays in use; root reads all of them ahead, and what only root can read is read again at a reload.
 * Files that others can read are complained of, too.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Log } from '../../record/log.ts';
import { type SigningKey, signingKey } from '../../sender-auth/dkim-sign.ts';

/** Which key: `example.com:mail:/etc/portcullis/mail.pem`. */
export interface KeyName {
  readonly domain: string;
  readonly selector: string;
  readonly file: string;
}

interface Kept {
  key: SigningKey | undefined;
  stamp: string;
  checkedAt: number;
  problem: string;
}

const CHECK_EVERY_MS = 5_000;
/** Most keys kept; a table may name one for each domain. */
const MAX_KEPT = 10_000;
const OTHERS = 0o007;

/** Whether a key file of this mode is no secret. */
export const isOpenToAll = (mode: number) => (mode & OTHERS) !== 0;

/** There is no key to sign with. */
export class KeyProblem extends Error {}

export class KeyFiles {
  readonly #log: Log;
  readonly #kept = new Map<string, Kept>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Throws KeyProblem, without a word of the key itself. */
  key(name: KeyName, now = Date.now()): SigningKey {
    const kept = this.#keptOf(name);
    if (now - kept.checkedAt >= CHECK_EVERY_MS) this.#refresh(name, kept, now);
    if (kept.key) return kept.key;
    throw new KeyProblem(kept.problem);
  }

  #keptOf({ domain, selector, file }: KeyName): Kept {
    const id = `${domain}:${selector}:${file}`;
    let kept = this.#kept.get(id);
    if (!kept) {
      const [oldest] = this.#kept.keys();
      if (this.#kept.size >= MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
      kept = { key: undefined, stamp: '', checkedAt: 0, problem: '' };
      this.#kept.set(id, kept);
    }
    return kept;
  }

  #refresh(name: KeyName, kept: Kept, now: number): void {
    kept.checkedAt = now;
    const stamp = stampOf(name.file);
    if (stamp === kept.stamp && kept.key) return;
    kept.stamp = stamp;
    try {
      kept.key = signingKey(name.domain, name.selector, readFileSync(name.file));
      this.#complainOfMode(name.file);
    } catch (error) {
      kept.problem = `DKIM key file "${name.file}": ${problemOf(error)}`;
      const before = kept.key ? '; the key before stays in use' : '';
      this.#log.error(`${kept.problem}${before}`);
    }
  }

  #complainOfMode(file: string): void {
    if (isOpenToAll(statSync(file).mode))
      this.#log.warn(`DKIM key file "${file}" can be read by everybody on this machine; chmod o= it`);
  }
}

/** Reads `domain:selector:keyfile[, ...]`. Throws KeyProblem. `resolve` makes relative file names whole. */
export function parseKeyNames(text: string, resolve: (file: string) => string): KeyName[] {
  return text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map((word) => {
      const [, domain, selector, file] = /^([^:]+):([^:]+):(.+)$/.exec(word) ?? [];
      if (!domain || !selector || !file)
        throw new KeyProblem(
          `"${word}" is no DOMAIN:SELECTOR:KEYFILE such as example.com:mail:keys/mail.pem`,
        );
      return { domain, selector, file: resolve(file) };
    });
}

function problemOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'EACCES'
    ? 'permission denied; let mail_owner read it, or reload (SIGHUP), which reads it as root'
    : message;
}

function stampOf(file: string): string {
  try {
    const { mtimeMs, size, ino } = statSync(file);
    return `${mtimeMs}:${size}:${ino}`;
  } catch {
    return 'missing';
  }
}

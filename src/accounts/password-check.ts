/**
 * Whether a name and a password belong together. A name that nobody has costs what somebody's wrong password costs, so
 * that time does not tell who exists.
 * Speaks for smtpd_sasl_local_domain. `Unlike Postfix`: names are compared without regard to case.
 */
import type { Log } from '../record/log.ts';
import type { Hashing } from './hashing.ts';
import { NOBODYS, type PasswordBook, type User } from './password-book.ts';
import { MAX_NAME_BYTES, MAX_PASSWORD_BYTES, prepared } from './prepared-text.ts';

export interface PasswordCheckOptions {
  /** The version of the file that is in force. Throws when there is none. */
  readonly book: () => PasswordBook;
  readonly hashing: Pick<Hashing, 'matches'>;
  /** smtpd_sasl_local_domain: completes names without `@`; empty: they stay as they are. */
  readonly localDomain: string;
  readonly log: Log;
}

export type Judgement =
  /** `username` as the file writes it. */
  | { readonly kind: 'right'; readonly username: string }
  | { readonly kind: 'wrong' }
  /** Cannot be known now; why has been logged. */
  | { readonly kind: 'unknown' };

export class PasswordCheck {
  readonly #options: PasswordCheckOptions;

  constructor(options: PasswordCheckOptions) {
    this.#options = options;
  }

  async judge(name: string, password: string): Promise<Judgement> {
    const { log } = this.#options;
    try {
      return await this.#judge(name, password);
    } catch (error) {
      log.warn(`SASL: cannot check a password now: ${(error as Error).message}`);
      return { kind: 'unknown' };
    }
  }

  /** Who it is, locked out or not; undefined: nobody. Throws when there is no password file in force. */
  async find(name: string): Promise<{ readonly key: string; readonly user: User | undefined }> {
    const key = this.#completed((await prepared(name)) ?? name);
    return { key, user: this.#options.book().find(key) };
  }

  async #judge(name: string, password: string): Promise<Judgement> {
    if (Buffer.byteLength(name) > MAX_NAME_BYTES || Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
      return { kind: 'wrong' };
    }
    const { key, user } = await this.find(name);
    const hash = user?.hash ?? this.#options.book().decoyFor(key)?.hash ?? NOBODYS;
    let matches = false;
    for (const form of await formsOf(password)) {
      matches = matches || (await this.#options.hashing.matches(hash, form));
    }
    if (user?.isLocked && matches) this.#options.log.warn(`SASL: user ${user.name} is locked out`);
    return matches && user && !user.isLocked ? { kind: 'right', username: user.name } : { kind: 'wrong' };
  }

  #completed(name: string): string {
    const { localDomain } = this.#options;
    return localDomain === '' || name.includes('@') ? name : `${name}@${localDomain}`;
  }
}

/** As SASLprep has it, and as it came: hashes made by other programs are hashes of that. */
async function formsOf(password: string): Promise<readonly string[]> {
  const form = await prepared(password);
  return form === undefined || form === password ? [password] : [form, password];
}

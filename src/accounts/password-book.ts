/**
 * The users of one version of the password file. Names are compared without regard to case; a name that nobody has is
 * always taken for the same somebody, so that neither time nor challenges tell who exists.
 */
import { createHmac } from 'node:crypto';
import { assertNever } from '../mail/assert-never.ts';
import { NEW_ARGON2 } from './argon2.ts';
import type { Credential, ScramVerifier } from './credential.ts';
import { foldName } from './prepared-text.ts';

export interface User {
  /** As the file writes it; this is who has logged in. */
  readonly name: string;
  readonly line: number;
  readonly isLocked: boolean;
  /** Checks passwords. */
  readonly hash: Credential;
  readonly scram: ScramVerifier | undefined;
}

/** All users of one version of the file. */
export class PasswordBook {
  readonly #byName: ReadonlyMap<string, User>;
  readonly #users: readonly User[];
  readonly #secret: Buffer | undefined;
  /** Somebody can log in with SCRAM. */
  readonly someHaveScram: boolean;
  /** Everybody can. */
  readonly allHaveScram: boolean;

  constructor(byName: ReadonlyMap<string, User>) {
    this.#byName = byName;
    this.#users = [...byName.values()];
    const active = this.#users.filter(({ isLocked }) => !isLocked);
    this.someHaveScram = active.some(({ scram }) => scram !== undefined);
    this.allHaveScram = this.someHaveScram && active.every(({ scram }) => scram !== undefined);
    const oldest = active.find(({ scram }) => scram !== undefined) ?? active[0];
    this.#secret = oldest && createHmac('sha256', 'decoy').update(secretPart(oldest)).digest();
  }

  get users(): readonly User[] {
    return this.#users;
  }

  find(name: string): User | undefined {
    return this.#byName.get(foldName(name));
  }

  /**
   * For a name that nobody has: always the same somebody, whose hash is worked on in its place, so that time does not
   * tell who exists. Undefined when there is nobody at all.
   */
  decoyFor(name: string): User | undefined {
    const count = this.#users.length;
    return count === 0 ? undefined : this.#users[this.#decoyBytes('user', name).readUInt32BE(0) % count];
  }

  /** The salt that such a name has, the same in all processes. Who does not know the file cannot tell it from a real one. */
  decoySalt(name: string, length: number): Buffer {
    return this.#decoyBytes('salt', name).subarray(0, length);
  }

  #decoyBytes(what: string, name: string): Buffer {
    return createHmac('sha512', this.#secret ?? '')
      .update(`${what} ${foldName(name)}`)
      .digest();
  }
}

function secretPart({ hash, scram }: User): Buffer | string {
  if (scram) return scram.storedKey;
  switch (hash.kind) {
    case 'argon2':
      return hash.tag;
    case 'crypt':
      return hash.text;
    case 'scram':
      return hash.storedKey;
    default:
      return assertNever(hash);
  }
}

/** A hash that no password has, and that costs what a new one does. */
export const NOBODYS: Credential = {
  kind: 'argon2',
  variant: 'argon2id',
  ...NEW_ARGON2,
  salt: Buffer.alloc(16),
  tag: Buffer.alloc(32, 0xff),
};

/**
 * The password file, read: `user:hash[:hash...]`, one user a line. Fields that are no hashes are passed over, so that a
 * passwd-file of Dovecot can be read as it is. `#` begins a comment line. A hash that begins with `!` or `*` locks the
 * user out, as in shadow(5). Names are compared without regard to case.
 * Speaks for smtpd_sasl_path where smtpd_sasl_type = passwd.
 */
import { createHmac } from 'node:crypto';
import { assertNever } from '../mail/assert-never.ts';
import {
  BadCredential,
  type Credential,
  looksLikeCredential,
  readCredential,
  type ScramVerifier,
} from './credential.ts';
import { foldName, MAX_NAME_BYTES } from './prepared-text.ts';

export interface User {
  /** As the file writes it; this is who has logged in. */
  readonly name: string;
  readonly line: number;
  readonly isLocked: boolean;
  /** Checks passwords. */
  readonly hash: Credential;
  readonly scram: ScramVerifier | undefined;
}

/** Hears of lines that cannot be used. */
export interface LineComplaints {
  broken(line: number, problem: string, remedy: string): void;
  remark(line: number, problem: string, remedy: string): void;
}

/** How many lines are read before other work may have its turn. */
const LINES_AT_ONCE = 200;

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

/** Reads a file, some lines at a time. Broken lines are told of and left out. */
export function* readPasswordFile(bytes: Buffer, complaints: LineComplaints): Generator<void, PasswordBook> {
  const byName = new Map<string, User>();
  let number = 0;
  let at = 0;
  while (at < bytes.length) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    number += 1;
    const text = bytes.toString('utf8', at, end).replace(/\r$/, '');
    at = end + 1;
    if (!/^\s*(?:#|$)/.test(text)) addUser(byName, text, number, complaints);
    if (number % LINES_AT_ONCE === 0) yield;
  }
  return new PasswordBook(byName);
}

function addUser(byName: Map<string, User>, text: string, line: number, complaints: LineComplaints): void {
  try {
    const user = readUser(text, line);
    const key = foldName(user.name);
    const known = byName.get(key);
    if (known) {
      throw new BadCredential(`"${user.name}" stands in line ${known.line} already`, 'remove one of the two');
    }
    byName.set(key, user);
  } catch (error) {
    if (!(error instanceof BadCredential)) throw error;
    complaints.broken(line, error.message, error.remedy);
  }
}

function readUser(text: string, line: number): User {
  const [name = '', first = '', ...rest] = text.split(':');
  if (name === '' || name !== name.trim() || first === '') {
    throw new BadCredential('this is not user:hash', 'set the password with "portcullis passwd"');
  }
  if (Buffer.byteLength(name) > MAX_NAME_BYTES || /[\x00-\x1f\x7f\ufffd]/.test(name)) {
    throw new BadCredential(
      'this is no name of a user',
      'write a shorter one in UTF-8, without control characters',
    );
  }
  try {
    const isLocked = first.startsWith('!') || first.startsWith('*');
    const fields = [first.replace(/^[!*]+/, ''), ...rest.filter(looksLikeCredential)].filter(
      (one) => one !== '',
    );
    const credentials = isLocked ? lockedCredentials(fields) : fields.map(readCredential);
    const scram = credentials.find((one) => one.kind === 'scram');
    const hash = credentials.find((one) => one.kind !== 'scram') ?? scram;
    return { name, line, isLocked, hash: hash ?? NOBODYS, scram };
  } catch (error) {
    if (!(error instanceof BadCredential)) throw error;
    throw new BadCredential(`user "${name}": ${error.message}`, error.remedy);
  }
}

/** What is behind the lock need not be readable. */
function lockedCredentials(fields: readonly string[]): Credential[] {
  return fields.flatMap((field) => {
    try {
      return [readCredential(field)];
    } catch {
      return [];
    }
  });
}

/** A hash that no password has, and that costs what a new one does. */
export const NOBODYS: Credential = {
  kind: 'argon2',
  variant: 'argon2id',
  memoryKib: 19_456,
  passes: 2,
  lanes: 1,
  salt: Buffer.alloc(16),
  tag: Buffer.alloc(32, 0xff),
};

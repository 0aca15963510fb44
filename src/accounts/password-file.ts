/**
 * The password file, read: `user:hash[:hash...]`, one user a line. Fields that are no hashes are passed over, so that a
 * passwd-file of Dovecot can be read as it is. `#` begins a comment line. A hash that begins with `!` or `*` locks the
 * user out, as in shadow(5). Names are compared without regard to case.
 * Speaks for smtpd_sasl_path where smtpd_sasl_type = passwd.
 */
import { BadCredential, type Credential, looksLikeCredential, readCredential } from './credential.ts';
import { NOBODYS, PasswordBook, type User } from './password-book.ts';
import { foldName, MAX_NAME_BYTES } from './prepared-text.ts';

/** Hears of lines that cannot be used. */
export interface LineComplaints {
  broken(line: number, problem: string, remedy: string): void;
}

/** How many lines are read before other work may have its turn. */
const LINES_AT_ONCE = 200;

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

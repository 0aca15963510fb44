/**
 * Changes the password file: one user at a time, whole or not at all. The new version is written beside the old one and
 * takes its name; owner, mode, comments, other lines and the other fields of a user stay as they are.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { newArgon2 } from './argon2.ts';
import { looksLikeCredential } from './credential.ts';
import { foldName, MAX_NAME_BYTES, MAX_PASSWORD_BYTES, prepared } from './prepared-text.ts';
import { formatVerifier, newVerifier } from './scram-keys.ts';

/** Why a user or a password cannot be written; for the person at the terminal. */
export class BadEntry extends Error {}

/** Who a new file belongs to; undefined: whoever makes it. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const NEW_MODE = 0o600;

export class PasswordEditor {
  readonly #path: string;
  readonly #owner: Owner | undefined;

  /** `owner` is for a file that is not there yet. */
  constructor(path: string, owner?: Owner) {
    this.#path = path;
    this.#owner = owner;
  }

  /** Adds a user or changes his password. */
  async set(name: string, password: string): Promise<'added' | 'changed'> {
    const user = checkedName(name);
    const fields = await credentialFields(password);
    return this.#edit((lines) => {
      const at = lineOf(lines, user);
      const line = lines[at];
      if (line === undefined) {
        lines.push([user, ...fields].join(':'));
        return 'added';
      }
      const [written = user, ...old] = line.split(':');
      const others = old.slice(1).filter((field) => !looksLikeCredential(field));
      lines[at] = [written, ...fields, ...others].join(':');
      return 'changed';
    });
  }

  /** Removes a user; false: there is none of that name. */
  async delete(name: string): Promise<boolean> {
    return this.#edit((lines) => {
      const at = lineOf(lines, name);
      if (at >= 0) lines.splice(at, 1);
      return at >= 0;
    });
  }

  /** The change is written when it says anything but false. */
  async #edit<T>(change: (lines: string[]) => T): Promise<T> {
    const path = await realpath(this.#path).catch(whenAbsent(this.#path));
    const newPath = `${path}.new`;
    const file = await openNew(newPath);
    try {
      const state = await stat(path).catch(whenAbsent(undefined));
      await file.chmod(state === undefined ? NEW_MODE : state.mode & 0o777);
      const owner = state ?? this.#owner;
      if (owner) await file.chown(owner.uid, owner.gid);
      const text = await readFile(path, 'utf8').catch(whenAbsent(''));
      const lines = text.split('\n');
      if (lines.at(-1) === '') lines.pop();
      const result = change(lines);
      await file.writeFile(lines.map((line) => `${line}\n`).join(''));
      await file.sync();
      await rename(newPath, path);
      return result;
    } catch (error) {
      await unlink(newPath).catch(() => {});
      throw error;
    } finally {
      await file.close();
    }
  }
}

function whenAbsent<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT') return value;
    throw error;
  };
}

/** That the new version is not there yet also keeps two from changing the file at once. */
async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, NEW_MODE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new BadEntry(`${path} is there: somebody else is changing the file; remove it when that is not so`);
  }
}

function lineOf(lines: readonly string[], name: string): number {
  const wanted = foldName(name);
  return lines.findIndex((line) => {
    const colon = line.indexOf(':');
    return colon > 0 && !line.trimStart().startsWith('#') && foldName(line.slice(0, colon)) === wanted;
  });
}

function checkedName(name: string): string {
  const isUsable = name !== '' && name === name.trim() && !/[:\x00-\x1f\x7f]/.test(name);
  if (!isUsable || name.startsWith('#') || Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new BadEntry(`"${name}" is no name of a user: it must not be empty, begin with # or have a colon`);
  }
  return name;
}

/** The fields behind the name: a hash to check passwords with, and a verifier for SCRAM. */
async function credentialFields(password: string): Promise<string[]> {
  if (password === '') throw new BadEntry('the password is empty');
  if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) {
    throw new BadEntry(`the password is longer than ${MAX_PASSWORD_BYTES} bytes`);
  }
  const form = await prepared(password);
  if (!form || /[\x00-\x1f\x7f]/.test(form)) {
    throw new BadEntry(
      'the password has characters that cannot be typed everywhere, such as control characters',
    );
  }
  return [`{ARGON2ID}${await newArgon2(form)}`, formatVerifier(await newVerifier(form))];
}

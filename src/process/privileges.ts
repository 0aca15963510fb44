/**
 * Who serves: not root. Ports are bound as root, then the worker becomes mail_owner. The supervisor stays what it was
 * started as, so that it can bind ports for the workers of the next configuration and run each command of a spawn line as
 * its own user; it never talks to anybody outside.
 */
import { chownSync, existsSync, lstatSync, readFileSync } from 'node:fs';
import { findUser, type SystemUser } from '../settings/system-users.ts';

/** Where mail_owner does not exist: users that nearly every system has. */
const OTHERS = ['portcullis', 'mail', 'nobody'];

/** The user to become. Throws when there is none of them. */
export function findServingUser(mailOwner: string, passwd = readFileSync('/etc/passwd', 'utf8')): SystemUser {
  for (const name of [mailOwner, ...OTHERS]) {
    const user = findUser(name, undefined, passwd);
    if (user && user.uid !== 0) return user;
  }
  throw new Error(
    `mail_owner = ${mailOwner}: there is no such user; create it, or name another that is not root`,
  );
}

export const isRoot = () => process.getuid?.() === 0;

/** Lets the user write where root has made directories. */
export function handOver(path: string, { uid, gid }: SystemUser): void {
  if (existsSync(path) && lstatSync(path).isDirectory()) chownSync(path, uid, gid);
}

/** From here on the process is that user. */
export function becomeOwner({ name, uid, gid }: SystemUser): void {
  (process as { initgroups?(user: string, group: number): void }).initgroups?.(name, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

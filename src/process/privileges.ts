/**
 * Who serves: not root. Ports are bound as root, then the worker becomes mail_owner. The supervisor stays what it was
 * started as, so that it can bind ports for the workers of the next configuration and run each command of a spawn line as
 * its own user; it never talks to anybody outside.
 */
import { chownSync, existsSync, lstatSync, readFileSync } from 'node:fs';

export interface ServingUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** Where mail_owner does not exist: users that nearly every system has. */
const OTHERS = ['portcullis', 'mail', 'nobody'];

/** The user to become. Throws when there is none of them. */
export function findServingUser(
  mailOwner: string,
  passwd = readFileSync('/etc/passwd', 'utf8'),
): ServingUser {
  for (const name of [mailOwner, ...OTHERS]) {
    const [, , uid, gid] = entryOf(name, passwd) ?? [];
    if (uid && gid && uid !== '0') return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(
    `mail_owner = ${mailOwner}: there is no such user; create it, or name another that is not root`,
  );
}

/** A user of this name, and of this group where it is not his own; undefined: there is none. */
export function findUser(name: string, group: string | undefined): ServingUser | undefined {
  const [, , uid, own] = entryOf(name, readFileSync('/etc/passwd', 'utf8')) ?? [];
  const gid = group === undefined ? own : entryOf(group, readFileSync('/etc/group', 'utf8'))?.[2];
  return uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}

/** The line of a name in passwd(5) or group(5). */
function entryOf(name: string, file: string): string[] | undefined {
  return file
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':');
}

export const isRoot = () => process.getuid?.() === 0;

/** Lets the user write where root has made directories. */
export function handOver(path: string, { uid, gid }: ServingUser): void {
  if (existsSync(path) && lstatSync(path).isDirectory()) chownSync(path, uid, gid);
}

/** From here on the process is that user. */
export function becomeOwner({ name, uid, gid }: ServingUser): void {
  (process as { initgroups?(user: string, group: number): void }).initgroups?.(name, gid);
  process.setgid?.(gid);
  process.setuid?.(uid);
}

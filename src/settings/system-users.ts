/** The users and groups of this host, as /etc/passwd and /etc/group have them. `Postfix: getpwnam, getgrnam`. */
import { readFileSync } from 'node:fs';

export interface SystemUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** A user of this name, and of this group where it is not his own; undefined: there is none. */
export function findUser(
  name: string,
  group: string | undefined,
  passwd = readFileSync('/etc/passwd', 'utf8'),
): SystemUser | undefined {
  const [, , uid, own] = entryOf(name, passwd) ?? [];
  const gid = group === undefined ? own : entryOf(group, readFileSync('/etc/group', 'utf8'))?.[2];
  return uid && gid ? { name, uid: Number(uid), gid: Number(gid) } : undefined;
}

/** The line of a name in passwd(5) or group(5). */
function entryOf(name: string, file: string): string[] | undefined {
  const line = file.split('\n').find((one) => one.startsWith(`${name}:`));
  return line?.split(':');
}

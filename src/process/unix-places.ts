/**
 * The files of unix sockets. One process makes room for all workers, which then share what the first of them binds: a
 * file that an earlier run left behind goes, one that another program listens on stays. As in Postfix everybody may
 * open a socket who may enter its directory, and `private` is for mail_owner alone. `Postfix: master_listen.c`.
 */
import { chmodSync, existsSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Configuration } from '../settings/configuration.ts';
import type { SystemUser } from '../settings/system-users.ts';
import { handOver } from './privileges.ts';

const MODE = 0o666;

/** The paths on which services listen. */
export function unixPlaces({ services }: Configuration): Set<string> {
  const places = services.flatMap(({ listen }) => listen);
  return new Set(places.flatMap((place) => (place.kind === 'unix' ? [place.path] : [])));
}

/** Makes room for sockets; rejects with words for the operator where there is none. */
export async function makeRoom(paths: Iterable<string>, owner: SystemUser | undefined): Promise<void> {
  for (const path of paths) {
    makeDirectory(dirname(path), owner);
    if (!existsSync(path)) continue;
    if (!lstatSync(path).isSocket()) throw new Error(`cannot listen on ${path}: it is a file, and no socket`);
    if (await isServed(path))
      throw new Error(`cannot listen on ${path}: another program listens there already`);
    rmSync(path, { force: true });
  }
}

/** A socket that has been bound. */
export function openToAll(path: string): void {
  chmodSync(path, MODE);
}

function makeDirectory(directory: string, owner: SystemUser | undefined): void {
  if (existsSync(directory)) return;
  const isPrivate = basename(directory) === 'private';
  mkdirSync(dirname(directory), { recursive: true });
  mkdirSync(directory, { mode: isPrivate ? 0o700 : 0o755 });
  if (owner) handOver(directory, owner);
}

function isServed(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

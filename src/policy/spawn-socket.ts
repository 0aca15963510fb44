/**
 * Where the commands of master.cf's spawn lines are reached: sockets below data_directory that only the gateway may use.
 * Unlike Postfix, which has them below queue_directory, where a Postfix on the same host has its own.
 */
import { join } from 'node:path';

/** The directory of all sockets. */
export function spawnDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'spawn');
}

/** The socket of a service; `name`: as in master.cf. */
export function spawnSocket(dataDirectory: string, name: string): string {
  return join(
    spawnDirectory(dataDirectory),
    name.replace(/[^\w.-]/g, (c) => `%${c.charCodeAt(0).toString(16)}`),
  );
}

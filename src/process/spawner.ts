/**
 * Listens for the workers' questions to commands of master.cf's spawn lines, and has the commands run. It lives in the
 * supervisor, which alone can run each command as its own user; the sockets are open to mail_owner only.
 */
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname } from 'node:path';
import { spawnSocket } from '../policy/spawn-socket.ts';
import type { Log } from '../record/log.ts';
import type { Configuration } from '../settings/configuration.ts';
import type { Spawn } from '../settings/services.ts';
import type { SystemUser } from '../settings/system-users.ts';
import { handOver } from './privileges.ts';
import { SpawnedService } from './spawned-service.ts';
import { makeRoom } from './unix-places.ts';

interface Listening {
  readonly service: SpawnedService;
  readonly server: Server;
}

export class Spawner {
  readonly #log: Log;
  readonly #byPath = new Map<string, Listening>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Listens for spawn lines that are new. Rejects when one cannot be served. */
  async prepare(configuration: Configuration, owner: SystemUser | undefined): Promise<void> {
    for (const [path, line] of linesOf(configuration)) {
      if (this.#byPath.has(path)) continue;
      this.#byPath.set(path, await listen(new SpawnedService(line, this.#log), path, owner));
    }
  }

  /** This configuration is in force. Lines that it lacks are still there for workers that have not ended yet. */
  use(configuration: Configuration): void {
    for (const [path, line] of linesOf(configuration)) {
      const listening = this.#byPath.get(path);
      if (listening) listening.service.line = line;
    }
  }

  stop(): void {
    for (const { server, service } of this.#byPath.values()) {
      server.close();
      service.stop();
    }
    this.#byPath.clear();
  }
}

function linesOf({ spawns, settings }: Configuration): [path: string, line: Spawn][] {
  return [...spawns.values()].map((line) => [spawnSocket(settings.data_directory, line.name), line]);
}

async function listen(
  service: SpawnedService,
  path: string,
  owner: SystemUser | undefined,
): Promise<Listening> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (owner) handOver(dirname(path), owner);
  await makeRoom([path], owner);
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
    service.take(socket),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  chmodSync(path, 0o600);
  if (owner) chownSync(path, owner.uid, owner.gid);
  return { service, server };
}

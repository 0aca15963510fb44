/**
 * A spawn line of master.cf at work: for each connection a command whose standard input and output it is. Parameters: user=,
 * NAME_time_limit, the maxproc column. `Postfix: spawn(8)`. Never as root: a command that cannot be run as its user is
 * not run, and whoever asked takes its default action. What a command complains of stands in the log.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Log } from '../record/log.ts';
import type { Spawn } from '../settings/services.ts';
import { findUser, type SystemUser } from '../settings/system-users.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';
/** Of a line that a command complains with. */
const MOST_SAID = 500;

export class SpawnedService {
  readonly #log: Log;
  /** As it stands in the configuration in force. */
  line: Spawn;
  readonly #running = new Set<ChildProcess>();
  readonly #waiting = new Set<Socket>();

  constructor(line: Spawn, log: Log) {
    this.line = line;
    this.#log = log;
  }

  /** Serves a connection that nothing has been read from. */
  take(socket: Socket): void {
    socket.on('error', () => {});
    socket.on('close', () => this.#waiting.delete(socket));
    this.#waiting.add(socket);
    this.#next();
  }

  /** Ends what is still running. */
  stop(): void {
    for (const socket of this.#waiting) socket.destroy();
    for (const child of this.#running) endGroup(child, 'SIGTERM');
  }

  #next(): void {
    const { maxConnections } = this.line;
    for (const socket of this.#waiting) {
      if (maxConnections > 0 && this.#running.size >= maxConnections) return;
      this.#waiting.delete(socket);
      this.#run(socket);
    }
  }

  #run(socket: Socket): void {
    try {
      this.#watch(start(this.line, userOf(this.line), socket));
    } catch (error) {
      this.#log.error(`spawn service ${this.line.name}: ${(error as Error).message}`);
    }
    socket.destroy(); // it is the command's now
  }

  #watch(child: ChildProcess): void {
    const { name, timeLimitMs, command } = this.line;
    this.#running.add(child);
    const timer = setTimeout(() => {
      this.#log.warn(
        `spawn service ${name}: ${command[0]} ran longer than ${timeLimitMs / 1000} s and was ended`,
      );
      endGroup(child, 'SIGKILL');
    }, timeLimitMs);
    const ended = (problem: string | undefined) => {
      clearTimeout(timer);
      if (problem !== undefined) this.#log.error(`spawn service ${name}: ${command[0]} ${problem}`);
      if (this.#running.delete(child)) this.#next();
    };
    child.on('error', (error) => ended(`cannot be run: ${error.message}`));
    child.on('exit', (code, signal) => ended(code === 0 || signal ? undefined : `ended with status ${code}`));
    if (child.stderr) {
      createInterface({ input: child.stderr }).on('line', (line) => {
        this.#log.warn(`spawn service ${name}: ${line.slice(0, MOST_SAID)}`);
      });
    }
  }
}

/** Throws when the command must not be run. */
function userOf({ user, group }: Spawn): SystemUser {
  const found = findUser(user, group);
  if (!found)
    throw new Error(`user=${user}${group === undefined ? '' : `:${group}`}: there is no such user or group`);
  const { uid, gid } = found;
  if (uid === 0 || gid === 0) throw new Error(`user=${user}: commands are not run with the rights of root`);
  const own = process.getuid?.();
  if (own !== 0 && own !== uid) throw new Error(`user=${user}: only root can run commands as another user`);
  return found;
}

function start({ command }: Spawn, { uid, gid, name }: SystemUser, socket: Socket): ChildProcess {
  const [program = '', ...args] = command;
  return spawn(program, args, {
    ...(process.getuid?.() === 0 ? { uid, gid } : {}),
    cwd: '/',
    env: { PATH, USER: name, LOGNAME: name, LANG: 'C' },
    stdio: [socket, socket, 'pipe'],
    detached: true,
  });
}

/** It and whatever it has started. */
function endGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // gone already
  }
}

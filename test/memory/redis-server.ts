/** Real Redis servers and sentinels on ephemeral ports, for tests. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../support/free-port.ts';

/** Why a test is skipped; false when the program is there. */
export function missing(program: string): string | false {
  return spawnSync(program, ['--version']).status === 0 ? false : `${program} is not installed`;
}

export class RedisServer {
  readonly port: number;
  readonly #arguments: readonly string[];
  /** Replicas write what they get from their master into a file here. */
  readonly #directory = mkdtempSync(join(tmpdir(), 'redis-'));
  #process: ChildProcess | undefined;

  constructor(port: number, more: readonly string[] = []) {
    this.port = port;
    const common = ['--save', '', '--appendonly', 'no', '--bind', '127.0.0.1', '--dir', this.#directory];
    const ports = more.includes('--tls-port') ? ['--port', '0'] : ['--port', `${port}`];
    this.#arguments = [...ports, ...common, ...more];
  }

  /** Settles when it takes connections. */
  async start(): Promise<this> {
    mkdirSync(this.#directory, { recursive: true });
    const server = spawn('redis-server', [...this.#arguments], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#process = server;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.stdout.on('data', (bytes) => {
        said += bytes;
        if (/Ready to accept/.test(said)) resolve();
      });
      server.on('exit', () => reject(new Error(`redis-server ended: ${said}`)));
    });
    return this;
  }

  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Killed, as by a power failure. */
  async kill(): Promise<void> {
    const server = this.#process;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    await new Promise((resolve) => {
      server.on('exit', resolve);
      server.kill('SIGKILL');
    });
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** A sentinel that watches the master at this port, with a quorum of one. */
export async function startSentinel(
  masterPort: number,
  name: string,
): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const directory = mkdtempSync(join(tmpdir(), 'sentinel-'));
  const file = join(directory, 'sentinel.conf');
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${directory}\nsentinel monitor ${name} 127.0.0.1 ${masterPort} 1\n` +
      `sentinel down-after-milliseconds ${name} 500\nsentinel failover-timeout ${name} 3000\n`,
  );
  const sentinel = spawn('redis-sentinel', [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise<void>((resolve) => {
    sentinel.stdout.on('data', (bytes) => /Sentinel ID|monitor master/.test(String(bytes)) && resolve());
  });
  return {
    port,
    async stop() {
      await new Promise((resolve) => {
        sentinel.on('exit', resolve);
        sentinel.kill('SIGKILL');
      });
      rmSync(directory, { recursive: true });
    },
  };
}

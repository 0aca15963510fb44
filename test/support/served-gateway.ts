/** A gateway run as its users run it: `portcullis serve -c DIR`, a process with workers. Its log is read as it comes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { until } from './until.ts';

export const PROGRAM = join(import.meta.dirname, '../../src/cli/portcullis.ts');

/** A line of the log. */
export type LogEvent = Readonly<Record<string, unknown>>;

export class ServedGateway {
  readonly #process: ChildProcess;
  #output = '';

  private constructor(directory: string) {
    this.#process = spawn(process.execPath, [PROGRAM, 'serve', '-c', directory], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (bytes) => {
        this.#output += String(bytes);
      });
    }
  }

  /** Resolves when all services listen. The log must go to /dev/stdout in JSON, as it does by default. */
  static async start(directory: string): Promise<ServedGateway> {
    const gateway = new ServedGateway(directory);
    const isThere = () => gateway.events().some(({ msg }) => String(msg).startsWith('serving '));
    await until(isThere, () => `the gateway does not serve\n${gateway.#output}`, 30_000);
    return gateway;
  }

  events(): LogEvent[] {
    return this.#output
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => JSON.parse(line) as LogEvent);
  }

  /** What it has said so far, for messages about failures. */
  get output(): string {
    return this.#output;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await ended;
  }
}

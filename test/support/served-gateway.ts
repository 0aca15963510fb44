/** A gateway run as its users run it: `portcullis serve -c DIR`, a process with workers. Its log is read as it comes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { PROGRAM } from './gateway-program.ts';
import { until } from './until.ts';

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

  /** Does not wait until it serves. */
  static begin(directory: string): ServedGateway {
    return new ServedGateway(directory);
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

  /** Waits for so many lines of the log that begin like this. */
  async logged(sentence: string, times = 1): Promise<void> {
    const count = () => this.events().filter(({ msg }) => String(msg).startsWith(sentence)).length;
    await until(
      () => count() >= times,
      () => `not in the log: ${sentence}\n${this.#output}`,
      30_000,
    );
  }

  /** Has it read its configuration again; resolves when that is in force, or refused. */
  async reload(outcome: 'taken' | 'refused' = 'taken'): Promise<void> {
    const sentence =
      outcome === 'taken' ? 'reloaded the configuration' : 'the new configuration cannot be used';
    const before = this.events().filter(({ msg }) => String(msg).startsWith(sentence)).length;
    this.#process.kill('SIGHUP');
    await this.logged(sentence, before + 1);
  }

  /** The processes that serve. */
  workers(): number[] {
    const { pid } = this.#process;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  }

  signal(name: NodeJS.Signals): void {
    this.#process.kill(name);
  }

  /** The exit status, when it has ended. */
  async ended(): Promise<number | null> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return exitCode;
    return new Promise((resolve) => this.#process.once('exit', resolve));
  }

  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.ended();
  }
}

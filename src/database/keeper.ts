/**
 * Sees to it that exactly one process of the machine does the housework of a database file, in a thread of its own: the
 * disk makes nobody wait who serves a client. Who does it is a matter of a lease, kept in the database itself; when that
 * process dies, another one takes over within half a minute.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Log } from '../record/log.ts';

const LOOK_MS = 10_000;
/** The first look comes soon, but not while the process starts. */
const FIRST_LOOK_MS = 2_000;
const LEASE_MS = 30_000;

export interface KeeperOptions {
  /** `sqlite:/var/lib/portcullis/state.db`, for the log. */
  readonly name: string;
  /** The program of the thread, and what it is told. */
  readonly program: URL;
  readonly workerData: unknown;
  readonly log: Log;
  /** Takes the lease, or makes it last longer; false: another process has it. May throw: then nobody works for now. */
  lease(token: string, lifetimeMs: number): MaybePromise<boolean>;
  /** Called now and then: is the file still the one that is open? */
  look(): void;
}

export class Keeper {
  readonly #options: KeeperOptions;
  readonly #token = randomUUID();
  #timer: NodeJS.Timeout;
  #thread: Worker | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => void this.#tick(), FIRST_LOOK_MS * (1 + Math.random())).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#dismiss();
  }

  async #tick(): Promise<void> {
    this.#options.look();
    try {
      if (await this.#options.lease(this.#token, LEASE_MS)) this.#thread ??= this.#employ();
      else await this.#dismiss();
    } catch {
      await this.#dismiss(); // the database says by itself why it does not work
    }
    this.#timer = setTimeout(() => void this.#tick(), LOOK_MS).unref();
  }

  #employ(): Worker {
    const { name, program, workerData, log } = this.#options;
    const thread = new Worker(program, { workerData, resourceLimits: { maxOldGenerationSizeMb: 32 } });
    thread.unref();
    thread.on('message', (said: string) => log.info(`${name}: ${said}`));
    thread.on('error', (error) =>
      log.warn(`${name}: housework ended and will begin again: ${error.message}`),
    );
    thread.on('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }

  async #dismiss(): Promise<void> {
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

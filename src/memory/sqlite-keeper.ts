/**
 * Sees to it that exactly one process of the machine does the housework of an SQLite store, in a thread of its own: the
 * disk makes nobody wait who serves a client. Who does it is written in the store itself, with a lease; when that
 * process dies, another one takes over within half a minute.
 */
import { randomUUID } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { Log } from '../record/log.ts';
import type { Store } from './store.ts';

const LOOK_MS = 10_000;
/** The first look comes soon, but not while the process starts. */
const FIRST_LOOK_MS = 2_000;
const LEASE_MS = 30_000;

export interface SqliteKeeperOptions {
  readonly path: string;
  readonly log: Log;
  /** Called now and then: is the file still the one that is open? */
  readonly look: () => void;
}

export class SqliteKeeper {
  readonly #store: Store;
  readonly #options: SqliteKeeperOptions;
  readonly #token = randomUUID();
  #timer: NodeJS.Timeout;
  #thread: Worker | undefined;

  constructor(store: Store, options: SqliteKeeperOptions) {
    this.#store = store;
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
      const mine = await this.#lease();
      if (mine) this.#thread ??= this.#employ();
      else await this.#dismiss();
    } catch {
      await this.#dismiss(); // the store says by itself why it does not work
    }
    this.#timer = setTimeout(() => void this.#tick(), LOOK_MS).unref();
  }

  async #lease(): Promise<boolean> {
    const entry = await this.#store.update('keeper', 'keeper', (now) =>
      now === undefined || now.value === this.#token
        ? { value: this.#token, lifetimeMs: LEASE_MS }
        : undefined,
    );
    return entry?.value === this.#token;
  }

  #employ(): Worker {
    const { path, log } = this.#options;
    const own = new URL(import.meta.url);
    const program = new URL(own.pathname.replace(/keeper(\.[jt]s)$/, 'keeper-thread$1'), own);
    const thread = new Worker(program, {
      workerData: { path },
      resourceLimits: { maxOldGenerationSizeMb: 32 },
    });
    thread.unref();
    thread.on('message', (said: string) => log.info(`sqlite:${path}: ${said}`));
    thread.on('error', (error) =>
      log.warn(`sqlite:${path}: housework ended and will begin again: ${error.message}`),
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

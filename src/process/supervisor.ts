/**
 * Watches over the workers: starts them, replaces one that dies, brings up a new set at SIGHUP and lets the old one
 * finish, drains all at SIGTERM. Parameter: worker_processes. It keeps what all workers share: counters, unix sockets, and
 * the commands of spawn lines.
 */
import cluster, { type Worker as Child } from 'node:cluster';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../record/log.ts';
import { LocalCounters } from '../server/counters.ts';
import type { Configuration } from '../settings/configuration.ts';
import { readConfiguration } from '../settings/configuration.ts';
import type { SystemUser } from '../settings/system-users.ts';
import { type FromWorker, type Mistake, POLICY_TESTS, type ToWorker } from './letters.ts';
import { findServingUser, handOver, isRoot } from './privileges.ts';
import { CounterKeeper } from './shared-counters.ts';
import { Spawner } from './spawner.ts';
import { makeRoom, unixPlaces } from './unix-places.ts';
import { heapFlags, MALLOC } from './worker-memory.ts';

/** How long a new worker may take until it listens: large tables take their time. */
const START_MS = 60_000;
/** How long mail that is under way may take at the end. */
const DRAIN_MS = 8_000;
/** Sessions of the configuration before may go on so long. */
const RETIRE_MS = 600_000;
/** Beyond that, a worker does not end by itself. */
const FAREWELL_MS = 2_000;
/** A worker that dies younger than this is replaced after this long. */
const RESTART_PAUSE_MS = 1_000;

interface Started {
  readonly child: Child;
  /** Its mistakes are known; nobody is let in yet. */
  readonly prepared: Promise<readonly Mistake[]>;
  readonly ready: Promise<void>;
}

/** Whether the tests beside the configuration keep it from being used. */
type PolicyTests = 'told' | 'must pass';

export class Supervisor {
  readonly #first: Configuration;
  readonly #directory: string;
  readonly #log: Log;
  readonly #keeper: CounterKeeper;
  readonly #spawner: Spawner;
  #workers = new Set<Child>();
  #wanted: number;
  /** Mistakes that were there when the configuration in force was taken into use. */
  #knownMistakes: ReadonlySet<string> = new Set();
  /** Unix sockets that the workers have bound. */
  #unixPlaces: ReadonlySet<string> = new Set();
  #isEnding = false;
  /** A reload is asked for and has not begun. */
  #isOutdated = false;
  /** Workers are made ready, the first ones or others. */
  #reloading: Promise<void> | undefined;

  constructor(configuration: Configuration, log: Log) {
    this.#first = configuration;
    this.#directory = configuration.directory;
    this.#log = log;
    this.#spawner = new Spawner(log);
    this.#wanted = configuration.settings.worker_processes;
    this.#keeper = new CounterKeeper(
      new LocalCounters(configuration.settings.anvil_rate_time_unit),
      (worker, answer) => tell(cluster.workers?.[worker], answer),
    );
    cluster.schedulingPolicy = cluster.SCHED_NONE; // the kernel hands out connections, we never see them
    cluster.setupPrimary({
      args: ['__worker', this.#directory],
      execArgv: [...process.execArgv, ...heapFlags()],
    });
  }

  /** Resolves when all workers serve, with false when it is to stop meanwhile; rejects with the reasons when one cannot. */
  async start(): Promise<boolean> {
    const started = this.#start();
    this.#reloading = started.catch(() => {}); // a SIGHUP waits for it
    try {
      await started;
    } catch (error) {
      if (!this.#isEnding) throw error;
    }
    this.#reloading = undefined;
    if (this.#isOutdated) void this.reload();
    return !this.#isEnding;
  }

  /** A new set of workers under the configuration as it is now; if they cannot serve, the old ones go on. */
  reload(): Promise<void> {
    this.#isOutdated = true;
    this.#reloading ??= this.#reloadUntilUpToDate().finally(() => {
      this.#reloading = undefined;
    });
    return this.#reloading;
  }

  /** Everybody finishes what he has begun. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    const ended = [...this.#all()].map((child) => this.#end(child, 0, DRAIN_MS));
    await Promise.all(ended);
    this.#spawner.stop();
  }

  async #start(): Promise<void> {
    await this.#makeReady(this.#first);
    const { workers, mistakes } = await this.#bringUp(this.#wanted, () => undefined, 'told');
    this.#inForce(this.#first, workers, mistakes);
  }

  /** Who asks while a reload is under way has changed something that it may not have read. */
  async #reloadUntilUpToDate(): Promise<void> {
    while (this.#isOutdated && !this.#isEnding) {
      this.#isOutdated = false;
      await this.#reload();
    }
  }

  async #reload(): Promise<void> {
    try {
      const configuration = readConfiguration(this.#directory);
      await this.#makeReady(configuration);
      this.#wanted = configuration.settings.worker_processes;
      const { workers, mistakes } = await this.#bringUp(
        this.#wanted,
        (found) => this.#newMistakes(found),
        'must pass',
      );
      const old = this.#workers;
      this.#inForce(configuration, workers, mistakes);
      for (const child of old) void this.#end(child, RETIRE_MS, DRAIN_MS);
      this.#log.info('reloaded the configuration');
    } catch (error) {
      if (this.#isEnding) return;
      for (const line of (error as Error).message.split('\n')) this.#log.error(line);
      this.#log.error('the new configuration cannot be used; the old one stays in force');
    }
  }

  /** What root must do before the workers are somebody else. */
  async #makeReady(configuration: Configuration): Promise<void> {
    const owner = isRoot() ? findServingUser(configuration.settings.mail_owner) : undefined;
    prepareDirectories(configuration, owner);
    await makeRoom(unixPlaces(configuration).difference(this.#unixPlaces), owner);
    await this.#spawner.prepare(configuration, owner);
  }

  #inForce(configuration: Configuration, workers: Set<Child>, mistakes: readonly Mistake[]): void {
    this.#workers = workers;
    this.#knownMistakes = new Set(mistakes.map(({ key }) => key));
    this.#unixPlaces = unixPlaces(configuration);
    this.#spawner.use(configuration);
  }

  /** A table that lost a rule to a slip of the pen would let in what it kept out; without its key a service has no TLS. */
  #newMistakes(mistakes: readonly Mistake[]): string | undefined {
    const fresh = mistakes.filter(({ key }) => !this.#knownMistakes.has(key));
    return fresh.length > 0 ? fresh.map(({ line }) => line).join('\n') : undefined;
  }

  /**
   * `objection`: why these workers must not serve; nobody is let in before it is heard. `tests`: one of them runs the tests
   * beside the configuration.
   */
  async #bringUp(
    count: number,
    objection: (mistakes: readonly Mistake[]) => string | undefined,
    tests?: PolicyTests,
  ): Promise<{ workers: Set<Child>; mistakes: readonly Mistake[] }> {
    const started = Array.from({ length: count }, (_, i) => this.#fork(i === 0 ? tests : undefined));
    try {
      const [mistakes = []] = await Promise.all(started.map(({ prepared }) => prepared));
      const problem = objection(mistakes);
      if (problem !== undefined) throw new Error(problem);
      for (const { child } of started) tell(child, { kind: 'serve' });
      await Promise.all(started.map(({ ready }) => ready));
      if (started.some(({ child }) => child.isDead()))
        throw new Error('a worker ended while others got ready');
      return { workers: new Set(started.map(({ child }) => child)), mistakes };
    } catch (error) {
      for (const { child } of started) void this.#end(child, 0, DRAIN_MS); // it may have a client already
      throw error;
    }
  }

  #fork(tests: PolicyTests | undefined): Started {
    const child = cluster.fork({ ...MALLOC, ...(tests !== undefined && { [POLICY_TESTS]: tests }) });
    const prepared = Promise.withResolvers<readonly Mistake[]>();
    const ready = Promise.withResolvers<void>();
    const failed = (why: string) => {
      prepared.reject(new Error(why));
      ready.reject(new Error(why));
    };
    ready.promise.catch(() => {}); // it may have failed before anybody waits for this
    const timer = setTimeout(() => failed(`a worker did not get ready in ${START_MS / 1000} s`), START_MS);
    child.on('message', (letter: FromWorker) => {
      if (letter.kind === 'count') void this.#keeper.take(child.id, letter);
      else if (letter.kind === 'prepared') prepared.resolve(letter.mistakes);
      else if (letter.kind === 'failed') failed(letter.reasons.join('\n'));
      else {
        clearTimeout(timer);
        ready.resolve();
      }
    });
    child.on('error', ({ message }) => {
      // else a letter to one that has just ended, whose exit is heard in a moment
      if (child.process.pid === undefined) failed(`a worker cannot be started: ${message}`);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      failed(`a worker ended before it was ready (${signal ?? `exit code ${code}`})`);
      this.#ended(child, signal ?? `exit code ${code}`);
    });
    return { child, prepared: prepared.promise, ready: ready.promise };
  }

  #ended(child: Child, how: string): void {
    this.#keeper.forget(child.id);
    if (!this.#workers.delete(child) || this.#isEnding) return;
    this.#log.error(`worker ${child.process.pid} died (${how}); it is replaced`);
    setTimeout(() => void this.#replace(), RESTART_PAUSE_MS);
  }

  async #replace(): Promise<void> {
    if (this.#isEnding || this.#workers.size >= this.#wanted) return;
    try {
      const isAlone = this.#workers.size === 0; // then a table with a mistake is better than nobody
      const { workers } = await this.#bringUp(1, (found) => (isAlone ? undefined : this.#newMistakes(found)));
      for (const child of workers) this.#workers.add(child);
    } catch (error) {
      this.#log.error(`cannot replace a worker: ${(error as Error).message}`);
      setTimeout(() => void this.#replace(), RESTART_PAUSE_MS);
    }
  }

  #all(): Child[] {
    return Object.values(cluster.workers ?? {}).filter((child) => child !== undefined);
  }

  /** Asks a worker to end, and makes it end a little later. */
  #end(child: Child, patienceMs: number, atMostMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (child.isDead()) return resolve();
      const timer = setTimeout(() => child.process.kill('SIGKILL'), patienceMs + atMostMs + FAREWELL_MS);
      child.once('exit', () => {
        clearTimeout(timer);
        resolve();
      });
      tell(child, { kind: 'stop', patienceMs, atMostMs });
    });
  }
}

function tell(child: Child | undefined, letter: ToWorker): void {
  if (child?.isConnected()) child.send(letter);
}

function prepareDirectories({ settings }: Configuration, owner: SystemUser | undefined): void {
  const { data_directory: data } = settings;
  for (const path of [data, join(data, 'spool')]) {
    try {
      mkdirSync(path, { recursive: true, mode: 0o700 });
      if (owner) handOver(path, owner);
    } catch {
      // said by whoever needs it: 452 for large messages, a warning for the ledger
    }
  }
}

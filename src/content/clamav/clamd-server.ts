/**
 * One clamd: whether it is there, how much it has to do, and the version of its database.
 * A server that does not answer is asked PING, first at once and then more and more rarely, until it does: mail never
 * has to find out by itself. `silent` is one that takes connections and says nothing, as while it reloads its database;
 * `down` is one that nobody reaches.
 */
import type { Log } from '../../record/log.ts';
import type { ClamdAddress } from './clamd-address.ts';
import { printableName } from './clamd-answer.ts';
import { ClamdConnection, ClamdFault } from './clamd-connection.ts';

export type ServerState = 'up' | 'silent' | 'down';

const PING_MS = 3_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const NEVER_SOONER_MS = 200;

export class ClamdServer {
  readonly address: ClamdAddress;
  /** Connections that this process has there. */
  busy = 0;
  /** As it was said last; undefined before. */
  version: string | undefined;
  readonly #log: Log;
  readonly #changed: () => void;
  #state: ServerState = 'up';
  #since = 0;
  #asking: Promise<void> | undefined;
  #askedAt = 0;
  #again: NodeJS.Timeout | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  #isClosed = false;
  #versionAskedAt = 0;
  #askingVersion: Promise<string | undefined> | undefined;

  /** `changed` is called when the state has changed. */
  constructor(address: ClamdAddress, log: Log, changed: () => void) {
    this.address = address;
    this.#log = log;
    this.#changed = changed;
  }

  get state(): ServerState {
    return this.#state;
  }

  /** Milliseconds since it was last known to be up; 0 while it is. */
  get absentMs(): number {
    return this.#state === 'up' ? 0 : Date.now() - this.#since;
  }

  /** Something is wrong there: asks. Resolves with the answer known; while it is none, it is asked again and again. */
  doubt(): Promise<void> {
    this.#asking ??= this.#askWhetherThere().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Somebody needs it: asks before its time, but not each time of many. */
  async recheck(): Promise<void> {
    if (this.#state !== 'up' && Date.now() - this.#askedAt > NEVER_SOONER_MS) await this.doubt();
  }

  /** The version of program and database, not older than this; undefined when it does not say. */
  async versionWithin(maxAgeMs: number): Promise<string | undefined> {
    if (Date.now() - this.#versionAskedAt <= maxAgeMs) return this.version;
    this.#askingVersion ??= this.#askVersion().finally(() => {
      this.#askingVersion = undefined;
    });
    return this.#askingVersion;
  }

  /** Asks no more. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#again);
  }

  async #askWhetherThere(): Promise<void> {
    clearTimeout(this.#again);
    const { state, problem } = await this.#ping();
    this.#askedAt = Date.now();
    this.#become(state, problem);
    if (state === 'up') this.#pauseMs = FIRST_PAUSE_MS;
    if (state === 'up' || this.#isClosed) return;
    this.#again = setTimeout(() => void this.doubt(), this.#pauseMs).unref();
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  async #ping(): Promise<{ state: ServerState; problem: string }> {
    try {
      const said = await this.#ask('PING');
      return said === 'PONG' ? { state: 'up', problem: '' } : { state: 'silent', problem: 'no PONG to PING' };
    } catch (error) {
      if (!(error instanceof ClamdFault)) throw error;
      return { state: error.kind === 'unreachable' ? 'down' : 'silent', problem: error.message };
    }
  }

  async #askVersion(): Promise<string | undefined> {
    try {
      this.version = printableName(await this.#ask('VERSION'));
      this.#versionAskedAt = Date.now();
      return this.version;
    } catch (error) {
      if (!(error instanceof ClamdFault)) throw error;
      return undefined;
    }
  }

  async #ask(command: string): Promise<string> {
    const connection = new ClamdConnection(this.address, command);
    const timer = setTimeout(
      () => connection.destroy(`no answer to ${command} within ${PING_MS / 1000} s`),
      PING_MS,
    );
    try {
      return await connection.answer;
    } finally {
      clearTimeout(timer);
    }
  }

  #become(state: ServerState, problem: string): void {
    if (state === this.#state) return;
    const { text } = this.address;
    if (state === 'up') this.#log.info(`clamd at ${text} answers again`, { daemon: 'clamav' });
    else if (this.#state === 'up') {
      this.#since = Date.now();
      this.#log.warn(`clamd at ${text} does not answer: ${problem}`, { daemon: 'clamav' });
    }
    this.#state = state;
    if (state === 'up') this.#versionAskedAt = 0; // it may have come back with another database
    this.#changed();
  }
}

/**
 * Connections to next hops, kept for a while after use, bounded in number, and what is known of each next hop.
 * Speaks for `smtp_connection_cache_time_limit`, `smtp_connection_reuse_count_limit`, `..._time_limit`,
 * `default_destination_concurrency_limit` and the like (as the limits that the caller gives).
 * A next hop that left us waiting is asked by one mail at a time, and nobody waits longer than a second for that one:
 * so a flood does not hang on its time-outs, and it is used again as soon as it answers.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Log } from '../record/log.ts';
import { type Capabilities, sameCapabilities } from '../smtp/capabilities.ts';
import type { Connection } from '../smtp/connection.ts';
import type { BackendOpener } from './backend-opener.ts';
import { temporary } from './fault-reply.ts';
import type { DeliveringHop } from './next-hop.ts';
import { Unreachable } from './unreachable.ts';

export interface PoolLimits {
  /** Connections at once, open or being opened. */
  readonly perHop: number;
  readonly total: number;
  /** How long a mail waits for one of them. */
  readonly slotWaitMs: number;
  /** How long `capabilities` waits for a next hop that was never asked. */
  readonly capabilitiesWaitMs: number;
}

/** More mails than this do not wait for a connection. */
const maxWaiters = 10_000;
/** More next hops than this are not remembered when they have no connection. */
const maxKnownHops = 1_000;
/** An attempt that fails later than this was a wait: the next hop is under suspicion. */
const quickFailureMs = 1_000;
/** How long others wait for the one that tries a next hop under suspicion. */
const probeWaitMs = 1_000;

interface HopState {
  readonly idle: Connection[];
  /** Idle, in use and being opened. */
  connections: number;
  suspect: boolean;
  probe: { readonly startedAt: number; readonly done: Promise<boolean> } | undefined;
  capabilities: Capabilities | undefined;
  asking: Promise<Capabilities | undefined> | undefined;
}

/** Somebody waits for a connection, or for the right to open one (undefined; it is counted already). */
interface Waiter {
  readonly hop: DeliveringHop;
  readonly resolve: (connection: Connection | undefined) => void;
  readonly reject: (why: Unreachable) => void;
}

export class BackendPool {
  readonly #opener: BackendOpener;
  readonly #limits: PoolLimits;
  readonly #log: Log;
  readonly #hops = new Map<string, HopState>();
  readonly #waiters = new Set<Waiter>();
  #connections = 0;
  #closing: (() => void) | undefined;

  constructor(opener: BackendOpener, limits: PoolLimits, log: Log) {
    this.#opener = opener;
    this.#limits = limits;
    this.#log = log;
  }

  /** A connection for one mail: a kept one (`uses` is above 1 then), else a new one. Throws Unreachable. */
  acquire(hop: DeliveringHop): MaybePromise<Connection> {
    const state = this.#stateOf(hop);
    for (let kept = state.idle.pop(); kept !== undefined; kept = state.idle.pop()) {
      if (kept.usable) return used(kept);
    }
    return this.fresh(hop);
  }

  /** A new connection, as soon as there may be one more. Throws Unreachable. */
  async fresh(hop: DeliveringHop): Promise<Connection> {
    if (this.#closing !== undefined) throw unreachable(hop, 'the gateway ends');
    const state = this.#stateOf(hop);
    if (this.#mayOpen(state)) this.#take(state);
    else {
      const handed = await this.#wait(hop);
      if (handed !== undefined) return used(handed);
    }
    try {
      const connection = await this.#open(hop, state);
      connection.onGone = () => this.#gone(state, connection);
      this.#learn(hop, state, connection.capabilities);
      return used(connection);
    } catch (error) {
      this.#free(state);
      throw error;
    }
  }

  /** The mail is done and the next hop waits for another one. */
  release(hop: DeliveringHop, connection: Connection): void {
    if (!connection.usable) return;
    const waiter = this.#waiterFor(hop);
    const wanted = waiter !== undefined || this.#waiters.size === 0;
    if (!wanted || this.#isWornOut(hop, connection)) connection.quit();
    else if (waiter !== undefined) waiter.resolve(connection);
    else {
      connection.park(hop.settings.idleMs);
      this.#stateOf(hop).idle.push(connection);
    }
  }

  /** The transaction was begun and is not wanted: RSET, and only when that is confirmed it is kept. */
  async reset(hop: DeliveringHop, connection: Connection): Promise<void> {
    try {
      const reply = await connection.command('RSET', 'rset');
      if (reply.code >= 200 && reply.code < 300) this.release(hop, connection);
      else connection.quit();
    } catch {
      connection.quit();
    }
  }

  /** What the next hop can do, as its newest connection said; asks it when nobody has. Undefined: it does not say. */
  async capabilities(hop: DeliveringHop): Promise<Capabilities | undefined> {
    const state = this.#stateOf(hop);
    if (state.capabilities !== undefined) return state.capabilities;
    state.asking ??= this.#ask(hop, state);
    const { promise: late, resolve } = Promise.withResolvers<undefined>();
    const timer = setTimeout(resolve, this.#limits.capabilitiesWaitMs, undefined);
    try {
      return await Promise.race([state.asking, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** No new connections; resolves when those in use are given back and gone. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closing = resolve;
    this.#opener.close();
    for (const waiter of this.#waiters) waiter.reject(unreachable(waiter.hop, 'the gateway ends'));
    for (const state of this.#hops.values()) {
      for (const connection of state.idle.splice(0)) connection.quit();
    }
    if (this.#connections === 0) return;
    await promise;
  }

  async #open(hop: DeliveringHop, state: HopState): Promise<Connection> {
    if (this.#closing !== undefined) throw unreachable(hop, 'the gateway ends');
    if (state.suspect && state.probe !== undefined && !(await answersSoon(state.probe))) {
      throw unreachable(hop, 'it does not answer');
    }
    const startedAt = performance.now();
    const attempt = this.#opener.open(hop);
    const isProbe = state.suspect && state.probe === undefined;
    if (isProbe)
      state.probe = {
        startedAt,
        done: attempt.then(
          () => true,
          () => false,
        ),
      };
    try {
      const connection = await attempt;
      state.suspect = false;
      return connection;
    } catch (error) {
      state.suspect = performance.now() - startedAt > quickFailureMs;
      throw error;
    } finally {
      if (isProbe) state.probe = undefined;
    }
  }

  #waiterFor(hop: DeliveringHop): Waiter | undefined {
    for (const waiter of this.#waiters) if (waiter.hop.key === hop.key) return waiter;
    return undefined;
  }

  #isWornOut(hop: DeliveringHop, connection: Connection): boolean {
    const { reuseMails, reuseMs, idleMs } = hop.settings;
    if (idleMs <= 0 || this.#closing !== undefined) return true;
    return (
      (reuseMails > 0 && connection.uses >= reuseMails) || performance.now() - connection.openedAt >= reuseMs
    );
  }

  /** Whether there may be one more connection; a kept one of another next hop gives way. */
  #mayOpen(state: HopState): boolean {
    if (state.connections >= this.#limits.perHop) return false;
    if (this.#connections < this.#limits.total) return true;
    for (const other of this.#hops.values()) {
      const kept = other.idle.shift();
      if (kept === undefined) continue;
      kept.quit();
      return this.#connections < this.#limits.total;
    }
    return false;
  }

  #take(state: HopState): void {
    state.connections++;
    this.#connections++;
  }

  #free(state: HopState): void {
    state.connections--;
    this.#connections--;
    if (this.#connections === 0) this.#closing?.();
    for (const waiter of this.#waiters) {
      const waiting = this.#stateOf(waiter.hop);
      if (waiting.connections >= this.#limits.perHop) continue;
      this.#take(waiting);
      waiter.resolve(undefined);
      break;
    }
  }

  #gone(state: HopState, connection: Connection): void {
    const at = state.idle.indexOf(connection);
    if (at >= 0) state.idle.splice(at, 1);
    this.#free(state);
  }

  #wait(hop: DeliveringHop): Promise<Connection | undefined> {
    if (this.#waiters.size >= maxWaiters)
      return Promise.reject(unreachable(hop, 'too many mails wait for it'));
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
      };
      const waiter: Waiter = {
        hop,
        resolve: (connection) => {
          done();
          resolve(connection);
        },
        reject: (why) => {
          done();
          reject(why);
        },
      };
      const late = () => {
        this.#log.warn(`next hop ${hop.text}: all connections are in use`, { backend: hop.text });
        waiter.reject(unreachable(hop, 'all connections are in use'));
      };
      const timer = setTimeout(late, this.#limits.slotWaitMs);
      this.#waiters.add(waiter);
    });
  }

  #learn(hop: DeliveringHop, state: HopState, now: Capabilities): void {
    const before = state.capabilities;
    if (before !== undefined && sameCapabilities(before, now)) return;
    state.capabilities = now;
    if (before === undefined) return;
    this.#log.info(`next hop ${hop.text} now offers: ${[...now.keywords.keys()].join(' ')}`, {
      backend: hop.text,
    });
  }

  async #ask(hop: DeliveringHop, state: HopState): Promise<Capabilities | undefined> {
    try {
      this.release(hop, await this.acquire(hop));
    } catch {
      // logged; whoever asks next tries again
    }
    state.asking = undefined;
    return state.capabilities;
  }

  #stateOf(hop: DeliveringHop): HopState {
    let state = this.#hops.get(hop.key);
    if (state === undefined) {
      if (this.#hops.size >= maxKnownHops) this.#forgetHops();
      const none = { suspect: false, probe: undefined, capabilities: undefined, asking: undefined };
      state = { idle: [], connections: 0, ...none };
      this.#hops.set(hop.key, state);
    }
    return state;
  }

  #forgetHops(): void {
    const waited = new Set(Array.from(this.#waiters, (waiter) => waiter.hop.key));
    for (const [key, state] of this.#hops) {
      if (state.connections === 0 && state.asking === undefined && !waited.has(key)) this.#hops.delete(key);
    }
  }
}

function used(connection: Connection): Connection {
  connection.uses++;
  return connection;
}

async function answersSoon(probe: {
  readonly startedAt: number;
  readonly done: Promise<boolean>;
}): Promise<boolean> {
  const leftMs = probe.startedAt + probeWaitMs - performance.now();
  if (leftMs <= 0) return false;
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, leftMs, false);
  const answered = await Promise.race([probe.done, late]);
  clearTimeout(timer);
  return answered;
}

function unreachable(hop: DeliveringHop, why: string): Unreachable {
  return new Unreachable(
    `next hop ${hop.text}: ${why}`,
    temporary('4.3.2', 'the next hop is busy', hop.settings.style),
  );
}

/**
 * Connections to next hops, kept for a while after use and bounded in number, and what is known of each next hop.
 * Speaks for `smtp_connection_cache_time_limit`, `smtp_connection_reuse_count_limit`, `smtp_connection_reuse_time_limit`,
 * and `*_destination_concurrency_limit` as far as the caller makes limits of them.
 * A kept connection may be dead; who uses it finds out (backend-delivery.ts).
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Log } from '../record/log.ts';
import { type Capabilities, sameCapabilities } from '../smtp/capabilities.ts';
import type { Connection } from '../smtp/connection.ts';
import type { BackendOpener } from './backend-opener.ts';
import type { DeliveringHop } from './next-hop.ts';
import { Suspicion } from './suspicion.ts';
import { Unreachable } from './unreachable.ts';
import { busy, WaitingLine } from './waiting-line.ts';

export interface PoolLimits {
  /** Connections at once, kept ones included. */
  readonly perHop: number;
  readonly total: number;
  /** How long a mail waits for one of them. */
  readonly slotWaitMs: number;
  /** How long `capabilities` waits for a next hop that was never asked. */
  readonly capabilitiesWaitMs: number;
}

/** More next hops than this are not remembered when they have no connection. */
const maxKnownHops = 1_000;

interface HopState {
  readonly idle: Connection[];
  readonly suspicion: Suspicion;
  /** Idle, in use and being opened. */
  connections: number;
  capabilities: Capabilities | undefined;
  /** Somebody asks for them. */
  asking: Promise<Capabilities | undefined> | undefined;
}

export class BackendPool {
  readonly #opener: BackendOpener;
  readonly #limits: PoolLimits;
  readonly #log: Log;
  readonly #hops = new Map<string, HopState>();
  readonly #line: WaitingLine;
  #connections = 0;
  /** Set by close: called when the last connection is gone. */
  #closing: (() => void) | undefined;

  constructor(opener: BackendOpener, limits: PoolLimits, log: Log) {
    this.#opener = opener;
    this.#limits = limits;
    this.#log = log;
    this.#line = new WaitingLine(limits.slotWaitMs);
  }

  /** A connection for one mail: a kept one (its `uses` is above 1 then), else a new one. Throws Unreachable. */
  acquire(hop: DeliveringHop): MaybePromise<Connection> {
    const state = this.#stateOf(hop);
    for (let kept = state.idle.pop(); kept !== undefined; kept = state.idle.pop()) {
      if (kept.usable) return used(kept);
    }
    return this.fresh(hop);
  }

  /** A new connection, as soon as there may be one more (or another mail's when it is done). Throws Unreachable. */
  async fresh(hop: DeliveringHop): Promise<Connection> {
    if (this.#closing !== undefined) throw busy(hop, 'the gateway ends');
    const state = this.#stateOf(hop);
    if (this.#mayOpen(state)) this.#take(state);
    else {
      const handed = await this.#wait(hop);
      if (handed !== undefined) return used(handed);
    }
    try {
      return used(await this.#open(hop, state));
    } catch (error) {
      this.#free(state);
      throw error;
    }
  }

  /** The mail is done and the next hop waits for another one. */
  release(hop: DeliveringHop, connection: Connection): void {
    if (!connection.usable) return;
    if (this.#isWornOut(hop, connection)) connection.quit();
    else if (this.#line.isEmpty) {
      connection.park(hop.settings.idleMs);
      this.#stateOf(hop).idle.push(connection);
    } else if (!this.#line.handOver(hop.key, connection)) connection.quit();
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
    this.#line.dissolve('the gateway ends');
    for (const state of this.#hops.values()) {
      for (const connection of state.idle.splice(0)) connection.quit();
    }
    if (this.#connections > 0) await promise;
  }

  async #open(hop: DeliveringHop, state: HopState): Promise<Connection> {
    if (this.#closing !== undefined) throw busy(hop, 'the gateway ends');
    const connection = await state.suspicion.attempt(() => this.#opener.open(hop));
    if (connection === undefined) throw busy(hop, 'it does not answer');
    connection.onGone = () => this.#gone(state, connection);
    this.#learn(hop, state, connection.capabilities);
    return connection;
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
    this.#line.letOpen((hop) => {
      const waiting = this.#stateOf(hop);
      const may = waiting.connections < this.#limits.perHop;
      if (may) this.#take(waiting);
      return may;
    });
  }

  #gone(state: HopState, connection: Connection): void {
    const at = state.idle.indexOf(connection);
    if (at >= 0) state.idle.splice(at, 1);
    this.#free(state);
  }

  async #wait(hop: DeliveringHop): Promise<Connection | undefined> {
    try {
      return await this.#line.wait(hop);
    } catch (error) {
      if (error instanceof Unreachable) this.#log.warn(error.message, { backend: hop.text });
      throw error;
    }
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
    const known = this.#hops.get(hop.key);
    if (known !== undefined) return known;
    if (this.#hops.size >= maxKnownHops) this.#forgetHops();
    const state = {
      idle: [],
      suspicion: new Suspicion(),
      connections: 0,
      capabilities: undefined,
      asking: undefined,
    };
    this.#hops.set(hop.key, state);
    return state;
  }

  #forgetHops(): void {
    for (const [key, state] of this.#hops) {
      const isUsed = state.connections > 0 || state.asking !== undefined || this.#line.has(key);
      if (!isUsed) this.#hops.delete(key);
    }
  }
}

function used(connection: Connection): Connection {
  connection.uses++;
  return connection;
}

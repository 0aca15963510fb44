/**
 * Mails that wait for a connection because there may be no more of them: first come, first served, each no longer than
 * a while. Who leaves the line is given a connection, or the right to open one.
 */
import type { Connection } from '../smtp/connection.ts';
import { temporary } from './fault-reply.ts';
import type { DeliveringHop } from './next-hop.ts';
import { Unreachable } from './unreachable.ts';

/** More mails than this do not wait. */
const maxWaiters = 10_000;

interface Waiter {
  readonly hop: DeliveringHop;
  readonly resolve: (connection: Connection | undefined) => void;
  readonly reject: (why: Unreachable) => void;
  readonly timer: NodeJS.Timeout;
}

export class WaitingLine {
  readonly #waitMs: number;
  readonly #waiters = new Set<Waiter>();

  /** `waitMs`: nobody waits longer. */
  constructor(waitMs: number) {
    this.#waitMs = waitMs;
  }

  get isEmpty(): boolean {
    return this.#waiters.size === 0;
  }

  /** Whether somebody waits for this next hop. */
  has(hopKey: string): boolean {
    for (const { hop } of this.#waiters) if (hop.key === hopKey) return true;
    return false;
  }

  /** A connection, or undefined: the right to open one. Rejects with Unreachable when it takes too long. */
  wait(hop: DeliveringHop): Promise<Connection | undefined> {
    if (this.#waiters.size >= maxWaiters) return Promise.reject(busy(hop, 'too many mails wait for it'));
    return new Promise((resolve, reject) => {
      const late = () => {
        this.#leave(waiter);
        reject(busy(hop, 'all connections are in use'));
      };
      const waiter = { hop, resolve, reject, timer: setTimeout(late, this.#waitMs) };
      this.#waiters.add(waiter);
    });
  }

  /** Gives the connection to the first who waits for its next hop; false: nobody does. */
  handOver(hopKey: string, connection: Connection): boolean {
    return this.#serve((hop) => hop.key === hopKey, connection);
  }

  /** Lets the first one open a connection whose next hop `may` have one more. */
  letOpen(may: (hop: DeliveringHop) => boolean): void {
    this.#serve(may, undefined);
  }

  /** Sends everybody away. */
  dissolve(why: string): void {
    for (const waiter of this.#waiters) {
      this.#leave(waiter);
      waiter.reject(busy(waiter.hop, why));
    }
  }

  #serve(isFor: (hop: DeliveringHop) => boolean, connection: Connection | undefined): boolean {
    for (const waiter of this.#waiters) {
      if (!isFor(waiter.hop)) continue;
      this.#leave(waiter);
      waiter.resolve(connection);
      return true;
    }
    return false;
  }

  #leave(waiter: Waiter): void {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
  }
}

/** The next hop is not asked for this mail. */
export function busy(hop: DeliveringHop, why: string): Unreachable {
  const told = temporary('4.3.2', 'the next hop is busy', hop.settings.style);
  return new Unreachable(`next hop ${hop.text}: ${why}`, told);
}

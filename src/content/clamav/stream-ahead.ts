/**
 * A message on its way to clamd while it still arrives. It is a favour, not a duty: when clamd is slow to take the
 * bytes, or somebody else needs the connection more, it is given up, and the message is sent when it is complete.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { ClamdConnection } from './clamd-connection.ts';
import type { ClamdPool, Lease } from './clamd-pool.ts';

/** A client is not held up longer than this for a clamd that does not take bytes. */
const STALL_MS = 1_000;

export class StreamAhead {
  readonly lease: Lease;
  readonly connection: ClamdConnection;
  #isGivenUp = false;

  private constructor(lease: Lease, connection: ClamdConnection) {
    this.lease = lease;
    this.connection = connection;
  }

  /** Undefined: there is no connection to spare. */
  static begin(pool: ClamdPool): StreamAhead | undefined {
    const lease = pool.leaseSpare(() => ahead?.giveUp());
    const ahead = lease && new StreamAhead(lease, ClamdConnection.forMessage(lease.server.address));
    return ahead;
  }

  /** Whether clamd has everything that was sent. */
  get isWhole(): boolean {
    return !this.#isGivenUp && !this.connection.isOver;
  }

  send(pieces: readonly Buffer[]): MaybePromise<void> {
    const wait = this.connection.send(pieces);
    return isPromise(wait) ? this.#patiently(wait) : undefined;
  }

  giveUp(): void {
    this.#isGivenUp = true;
    this.connection.destroy();
    this.lease.release();
  }

  async #patiently(wait: Promise<void>): Promise<void> {
    const timer = setTimeout(() => this.giveUp(), STALL_MS);
    await wait;
    clearTimeout(timer);
  }
}

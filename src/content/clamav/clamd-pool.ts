/**
 * The clamds that there are: who gets the next connection, and who has to wait for one. Parameters: clamav_socket,
 * clamav_max_connections. The least busy server that is up is taken; one that is only silent if no other is left.
 * A message that is still arriving may use a connection that nobody else wants, and has to give it back when a message
 * that is complete wants it: slow clients cannot keep others from being scanned.
 * When no server is reached, messages wait for the first to come back, but not longer than a restart takes; then they
 * hear at once that nobody is there, until somebody is.
 */
import type { Log } from '../../record/log.ts';
import type { ClamdAddress } from './clamd-address.ts';
import { ClamdServer } from './clamd-server.ts';

export interface ClamdPoolOptions {
  readonly addresses: readonly ClamdAddress[];
  /** Over all servers. */
  readonly maxConnections: number;
  readonly log: Log;
  /** How long messages wait for the first server to come back; the default suits a restart with a small database. */
  readonly restartMs?: number;
}

/** The right to one connection; given back once. */
export interface Lease {
  readonly server: ClamdServer;
  release(): void;
}

/** Nobody is there to ask, or all connections were in use all the time. */
export class NoClamd extends Error {}

interface Waiting {
  readonly avoid: ReadonlySet<ClamdServer>;
  readonly until: number;
  readonly settle: (answer: Lease | NoClamd) => void;
  /** Runs while no server is there. */
  patience: NodeJS.Timeout | undefined;
}

const RESTART_MS = 5_000;

export class ClamdPool {
  readonly servers: readonly ClamdServer[];
  readonly #options: ClamdPoolOptions;
  readonly #waiting = new Set<Waiting>();
  /** Leases of messages that are still arriving, the oldest first, and how to get them back. */
  readonly #revocable = new Map<Lease, () => void>();
  #used = 0;
  #turn = 0;

  constructor(options: ClamdPoolOptions) {
    this.#options = options;
    this.servers = options.addresses.map(
      (address) => new ClamdServer(address, options.log, () => this.#serveAll()),
    );
  }

  /** Gets to know the servers: the log tells who they are. */
  async meet(): Promise<void> {
    await Promise.all(
      this.servers.map(async (server) => {
        await server.doubt();
        const version = await server.versionWithin(0);
        if (version === undefined) return;
        this.#options.log.info(`clamd at ${server.address.text}: ${version}`, { daemon: 'clamav' });
      }),
    );
  }

  /** A connection, rather not to one of those to avoid. Rejects with NoClamd, at the latest then (ms since 1970). */
  lease(until: number, avoid: ReadonlySet<ClamdServer> = new Set()): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#give(waiting, this.#nobody(waiting)), until - Date.now());
      const settle = (answer: Lease | NoClamd) => {
        clearTimeout(timer);
        clearTimeout(waiting.patience);
        if (answer instanceof NoClamd) reject(answer);
        else resolve(answer);
      };
      const waiting: Waiting = { avoid, until, settle, patience: undefined };
      this.#waiting.add(waiting);
      this.#serveAll();
    });
  }

  /** A connection that is free now, until somebody needs it more: then `revoked` is called. */
  leaseSpare(revoked: () => void): Lease | undefined {
    if (this.#used >= this.#options.maxConnections || this.#waiting.size > 0) return undefined;
    const server = this.#choose(new Set());
    if (server?.state !== 'up') return undefined;
    const lease = this.#open(server);
    this.#revocable.set(lease, revoked);
    return lease;
  }

  /** A message has arrived: its connection is not taken away any more. */
  keep(lease: Lease): void {
    this.#revocable.delete(lease);
  }

  close(): void {
    for (const server of this.servers) server.close();
    for (const waiting of this.#waiting) this.#give(waiting, new NoClamd('the gateway ends'));
  }

  #serveAll(): void {
    for (const waiting of [...this.#waiting]) if (this.#waiting.has(waiting)) this.#serve(waiting);
  }

  #serve(waiting: Waiting): void {
    const server = this.#choose(waiting.avoid);
    if (!server) {
      this.#waitForServer(waiting);
      return;
    }
    if (this.#used >= this.#options.maxConnections) this.#revokeOldest();
    if (!this.#waiting.has(waiting)) return; // served on the way
    if (this.#used < this.#options.maxConnections) this.#give(waiting, this.#open(server));
  }

  /** Nobody is up: the time to wait for that is counted from when the last one went. */
  #waitForServer(waiting: Waiting): void {
    const restartMs = this.#options.restartMs ?? RESTART_MS;
    const leftMs = restartMs - Math.min(...this.servers.map(({ absentMs }) => absentMs));
    const asked = Promise.all(this.servers.map((server) => server.recheck()));
    if (leftMs <= 0) void asked.then(() => this.#giveUp(waiting));
    else waiting.patience ??= setTimeout(() => this.#giveUp(waiting), leftMs + 1);
  }

  #giveUp(waiting: Waiting): void {
    if (!this.#waiting.has(waiting)) return;
    if (!this.#choose(waiting.avoid)) this.#give(waiting, this.#nobody(waiting));
  }

  #revokeOldest(): void {
    const [oldest] = this.#revocable;
    if (!oldest) return;
    const [lease, revoked] = oldest;
    lease.release();
    revoked();
  }

  #open(server: ClamdServer): Lease {
    let isOpen = true;
    this.#used += 1;
    server.busy += 1;
    const lease: Lease = {
      server,
      release: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#used -= 1;
        server.busy -= 1;
        this.#revocable.delete(lease);
        this.#serveAll();
      },
    };
    return lease;
  }

  #give(waiting: Waiting, answer: Lease | NoClamd): void {
    this.#waiting.delete(waiting);
    waiting.settle(answer);
  }

  /** The least busy one; of several, each in turn. */
  #choose(avoid: ReadonlySet<ClamdServer>): ClamdServer | undefined {
    const up = this.servers.filter(({ state }) => state === 'up');
    const fresh = up.filter((server) => !avoid.has(server));
    const all = [fresh, up, this.servers.filter(({ state }) => state === 'silent')];
    const candidates = all.find((some) => some.length > 0) ?? [];
    const least = Math.min(...candidates.map(({ busy }) => busy));
    const idle = candidates.filter(({ busy }) => busy === least);
    this.#turn += 1;
    return idle[this.#turn % idle.length];
  }

  #nobody({ until }: Waiting): NoClamd {
    const isReached = this.servers.some(({ state }) => state !== 'down');
    if (isReached && until <= Date.now()) return new NoClamd('all connections to clamd were busy');
    return new NoClamd(`no clamd is reached (${this.servers.map(({ address }) => address.text).join(', ')})`);
  }
}

/**
 * The connections to one policy server. A question goes over the connection that has heard of the same mail before,
 * else over the one that has rested longest, else over a new one; when all are busy it waits in line. Both the
 * connections and the line have a bound, and each question has a deadline for waiting and answer together.
 */
import type { PolicyAddress } from './policy-address.ts';
import { type ConnectionLimits, PolicyConnection, PolicyFailure } from './policy-connection.ts';

export interface ConnectionsOptions {
  readonly address: PolicyAddress;
  readonly limits: ConnectionLimits;
  readonly timeoutMs: number;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly instance: string;
  /** The only connection that it wants, as long as that lives. */
  wanted: PolicyConnection | undefined;
  /** The one that it is on. */
  connection: PolicyConnection | undefined;
  readonly resolve: (action: string) => void;
  readonly reject: (failure: PolicyFailure) => void;
}

/** As many as Postfix would have processes. `Postfix: default_process_limit`. */
const MAX_CONNECTIONS = 100;
const MAX_WAITING = 10_000;
/** Mails whose connection is remembered. */
const MAX_INSTANCES = 1_000;

export class PolicyConnections {
  readonly #options: ConnectionsOptions;
  readonly #connections = new Set<PolicyConnection>();
  /** In the order in which they came to rest. */
  readonly #resting = new Set<PolicyConnection>();
  readonly #line: Waiting[] = [];
  readonly #byInstance = new Map<string, PolicyConnection>();

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Rejects with PolicyFailure. */
  ask(bytes: Buffer, instance: string): Promise<string> {
    if (this.#line.length >= MAX_WAITING) {
      return Promise.reject(new PolicyFailure(`more than ${MAX_WAITING} questions are waiting`));
    }
    return new Promise((resolve, reject) => {
      const { timeoutMs } = this.#options;
      const timer = setTimeout(() => this.#giveUp(waiting), timeoutMs);
      const waiting: Waiting = {
        bytes,
        instance,
        wanted: this.#connectionOf(instance),
        connection: undefined,
        resolve: (action) => {
          clearTimeout(timer);
          resolve(action);
        },
        reject: (failure) => {
          clearTimeout(timer);
          reject(failure);
        },
      };
      const connection = this.#choose(waiting);
      if (connection) this.#send(waiting, connection);
      else this.#line.push(waiting);
    });
  }

  close(): void {
    for (const waiting of this.#line.splice(0)) waiting.reject(new PolicyFailure('closed'));
    for (const connection of this.#connections) connection.close();
  }

  #connectionOf(instance: string): PolicyConnection | undefined {
    const connection = this.#byInstance.get(instance);
    return connection?.isGone ? undefined : connection;
  }

  #choose({ wanted }: Waiting): PolicyConnection | undefined {
    if (wanted && !wanted.isGone) return wanted.isFree ? wanted : undefined;
    for (const connection of this.#resting) {
      if (!connection.isOld) return connection;
      connection.close();
    }
    return this.#connections.size < MAX_CONNECTIONS ? this.#open() : undefined;
  }

  #open(): PolicyConnection {
    const { address, limits } = this.#options;
    const connection = new PolicyConnection(address, limits, {
      free: (one) => this.#next(one),
      gone: (one) => this.#lost(one),
    });
    this.#connections.add(connection);
    return connection;
  }

  #send(waiting: Waiting, connection: PolicyConnection): void {
    this.#resting.delete(connection);
    this.#remember(waiting.instance, connection);
    waiting.connection = connection;
    connection.ask(waiting.bytes).then(waiting.resolve, waiting.reject);
  }

  #remember(instance: string, connection: PolicyConnection): void {
    if (instance === '') return;
    this.#byInstance.delete(instance);
    this.#byInstance.set(instance, connection);
    if (this.#byInstance.size <= MAX_INSTANCES) return;
    const oldest = this.#byInstance.keys().next();
    if (!oldest.done) this.#byInstance.delete(oldest.value);
  }

  /** A connection is free: the first in line that may have it gets it. */
  #next(connection: PolicyConnection): void {
    const at = this.#line.findIndex(({ wanted }) => !wanted || wanted === connection || wanted.isGone);
    const [waiting] = at < 0 ? [] : this.#line.splice(at, 1);
    if (waiting) this.#send(waiting, connection);
    else this.#resting.add(connection);
  }

  /** There is room for another connection, if somebody waits. */
  #lost(connection: PolicyConnection): void {
    this.#connections.delete(connection);
    this.#resting.delete(connection);
    const at = this.#line.findIndex(({ wanted }) => !wanted || wanted.isGone);
    const [waiting] = at < 0 ? [] : this.#line.splice(at, 1);
    if (waiting) this.#send(waiting, this.#open());
  }

  #giveUp(waiting: Waiting): void {
    const at = this.#line.indexOf(waiting);
    if (at >= 0) this.#line.splice(at, 1);
    waiting.reject(new PolicyFailure('Connection timed out'));
    waiting.connection?.close();
  }
}

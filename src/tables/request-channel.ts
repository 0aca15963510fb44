/**
 * Requests and replies over a few stream connections to one server, one request at a time on each. Connections are made
 * when they are needed and kept for a while; a kept one that turns out to be dead is replaced once.
 * Each request has a deadline; how many may wait is bounded.
 */
import { connect, type Socket } from 'node:net';

export type Endpoint =
  | { readonly kind: 'inet'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

/** How replies are told apart. */
export interface Framing {
  /** The first whole reply, and how many bytes it takes with its frame; undefined when more has to come. Throws ChannelFailure. */
  reply(bytes: Buffer): { readonly reply: Buffer; readonly length: number } | undefined;
}

/** No reply: the server cannot be reached, is too slow, or talks nonsense. */
export class ChannelFailure extends Error {}

const MAX_CONNECTIONS = 4;
const MAX_WAITING = 1000;
/** `Postfix: DICT_SOCKMAP_DEF_MAX_IDLE, DICT_SOCKMAP_DEF_MAX_TTL`. */
const IDLE_MS = 10_000;
const MAX_AGE_MS = 100_000;

interface Request {
  readonly bytes: Buffer;
  readonly deadline: NodeJS.Timeout;
  readonly resolve: (reply: Buffer) => void;
  readonly reject: (failure: ChannelFailure) => void;
  /** It has been on a kept connection that was dead, or has no more time. */
  retried: boolean;
  connection: Connection | undefined;
}

export class RequestChannel {
  readonly #endpoint: Endpoint;
  readonly #framing: Framing;
  readonly #deadlineMs: number;
  readonly #waiting: Request[] = [];
  readonly #connections = new Set<Connection>();
  #closed = false;

  constructor(endpoint: Endpoint, framing: Framing, deadlineMs: number) {
    this.#endpoint = endpoint;
    this.#framing = framing;
    this.#deadlineMs = deadlineMs;
  }

  /** Sends a request; rejects with ChannelFailure. */
  request(bytes: Buffer): Promise<Buffer> {
    if (this.#waiting.length >= MAX_WAITING) {
      return Promise.reject(new ChannelFailure(`more than ${MAX_WAITING} look-ups are waiting`));
    }
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => this.#giveUp(request), this.#deadlineMs);
      const request: Request = { bytes, deadline, resolve, reject, retried: false, connection: undefined };
      this.#waiting.push(request);
      this.#dispatch();
    });
  }

  /** Ends all connections; what waits for a reply fails. */
  close(): void {
    this.#closed = true;
    for (const request of this.#waiting.splice(0)) fail(request, 'closed');
    for (const connection of this.#connections) connection.destroy();
  }

  #dispatch(): void {
    for (;;) {
      const next = this.#waiting[0];
      if (!next) return;
      const connection = this.#freeConnection();
      if (!connection) return;
      this.#waiting.shift();
      next.connection = connection;
      connection.send(next);
    }
  }

  #freeConnection(): Connection | undefined {
    for (const connection of this.#connections) if (connection.isFree) return connection;
    if (this.#connections.size >= MAX_CONNECTIONS) return undefined;
    const connection = new Connection(this.#endpoint, this.#framing, {
      free: () => this.#dispatch(),
      gone: (request, problem) => this.#lost(connection, request, problem),
    });
    this.#connections.add(connection);
    return connection;
  }

  #lost(connection: Connection, request: Request | undefined, problem: string): void {
    this.#connections.delete(connection);
    if (request && connection.wasUsedBefore && !request.retried && !this.#closed) {
      request.retried = true;
      request.connection = undefined;
      this.#waiting.unshift(request);
    } else if (request) fail(request, problem);
    this.#dispatch();
  }

  #giveUp(request: Request): void {
    const at = this.#waiting.indexOf(request);
    if (at >= 0) this.#waiting.splice(at, 1);
    request.retried = true;
    fail(request, `no reply within ${this.#deadlineMs / 1000} s`);
    request.connection?.destroy();
  }
}

function fail(request: Request, problem: string): void {
  clearTimeout(request.deadline);
  request.reject(new ChannelFailure(problem));
}

interface Owner {
  free(): void;
  gone(request: Request | undefined, problem: string): void;
}

class Connection {
  /** A request has been answered on it. */
  wasUsedBefore = false;
  readonly #socket: Socket;
  readonly #framing: Framing;
  readonly #owner: Owner;
  readonly #madeAt = performance.now();
  #current: Request | undefined;
  #received: Buffer = Buffer.alloc(0);
  #problem = 'connection closed';
  #gone = false;

  constructor(endpoint: Endpoint, framing: Framing, owner: Owner) {
    this.#framing = framing;
    this.#owner = owner;
    this.#socket = endpoint.kind === 'inet' ? connect(endpoint.port, endpoint.host) : connect(endpoint.path);
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', (error) => {
      this.#problem = error.message;
    });
    this.#socket.on('timeout', () => this.destroy());
    this.#socket.on('end', () => this.destroy());
    this.#socket.on('close', () => this.#end());
  }

  get isFree(): boolean {
    return !this.#current && !this.#gone;
  }

  send(request: Request): void {
    this.#current = request;
    this.#socket.ref();
    this.#socket.setTimeout(0);
    this.#socket.write(request.bytes);
  }

  destroy(): void {
    this.#gone = true;
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    this.#received = this.#received.length === 0 ? bytes : Buffer.concat([this.#received, bytes]);
    try {
      const framed = this.#framing.reply(this.#received);
      if (!framed) return;
      // Nothing may come that was not asked for.
      if (!this.#current || framed.length !== this.#received.length)
        throw new ChannelFailure('more text than the reply');
      this.#answer(this.#current, framed.reply);
    } catch (error) {
      this.#problem = (error as Error).message;
      this.destroy();
    }
  }

  #answer(request: Request, reply: Buffer): void {
    clearTimeout(request.deadline);
    this.#current = undefined;
    this.#received = Buffer.alloc(0);
    this.wasUsedBefore = true;
    request.resolve(reply);
    if (performance.now() - this.#madeAt > MAX_AGE_MS) {
      this.destroy();
      return;
    }
    this.#socket.setTimeout(IDLE_MS);
    this.#socket.unref();
    this.#owner.free();
  }

  #end(): void {
    this.#gone = true;
    const request = this.#current;
    this.#current = undefined;
    this.#owner.gone(request, this.#problem);
  }
}

/** One process that serves: listens on all services under one version of the configuration, and drains before it ends. */
import type { Server, Socket } from 'node:net';
import type { AssembledService, Assembly } from '../main.ts';
import type { Log } from '../record/log.ts';
import { sessions } from '../server/sessions.ts';
import type { Endpoint } from '../settings/endpoints.ts';
import { openToAll } from './unix-places.ts';

/** How long connections to next hops may take to say goodbye. */
const FAREWELL_MS = 1_000;
const BACKLOG = 1024;

export class Worker {
  readonly #assembly: Assembly;
  readonly #log: Log;
  readonly #servers: Server[] = [];
  readonly #doors: (() => void)[] = [];

  constructor(assembly: Assembly, log: Log) {
    this.#assembly = assembly;
    this.#log = log;
  }

  /** Clients that come already wait for `letIn`. Rejects with words for the operator when a service cannot listen. */
  async listen(): Promise<void> {
    for (const assembled of this.#assembly.services) {
      for (const endpoint of assembled.service.listen) await this.#open(assembled, endpoint);
    }
  }

  letIn(): void {
    for (const open of this.#doors.splice(0)) open();
  }

  /** Takes nobody in any more, lets sessions go on for a while, then finishes what has begun, and lets go. */
  async stop({ patienceMs, atMostMs }: { patienceMs: number; atMostMs: number }): Promise<void> {
    for (const server of this.#servers) server.close();
    if (patienceMs > 0) await sessions.retire(patienceMs);
    await sessions.drain(atMostMs);
    await Promise.race([
      this.#assembly.close(),
      new Promise((resolve) => setTimeout(resolve, FAREWELL_MS).unref()),
    ]);
  }

  async #open(assembled: AssembledService, endpoint: Endpoint): Promise<void> {
    const { service } = assembled;
    const server = assembled.server();
    this.#doors.push(keepWaiting(server));
    await bind(server, endpoint, service.name);
    server.on('error', (error) => this.#log.error(`service ${service.name}: ${error.message}`));
    this.#servers.push(server);
  }
}

/** The server does not hear of its clients until the function is called that this gives. */
function keepWaiting(server: Server): () => void {
  const waiting: Socket[] = [];
  const greet = server.listeners('connection') as ((socket: Socket) => void)[];
  const wait = (socket: Socket) => void waiting.push(socket.on('error', () => {}));
  server.removeAllListeners('connection').on('connection', wait);
  return () => {
    server.off('connection', wait);
    for (const one of greet) server.on('connection', one);
    for (const socket of waiting) server.emit('connection', socket);
  };
}

function bind(server: Server, endpoint: Endpoint, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => reject(new Error(listenProblem(error, endpoint, name)));
    server.once('error', failed);
    const bound = () => {
      server.off('error', failed);
      if (endpoint.kind === 'unix') openToAll(endpoint.path);
      resolve();
    };
    if (endpoint.kind === 'unix') {
      server.listen({ path: endpoint.path, backlog: BACKLOG }, bound);
    } else {
      const host = endpoint.host === '' ? {} : { host: endpoint.host };
      server.listen({ ...host, port: endpoint.port, backlog: BACKLOG }, bound);
    }
  });
}

function listenProblem(error: NodeJS.ErrnoException, endpoint: Endpoint, name: string): string {
  const at = endpoint.kind === 'unix' ? endpoint.path : `${endpoint.host || '*'}:${endpoint.port}`;
  const where = `service ${name} cannot listen on ${at}`;
  if (error.code === 'EACCES') return `${where}: ports below 1024 need root or CAP_NET_BIND_SERVICE`;
  if (error.code === 'EADDRINUSE') return `${where}: another program listens there already`;
  if (error.code === 'EADDRNOTAVAIL') return `${where}: this machine does not have that address`;
  return `${where}: ${error.message}`;
}

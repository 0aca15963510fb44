/**
 * The connection to Redis or Valkey, whether one server, the master that sentinels name, or a cluster: commands with
 * one key, and the walk over all keys. It connects in the background and never gives up; while there is no connection
 * commands fail at once, they do not wait in a queue.
 */
import { readFileSync } from 'node:fs';
import type { RedisAddress } from './store-address.ts';

export interface RedisLink {
  /** The first attempt to connect has come to an end, good or bad. */
  readonly tried: Promise<void>;
  /** Sends a command about this key. */
  send(key: string, isReadOnly: boolean, command: readonly string[]): Promise<unknown>;
  /** Commands that are told apart by no key, on each master in turn. */
  onEachMaster(
    visit: (send: (command: readonly string[]) => Promise<unknown>) => Promise<void>,
  ): Promise<void>;
  /** Hangs up; what is under way fails. */
  close(): void;
}

export interface LinkEvents {
  /** The connection is there (again). */
  onReady(): void;
  onError(error: Error): void;
}

const LONGEST_RECONNECT_MS = 2_000;
/** Commands under way; more are refused. */
const MOST_WAITING = 5_000;
const CONNECT_MS = 3_000;
/** How often sentinels are asked who the master is, besides what they tell by themselves. */
const SENTINEL_SCAN_MS = 2_000;

/** Starts to connect. Rejects when a password or certificate file cannot be read. */
export async function openLink(address: RedisAddress, events: LinkEvents): Promise<RedisLink> {
  const { default: redis } = await import('redis'); // CommonJS, of which a bundle has nothing else
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  const told: LinkEvents = {
    onReady() {
      resolve();
      events.onReady();
    },
    onError(error) {
      resolve();
      events.onError(error);
    },
  };
  return { tried, ...linkTo(redis, address, told) };
}

function linkTo(redis: Redis, address: RedisAddress, events: LinkEvents): Omit<RedisLink, 'tried'> {
  switch (address.servers.kind) {
    case 'one':
      return oneServer(redis, address, address.servers.host, events);
    case 'sentinels':
      return sentinels(redis, address, address.servers, events);
    case 'cluster':
      return cluster(redis, address, address.servers.hosts, events);
  }
}

type Redis = typeof import('redis');

function clientOptions(address: RedisAddress, password: string | undefined) {
  return {
    ...(address.user === undefined ? {} : { username: address.user }),
    ...(password === undefined ? {} : { password }),
    disableOfflineQueue: true,
    disableClientInfo: true,
    commandsQueueMaxLength: MOST_WAITING,
  };
}

function socketOptions({ tls, caFile, certFile, keyFile }: RedisAddress) {
  const common = {
    connectTimeout: CONNECT_MS,
    reconnectStrategy: (retries: number) => Math.min(50 * 2 ** Math.min(retries, 10), LONGEST_RECONNECT_MS),
  };
  if (!tls) return common;
  return {
    ...common,
    tls: true as const,
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(certFile === undefined ? {} : { cert: readFileSync(certFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
  };
}

function passwordOf({ password, passwordFile }: RedisAddress): string | undefined {
  return passwordFile === undefined ? password : readFileSync(passwordFile, 'utf8').trim();
}

function oneServer(
  { createClient }: Redis,
  address: RedisAddress,
  { host, port }: { readonly host: string; readonly port: number },
  events: LinkEvents,
): Omit<RedisLink, 'tried'> {
  const client = createClient({
    ...clientOptions(address, passwordOf(address)),
    RESP: 2,
    database: address.database,
    socket: { ...socketOptions(address), host, port },
  });
  client.on('error', events.onError);
  client.on('ready', events.onReady);
  client.connect().catch(events.onError);
  const send = (command: readonly string[]) => client.sendCommand([...command]);
  return {
    send: (_key, _isReadOnly, command) => send(command),
    onEachMaster: (visit) => visit(send),
    close: () => client.destroy(),
  };
}

function sentinels(
  { createSentinel }: Redis,
  address: RedisAddress,
  { hosts, master }: { readonly hosts: readonly { host: string; port: number }[]; readonly master: string },
  events: LinkEvents,
): Omit<RedisLink, 'tried'> {
  const { sentinelPasswordFile } = address;
  const sentinelPassword =
    sentinelPasswordFile === undefined ? undefined : readFileSync(sentinelPasswordFile, 'utf8').trim();
  const client = createSentinel({
    name: master,
    RESP: 2,
    sentinelRootNodes: [...hosts],
    nodeClientOptions: {
      ...clientOptions(address, passwordOf(address)),
      database: address.database,
      socket: socketOptions(address),
    },
    sentinelClientOptions: {
      disableClientInfo: true,
      ...(sentinelPassword === undefined ? {} : { password: sentinelPassword }),
      socket: socketOptions(address),
    },
    scanInterval: SENTINEL_SCAN_MS,
    maxCommandRediscovers: 2,
    passthroughClientErrorEvents: true,
  });
  client.on('error', events.onError);
  client.on('client-error', () => {}); // told by the command that fails
  client.on('topology-change', (event: { type?: string }) => {
    if (event.type === 'MASTER_CHANGE') events.onReady();
  });
  const connected = keepTrying(() => client.connect(), events);
  const send = (isReadOnly: boolean, command: readonly string[]) =>
    client.sendCommand(isReadOnly, [...command]);
  return {
    send: (_key, isReadOnly, command) => send(isReadOnly, command),
    onEachMaster: (visit) => visit((command) => send(false, command)),
    close() {
      connected.stop();
      void client.destroy().catch(() => {});
    },
  };
}

function cluster(
  { createCluster }: Redis,
  address: RedisAddress,
  hosts: readonly { readonly host: string; readonly port: number }[],
  events: LinkEvents,
): Omit<RedisLink, 'tried'> {
  const client = createCluster({
    RESP: 2,
    rootNodes: hosts.map(({ host, port }) => ({ socket: { host, port } })),
    defaults: { ...clientOptions(address, passwordOf(address)), socket: socketOptions(address) },
    maxCommandRedirections: 4,
  });
  client.on('error', events.onError);
  const connected = keepTrying(() => client.connect(), events);
  return {
    send: (key, isReadOnly, command) => client.sendCommand(key, isReadOnly, [...command]),
    async onEachMaster(visit) {
      for (const master of client.masters) {
        const node = await client.nodeClient(master);
        await visit((command) => node.sendCommand([...command]));
      }
    },
    close() {
      connected.stop();
      client.destroy();
    },
  };
}

/** Sentinels and cluster nodes that cannot be reached at the first try are tried again. */
function keepTrying(connect: () => Promise<unknown>, events: LinkEvents): { stop(): void } {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const attempt = () => {
    connect().then(
      () => events.onReady(),
      (error: Error) => {
        if (stopped) return;
        events.onError(error);
        timer = setTimeout(attempt, LONGEST_RECONNECT_MS).unref();
      },
    );
  };
  attempt();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

/** Takes connections in for one service and opens a conversation for each. Parameter: the maxproc column of master.cf. */
import { createServer, type Server, type Socket } from 'node:net';
import { clientNames } from '../dns/client-name.ts';
import { normalAddress } from '../dns/reverse-name.ts';
import { unnamedClient } from '../mail/client.ts';
import { reply, replyBytes } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { newId } from '../record/ids.ts';
import { Conversation } from './conversation.ts';
import { greetClient } from './greeting.ts';
import type { Places } from './places.ts';
import { type ProxiedEnds, readProxyHeader } from './proxy-protocol.ts';
import { screenClient } from './screen.ts';
import type { ServiceOptions } from './service.ts';
import { secure } from './starttls.ts';

export interface ListenerOptions {
  readonly service: ServiceOptions;
  /** The service when nearly all places are taken. */
  readonly stressed: ServiceOptions;
  readonly places: Places;
}

/** A server that is ready to listen. */
export function smtpListener(options: ListenerOptions): Server {
  const { places, service } = options;
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    if (isGone(socket, server)) socket.destroy();
    else if (places.isLimited) void admit(socket, options);
    else receive(socket, service);
  });
  return server;
}

/** The client has hung up before we could see who it is; on a unix socket nobody has an address. */
function isGone({ remoteAddress }: Socket, server: Server): boolean {
  return remoteAddress === undefined && typeof server.address() !== 'string';
}

async function admit(socket: Socket, { service, stressed, places }: ListenerOptions): Promise<void> {
  socket.on('error', () => {});
  const left = await places.take();
  if (left === 'full') return turnAway(socket, service);
  if (socket.destroyed) return places.free();
  socket.once('close', () => places.free());
  receive(socket, left === 'stress' ? stressed : service);
}

function turnAway(socket: Socket, { myhostname, log, name }: ServiceOptions): void {
  log.warn(`service ${name} has reached its process limit; connection refused`);
  socket.end(replyBytes(reply(421, '4.3.2', `${myhostname} Error: too many connections, try again later`)));
}

function receive(socket: Socket, options: ServiceOptions): void {
  const { proxyProtocol } = options;
  if (proxyProtocol) awaitProxyHeader(socket, options, proxyProtocol.timeoutMs);
  else converse(socket, options, undefined, undefined);
}

function awaitProxyHeader(socket: Socket, options: ServiceOptions, timeoutMs: number): void {
  socket.on('error', () => {});
  const timer = setTimeout(() => refuseProxy(socket, options, 'time-out'), timeoutMs);
  let bytes = Buffer.alloc(0);
  const take = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    const header = readProxyHeader(bytes);
    if (header.kind === 'more') return;
    clearTimeout(timer);
    socket.off('data', take);
    if (header.kind === 'bad') refuseProxy(socket, options, header.problem);
    else converse(socket, options, header.ends, bytes.subarray(header.length));
  };
  socket.on('data', take);
  socket.once('close', () => clearTimeout(timer));
}

function refuseProxy(socket: Socket, { log, name }: ServiceOptions, problem: string): void {
  log.warn(`haproxy: ${problem} from ${socket.remoteAddress} for service ${name}`);
  socket.destroy();
}

function converse(
  socket: Socket,
  options: ServiceOptions,
  ends: ProxiedEnds | undefined,
  input: Buffer | undefined,
): void {
  const session = newSession(socket, options, ends);
  const wrapper = options.tls?.wrapper ? options.tls : undefined;
  if (wrapper) leaveUnread(socket, input);
  const talk = new Conversation(socket, session, options);
  talk.open(async () => {
    if (!wrapper && input?.length) talk.wire.take(input);
    if (options.screen && socket.remoteAddress && !(await screenClient(talk, options.screen))) return;
    if (talk.isOver) return;
    await nameClient(session, socket, options);
    options.journal.connected(session);
    if (wrapper) await secure(talk, wrapper);
    if (!talk.isOver) await greetClient(talk);
  });
}

/** What comes in is for the TLS layer, that is not there yet. */
function leaveUnread(socket: Socket, input: Buffer | undefined): void {
  socket.pause();
  if (input?.length) socket.unshift(input);
}

async function nameClient(session: Session, socket: Socket, options: ServiceOptions): Promise<void> {
  const { client } = session;
  if (!socket.remoteAddress) Object.assign(client, LOCAL_NAMES);
  else if (options.peernameLookup)
    session.client = { ...client, ...(await clientNames(client.address, options.names)) };
}

/** A unix socket: somebody on this machine. `Postfix: smtpd_peer_assume_local_client`. */
const LOCAL_NAMES = {
  name: 'localhost',
  nameStatus: 'ok',
  reverseName: 'localhost',
  reverseNameStatus: 'ok',
} as const;

function newSession(socket: Socket, options: ServiceOptions, ends: ProxiedEnds | undefined): Session {
  const client = ends?.client ?? {
    address: socket.remoteAddress ?? '127.0.0.1',
    port: String(socket.remotePort ?? 0),
  };
  const server = ends?.server ?? {
    address: socket.localAddress ?? '127.0.0.1',
    port: String(socket.localPort ?? 0),
  };
  return {
    id: newId(),
    service: options.name,
    client: unnamedClient(normalAddress(client.address), client.port),
    server: { address: normalAddress(server.address), port: server.port },
    helo: undefined,
    protocol: 'SMTP',
    tls: undefined,
    sasl: undefined,
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: Date.now(),
  };
}

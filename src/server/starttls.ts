/**
 * STARTTLS and wrapper mode: from here on nobody listens in. RFC 3207, RFC 8314.
 * Parameter: smtpd_client_new_tls_session_rate_limit. `Postfix: smtpd_start_tls`: handshakes are counted when they are
 * over, successful or not; resumed sessions are not counted.
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { nameAddress } from '../mail/client.ts';
import { reply } from '../mail/reply.ts';
import type { TlsFacts } from '../mail/session.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import type { TlsService } from './service.ts';

export async function starttls(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { options, session } = talk;
  const { tls } = options;
  if (words.length > 1) return talk.refuse(reply(501, '5.5.4', 'Syntax: STARTTLS'));
  if (session.tls) return talk.refuse(reply(554, '5.5.1', 'Error: TLS already active'));
  if (!tls || talk.discarded.has('starttls')) {
    return talk.refuse(reply(502, '5.5.1', 'Error: command not implemented'));
  }
  if (!tls.context()) return talk.refuse(reply(454, '4.7.0', 'TLS not available due to local problem'));
  if (await isOverLimit(talk, 'STARTTLS')) {
    return talk.refuse(reply(454, '4.7.0', tooManySessions(talk)));
  }
  talk.say(reply(220, '2.0.0', 'Ready to start TLS'));
  talk.wire.flush();
  talk.wire.forgetInput();
  talk.resetMail();
  session.helo = undefined;
  session.sasl = undefined;
  return (await secure(talk, tls)) ? 'ok' : 'error';
}

/** Turns encryption on; false when that has failed and ended the session. */
export async function secure(talk: Conversation, tls: TlsService): Promise<boolean> {
  const secureContext = tls.context();
  if (!secureContext || (tls.wrapper && (await isOverLimit(talk, 'TLS service')))) {
    talk.drop();
    return false;
  }
  const raw = talk.wire.detach();
  const socket = new TLSSocket(raw, { isServer: true, secureContext, ...tls.options });
  const problem = await handshake(socket, raw, tls.handshakeTimeoutMs);
  talk.wire.attach(socket);
  const isTooMany = !socket.isSessionReused() && (await countSession(talk));
  if (problem !== undefined) {
    talk.options.log.info(`SSL_accept error from ${nameAddress(talk.session.client)}: ${problem}`);
    talk.drop('lost connection');
    return false;
  }
  talk.session.tls = tlsFacts(socket, tls.fingerprintDigest);
  if (isTooMany) turnAway(talk, tls);
  else if (tls.requireCertificate && tls.required && !socket.authorized) requireCertificate(talk);
  return true;
}

/** Postfix: behind STARTTLS the 421 does not get out any more. */
function turnAway(talk: Conversation, { wrapper }: TlsService): void {
  if (wrapper) talk.say(reply(421, '4.7.0', `${talk.options.myhostname} ${tooManySessions(talk)}`));
  else talk.drop();
}

function tooManySessions({ session }: Conversation): string {
  return `Error: too many new TLS sessions from ${nameAddress(session.client)}`;
}

async function isOverLimit({ options, session }: Conversation, what: string): Promise<boolean> {
  const { client } = session;
  const isOver =
    !(await options.authorizedXclientHosts.has(client)) && (await options.limits.isOver('tls', client));
  if (isOver)
    options.log.warn(`Refusing ${what} request from ${nameAddress(client)} for service ${options.name}`);
  return isOver;
}

/** Whether this one was one too many. */
async function countSession({ options, session }: Conversation): Promise<boolean> {
  const { client } = session;
  if (await options.authorizedXclientHosts.has(client)) return false;
  const excess = await options.limits.exceeded('tls', client);
  if (!excess) return false;
  const who = `${nameAddress(client)} for service ${options.name}`;
  options.log.warn(`New TLS session rate limit exceeded: ${excess.count} from ${who}`);
  return true;
}

function requireCertificate(talk: Conversation): void {
  const shown = talk.session.tls?.certificate;
  const problem = shown ? 'Client certificate not trusted' : 'No client certificate presented';
  talk.options.log.info(`NOQUEUE: abort: TLS from ${nameAddress(talk.session.client)}: ${problem}`);
  talk.say(reply(421, '4.7.1', `${talk.options.myhostname} Error: ${problem}`));
}

/** Resolves when the session is encrypted, with what went wrong when it is not. A client that hangs up is waited for no more. */
function handshake(socket: TLSSocket, raw: Socket, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish('time-out'), timeoutMs);
    const finish = (problem: string | undefined) => {
      clearTimeout(timer);
      socket.off('error', failed);
      raw.off('error', failed);
      socket.off('end', closed);
      socket.off('close', closed);
      if (problem !== undefined) socket.on('error', () => {});
      resolve(problem);
    };
    const failed = (error: Error) => finish(error.message);
    const closed = () => finish('lost connection');
    socket.once('secure', () => finish(undefined));
    socket.on('error', failed);
    raw.on('error', failed);
    socket.on('end', closed);
    socket.on('close', closed);
  });
}

/** Bits of the ciphers in use today, by their names. */
const BITS: readonly [RegExp, number][] = [
  [/AES_?256|CHACHA20/i, 256],
  [/AES_?128|CAMELLIA128|SEED/i, 128],
  [/3DES|DES-CBC3/i, 112],
];

function tlsFacts(socket: TLSSocket, digest: string): TlsFacts {
  const { name } = socket.getCipher();
  const bits = BITS.find(([pattern]) => pattern.test(name))?.[1] ?? 128;
  const certificate = certificateFacts(socket, digest);
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    cipher: name,
    usedBits: bits,
    algorithmBits: bits,
    sni: (socket as { servername?: unknown }).servername
      ? String((socket as { servername?: unknown }).servername)
      : '',
    ...(certificate ? { certificate } : {}),
  };
}

function certificateFacts(socket: TLSSocket, digest: string): TlsFacts['certificate'] {
  const peer = socket.getPeerCertificate(true);
  if (!peer?.raw) return undefined;
  const publicKey = new X509Certificate(peer.raw).publicKey.export({ type: 'spki', format: 'der' });
  return {
    subject: commonName(peer.subject),
    issuer: commonName(peer.issuer),
    trusted: socket.authorized,
    fingerprint: fingerprint(peer.raw, digest),
    publicKeyFingerprint: fingerprint(publicKey, digest),
  };
}

function commonName(name: { CN?: string | string[] } | undefined): string {
  const { CN } = name ?? {};
  return (Array.isArray(CN) ? CN[0] : CN) ?? '';
}

/** `AA:BB:...` */
function fingerprint(bytes: Buffer, digest: string): string {
  return createHash(digest).update(bytes).digest('hex').toUpperCase().match(/../g)?.join(':') ?? '';
}

/**
 * From the next hop's greeting to the first mail: EHLO (LHLO, else HELO), STARTTLS, login. RFC 5321 3.1, RFC 3207.
 * Speaks for `smtp_helo_name`, `smtpd_proxy_ehlo`, `smtp_discard_ehlo_keywords`, `smtp_tls_security_level`.
 * A next hop that does not want us is a WireFault, whatever its code: nothing was asked about a mail yet.
 */
import type { ConnectionOptions } from 'node:tls';
import type { Reply } from '../mail/reply.ts';
import { plainCapabilities, readCapabilities } from './capabilities.ts';
import type { Connection } from './connection.ts';
import { type Login, type LoginPolicy, logIn } from './login.ts';
import { refusedBy, WireFault } from './wire-fault.ts';

export interface Introduction {
  readonly protocol: 'smtp' | 'lmtp';
  /** How we call ourselves. */
  readonly heloName: string;
  /** EHLO keywords not to believe, lower case. */
  readonly discardKeywords: readonly string[];
}

export interface StartTls {
  /** `may`: when it is offered; `must`: or not at all. */
  readonly level: 'may' | 'must';
  readonly options: ConnectionOptions;
}

export interface HandshakeOptions {
  readonly introduction: Introduction;
  /** Undefined: no STARTTLS. */
  readonly startTls: StartTls | undefined;
  readonly login: (Login & LoginPolicy) | undefined;
}

/**
 * Makes a new connection ready for mail; its `capabilities` then say what it can do. When it fails, the connection is
 * closed. A fault of the kind `tls` at level `may`: a new connection without STARTTLS may do.
 */
export async function handshake(connection: Connection, options: HandshakeOptions): Promise<void> {
  try {
    const greeting = await connection.greeting();
    if (!isYes(greeting)) throw refusedBy(greeting, 'greeting');
    await introduce(connection, options.introduction);
    if (options.startTls !== undefined && (await negotiated(connection, options.startTls))) {
      await introduce(connection, options.introduction);
    }
    if (options.login !== undefined && connection.capabilities.auth.length > 0) {
      await logIn(connection, options.login, options.login);
    }
  } catch (fault) {
    connection.quit();
    throw fault;
  }
}

/** EHLO, and HELO when that is refused; LHLO has no other. Learns what the next hop can do. */
export async function introduce(connection: Connection, by: Introduction): Promise<void> {
  const reply = await connection.command(
    `${by.protocol === 'lmtp' ? 'LHLO' : 'EHLO'} ${by.heloName}`,
    'helo',
  );
  if (isYes(reply)) {
    connection.capabilities = readCapabilities(reply, by.discardKeywords);
    return;
  }
  if (by.protocol === 'lmtp') throw refusedBy(reply, 'helo');
  const second = await connection.command(`HELO ${by.heloName}`, 'helo');
  if (!isYes(second)) throw refusedBy(second, 'helo');
  connection.capabilities = plainCapabilities();
}

async function negotiated(connection: Connection, tls: StartTls): Promise<boolean> {
  if (connection.capabilities.startTls) {
    const reply = await connection.command('STARTTLS', 'starttls');
    if (isYes(reply)) {
      await connection.startTls(tls.options);
      return true;
    }
    if (tls.level === 'must')
      throw new WireFault('tls', 'starttls', 'TLS is required, but was refused', reply);
  } else if (tls.level === 'must') {
    throw new WireFault('tls', 'starttls', 'TLS is required, but was not offered');
  }
  return false;
}

function isYes(reply: Reply): boolean {
  return reply.code >= 200 && reply.code < 300;
}

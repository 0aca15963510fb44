/**
 * Logging in at a next hop: AUTH PLAIN and AUTH LOGIN. RFC 4954, RFC 4616.
 * Speaks for `smtp_sasl_password_maps` (the caller looks up), `smtp_sasl_mechanism_filter`, `smtp_sasl_security_options`.
 * What goes wrong is a WireFault, so the client is asked to try again later. `Postfix: smtp_sasl_auth_soft_bounce`
 * The password never gets into an error's text.
 */
import type { Connection } from './connection.ts';
import { refusedBy, WireFault } from './wire-fault.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface LoginPolicy {
  /** Upper case; others are not used. */
  readonly mechanisms: readonly string[];
  /** Whether the password may go over a connection without TLS. `Postfix: noplaintext` says no. */
  readonly inTheClear: boolean;
}

/** Reads `user:password`, the value of `smtp_sasl_password_maps`; undefined when it has no colon. */
export function readLogin(text: string): Login | undefined {
  const colon = text.indexOf(':');
  return colon < 0 ? undefined : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** Logs in with the first mechanism that both sides know. */
export async function logIn(connection: Connection, login: Login, policy: LoginPolicy): Promise<void> {
  const offered = connection.secured || policy.inTheClear ? connection.capabilities.auth : [];
  const common = policy.mechanisms.filter((mechanism) => offered.includes(mechanism));
  if (common.includes('PLAIN')) return sayInTurn(connection, [`AUTH PLAIN ${plainResponse(login)}`]);
  if (common.includes('LOGIN')) {
    return sayInTurn(connection, ['AUTH LOGIN', base64(login.username), base64(login.password)]);
  }
  throw new WireFault('refused', 'login', 'no authentication mechanism that may be used on this connection');
}

/** Each line but the last is to be answered by 334. */
async function sayInTurn(connection: Connection, lines: readonly string[]): Promise<void> {
  for (const [index, line] of lines.entries()) {
    const reply = await connection.command(line, 'login');
    const wanted = index === lines.length - 1 ? 235 : 334;
    if (reply.code !== wanted) throw refusedBy(reply, 'login');
  }
}

function plainResponse(login: Login): string {
  return base64(`\0${login.username}\0${login.password}`);
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

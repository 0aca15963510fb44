/**
 * What a SASL mechanism of our own is: a name, properties, and turns on decoded bytes. RFC 4422 5.
 * Base64, aborts and the words of replies are the business of exchange.ts and the server; who may use a mechanism is
 * decided in security-options.ts.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';
import type { ChannelBinding, SaslFailure } from './sasl.ts';

/** In Dovecot's words; smtpd_sasl_security_options are about these. */
export type Property =
  /** Whoever listens in can log in afterwards. */
  | 'plaintext'
  /** Whoever listens in can try passwords at home. */
  | 'dictionary'
  /** Whoever sits between can take over. */
  | 'active'
  | 'anonymous'
  /** The server proves that it knows the user. */
  | 'mutual-auth'
  | 'forward-secrecy';

export interface Attempt {
  readonly session: Session;
  readonly binding: ChannelBinding | undefined;
}

export interface Mechanism {
  readonly name: string;
  readonly properties: readonly Property[];
  /** Whether it can be used now; undefined: always. */
  isUsable?(session: Session): boolean;
  /** Whether EHLO names it (it may be usable all the same); undefined: when it is usable. */
  isOffered?(session: Session): boolean;
  begin(initial: Buffer | undefined, attempt: Attempt): MaybePromise<Turn>;
}

/** What the server does next. */
export type Turn =
  | { readonly kind: 'challenge'; readonly bytes: Buffer; next(response: Buffer): MaybePromise<Turn> }
  | { readonly kind: 'success'; readonly username: string }
  | SaslFailure;

/** Wrong name or wrong password: nobody is told which. In the words of Cyrus SASL, which log tools know. */
export function authenticationFailure(username?: string): SaslFailure {
  return failure('authentication failure', username);
}

/** Logged in as one, wants to act as another. RFC 4422 3.4.1. */
export function authorizationFailure(username: string): SaslFailure {
  return failure('authorization failure', username);
}

/** What came does not fit the mechanism. */
export function protocolFailure(username?: string): SaslFailure {
  return failure('bad protocol / cancel', username);
}

/**
 * Cannot be known now (454). fail2ban counts failed logins, but not those with this reason: whoever has the right
 * password must not be locked out for it.
 */
export function temporaryFailure(username?: string): SaslFailure {
  return {
    kind: 'failure',
    temporary: true,
    reason: 'Connection lost to authentication server',
    ...(username === undefined ? {} : { username }),
  };
}

function failure(reason: string, username: string | undefined): SaslFailure {
  return { kind: 'failure', temporary: false, reason, ...(username === undefined ? {} : { username }) };
}

/** The client speaks first; who did not send an initial response is asked for it with an empty challenge. */
export function clientFirst(
  initial: Buffer | undefined,
  take: (response: Buffer) => MaybePromise<Turn>,
): MaybePromise<Turn> {
  return initial === undefined ? { kind: 'challenge', bytes: Buffer.alloc(0), next: take } : take(initial);
}

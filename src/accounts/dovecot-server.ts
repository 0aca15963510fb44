/**
 * Logins by Dovecot: offers what it offers, as far as the operator wants it, and passes the exchange through.
 * Speaks for smtpd_sasl_type = dovecot, smtpd_sasl_path, smtpd_sasl_service, smtpd_sasl_security_options,
 * smtpd_sasl_tls_security_options, smtpd_sasl_mechanism_filter. `Postfix: xsasl_dovecot_server.c`.
 * The filter hides mechanisms of Dovecot and does not forbid them, as in Postfix: that is Dovecot's business.
 * Unlike Postfix: while Dovecot is down sessions go on, with the mechanisms that it offered last; logins get 454.
 */
import { assertNever } from '../mail/assert-never.ts';
import type { Session } from '../mail/session.ts';
import type { Log } from '../record/log.ts';
import { ConnectionLost, type DovecotConnection, type DovecotLogin } from './dovecot-connection.ts';
import type { OfferedMechanism } from './dovecot-lines.ts';
import { temporaryFailure } from './mechanism.ts';
import { INVALID_MECHANISM } from './own-server.ts';
import type { SaslFailure, SaslServer, SaslStep } from './sasl.ts';
import { allowedOf, filteredOf, type Wanted } from './security-options.ts';

export interface DovecotSaslServerOptions extends Wanted {
  readonly connection: DovecotConnection;
  readonly service: string;
  readonly log: Log;
}

export class DovecotSaslServer implements SaslServer {
  readonly #options: DovecotSaslServerOptions;
  /** What was offered last. */
  #known: readonly OfferedMechanism[] = [];

  constructor(options: DovecotSaslServerOptions) {
    this.#options = options;
  }

  async mechanisms(session: Session): Promise<readonly string[]> {
    await this.#learn();
    const filtered = await filteredOf(this.#allowed(session), this.#options);
    return filtered.map(({ name }) => name);
  }

  async begin(mechanism: string, session: Session, initial: string | undefined): Promise<SaslStep> {
    const isReachable = await this.#learn();
    const allowed = this.#allowed(session);
    if (!allowed.some(({ name }) => name.toUpperCase() === mechanism.toUpperCase())) {
      return isReachable ? failed(INVALID_MECHANISM) : temporaryFailure();
    }
    if (initial !== undefined && !isBase64(initial)) return failed('Invalid base64 data in initial response');
    const { service } = this.#options;
    return this.#step(() =>
      this.#options.connection.begin({
        mechanism,
        service,
        serverAddress: knownAddress(session.server.address),
        clientAddress: knownAddress(session.client.address),
        secured: session.tls !== undefined,
        initial,
      }),
    );
  }

  /** Asks what is offered; false when nobody answers. */
  async #learn(): Promise<boolean> {
    try {
      this.#known = await this.#options.connection.mechanisms();
      return true;
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return false;
    }
  }

  #allowed(session: Session): readonly OfferedMechanism[] {
    return allowedOf(this.#known, session, this.#options);
  }

  async #step(ask: () => Promise<DovecotLogin>): Promise<SaslStep> {
    try {
      return this.#told(await ask());
    } catch (error) {
      if (!(error instanceof ConnectionLost)) throw error;
      return temporaryFailure();
    }
  }

  #told(login: DovecotLogin): SaslStep {
    const { answer } = login;
    switch (answer.kind) {
      case 'ok':
        return { kind: 'success', username: answer.username };
      case 'fail':
        return failed(answer.reason, answer.username);
      case 'broken':
        this.#options.log.warn(answer.problem);
        return failed('Authentication backend error');
      case 'continue':
        return {
          kind: 'challenge',
          challenge: answer.challenge,
          next: async (response) =>
            isBase64(response)
              ? this.#step(() => login.continue(response))
              : failed('Invalid base64 data in continued response'),
        };
      default:
        return assertNever(answer);
    }
  }
}

/** As lenient as Postfix; Dovecot looks again. It also keeps tabs and line ends out of the protocol. */
function isBase64(text: string): boolean {
  return /^[A-Za-z0-9+/=]*$/.test(text);
}

function knownAddress(address: string): string {
  return address === 'unknown' ? '' : address;
}

function failed(reason: string, username?: string): SaslFailure {
  return { kind: 'failure', temporary: false, reason, ...(username === undefined ? {} : { username }) };
}

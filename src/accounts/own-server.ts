/**
 * The SASL server of this program itself: offers its mechanisms as far as the operator wants them, and runs logins.
 * Speaks for smtpd_sasl_security_options, smtpd_sasl_tls_security_options, smtpd_sasl_mechanism_filter.
 */
import type { Session } from '../mail/session.ts';
import { beginExchange } from './exchange.ts';
import type { Mechanism } from './mechanism.ts';
import type { ChannelBinding, SaslServer, SaslStep } from './sasl.ts';
import { allowedOf, filteredOf, type Wanted } from './security-options.ts';

export interface OwnSaslServerOptions extends Wanted {
  /** In the order in which they are offered. */
  readonly mechanisms: readonly Mechanism[];
}

export const INVALID_MECHANISM = 'Invalid authentication mechanism';

export class OwnSaslServer implements SaslServer {
  readonly #options: OwnSaslServerOptions;

  constructor(options: OwnSaslServerOptions) {
    this.#options = options;
  }

  async mechanisms(session: Session): Promise<readonly string[]> {
    const usable = await this.#usable(session);
    return usable.filter((one) => one.isOffered?.(session) ?? true).map(({ name }) => name);
  }

  async begin(
    mechanism: string,
    session: Session,
    initial: string | undefined,
    binding?: ChannelBinding,
  ): Promise<SaslStep> {
    const wanted = mechanism.toUpperCase();
    const found = (await this.#usable(session)).find(({ name }) => name === wanted);
    if (!found) return { kind: 'failure', temporary: false, reason: INVALID_MECHANISM };
    return beginExchange(found, initial, { session, binding });
  }

  /** More than EHLO names: who knows a mechanism by himself may use it. */
  async #usable(session: Session): Promise<readonly Mechanism[]> {
    const { mechanisms } = this.#options;
    const usable = mechanisms.filter((one) => one.isUsable?.(session) !== false);
    return filteredOf(allowedOf(usable, session, this.#options), this.#options);
  }
}

/** Any SASL server, with the waits of failure-delay.ts around its logins. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../mail/session.ts';
import type { FailureDelay } from './failure-delay.ts';
import type { ChannelBinding, SaslServer, SaslStep } from './sasl.ts';

export interface SlowedSaslServerOptions {
  readonly delay: FailureDelay;
  /** The address, or the network that it is counted with. */
  readonly keyOf: (address: string) => string;
}

/** `Unlike Postfix`: it has no such limit of its own. */
const TOO_MANY = 'too many failed logins from this address, try again later';

export class SlowedSaslServer implements SaslServer {
  readonly #inner: SaslServer;
  readonly #options: SlowedSaslServerOptions;
  readonly #failures = new WeakMap<Session, number>();

  constructor(inner: SaslServer, options: SlowedSaslServerOptions) {
    this.#inner = inner;
    this.#options = options;
  }

  mechanisms(session: Session) {
    return this.#inner.mechanisms(session);
  }

  async begin(
    mechanism: string,
    session: Session,
    initial: string | undefined,
    binding?: ChannelBinding,
  ): Promise<SaslStep> {
    const { delay, keyOf } = this.#options;
    const waitMs = delay.beforeAttempt(keyOf(session.client.address));
    if (waitMs === undefined) return { kind: 'failure', temporary: true, reason: TOO_MANY };
    if (waitMs > 0) await sleep(waitMs);
    return this.#watched(await this.#inner.begin(mechanism, session, initial, binding), session);
  }

  async #watched(step: SaslStep, session: Session): Promise<SaslStep> {
    if (step.kind === 'challenge') {
      return { ...step, next: async (response) => this.#watched(await step.next(response), session) };
    }
    if (step.kind === 'failure' && !step.temporary) {
      const failures = (this.#failures.get(session) ?? 0) + 1;
      this.#failures.set(session, failures);
      const { delay, keyOf } = this.#options;
      await sleep(delay.afterFailure(keyOf(session.client.address), failures));
    }
    return step;
  }
}

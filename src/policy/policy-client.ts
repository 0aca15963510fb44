/**
 * Asks a policy service, again when it does not answer. Parameters: smtpd_policy_service_timeout, _try_limit,
 * _retry_delay, _default_action, _policy_context. `Postfix: attr_clnt.c, smtpd_check.c (check_policy_service)`.
 * When it does not answer there is a line in the log and no action; what that means is said by the default action.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isCleanText } from '../mail/octets.ts';
import type { Log } from '../record/log.ts';
import { PolicyFailure } from './policy-connection.ts';
import { type ConnectionsOptions, PolicyConnections } from './policy-connections.ts';
import type { PolicyAttributes, PolicyService } from './policy-service.ts';
import { writeAttributes } from './policy-text.ts';

export interface PolicyClientOptions extends ConnectionsOptions {
  /** As the operator wrote it, for log lines. */
  readonly name: string;
  readonly tryLimit: number;
  readonly retryDelayMs: number;
  readonly defaultAction: string;
  readonly policyContext: string;
  /** Answers must be UTF-8. `Postfix: smtputf8_enable`. */
  readonly utf8: boolean;
  readonly log: Log;
}

export class PolicyClient implements PolicyService {
  readonly #options: PolicyClientOptions;
  readonly #connections: PolicyConnections;

  constructor(options: PolicyClientOptions) {
    this.#options = options;
    this.#connections = new PolicyConnections(options);
  }

  get name(): string {
    return this.#options.name;
  }

  get defaultAction(): string {
    return this.#options.defaultAction;
  }

  async ask(attributes: PolicyAttributes, instance: string): Promise<string | undefined> {
    const { name, tryLimit, retryDelayMs, policyContext, utf8, log } = this.#options;
    const bytes = writeAttributes([...attributes, ['policy_context', policyContext]]);
    for (let tries = 1; ; tries++) {
      const action = await this.#try(bytes, instance, tries >= tryLimit);
      if (action === undefined && tries >= tryLimit) return undefined;
      if (action === undefined) {
        await sleep(retryDelayMs);
      } else if (utf8 && !isCleanText(action)) {
        log.warn(`malformed UTF-8 in policy server ${name} response: "${action.toWellFormed()}"`);
        return undefined;
      } else {
        return action;
      }
    }
  }

  close(): void {
    this.#connections.close();
  }

  async #try(bytes: Buffer, instance: string, isLast: boolean): Promise<string | undefined> {
    try {
      return await this.#askOnce(bytes, instance);
    } catch (error) {
      if (!(error instanceof PolicyFailure)) throw error;
      const { name, log } = this.#options;
      if (isLast || !error.isQuiet) log.warn(`problem talking to server ${name}: ${error.message}`);
      return undefined;
    }
  }

  /** A kept connection that turns out to be dead is replaced without further ado. */
  async #askOnce(bytes: Buffer, instance: string): Promise<string> {
    try {
      return await this.#connections.ask(bytes, instance);
    } catch (error) {
      if (!(error instanceof PolicyFailure) || !error.wasStale) throw error;
      return this.#connections.ask(bytes, instance);
    }
  }
}

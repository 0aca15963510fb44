/**
 * SPF of one mail: asked by restrictions at RCPT and by those who write results at the end, judged once.
 * Parameters: spf_best_guess (helps only), spf_trusted_forwarders. Behind a front end it is about the client that the
 * front end was given (XFORWARD).
 */
import { isIP } from 'node:net';
import type { Dns } from '../dns/dns.ts';
import type { Address } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import type { Session } from '../mail/session.ts';
import { checkSpf, checkSpfGuess, type SpfQuestion, type SpfResult } from './spf.ts';

export interface MailSpfOptions {
  readonly dns: Dns;
  /** For all look-ups of one mail. */
  readonly timeoutMs: number;
  /** Our own name. */
  readonly receiver: string;
  /** A record for domains that have none; empty: no guess. */
  readonly guess: string;
  /** Rejects when it cannot be known. */
  isTrustedForwarder(client: { readonly name: string; readonly address: string }): MaybePromise<boolean>;
}

export interface CheckedSpf {
  readonly question: SpfQuestion;
  readonly result: SpfResult;
  /** It failed, but the client is known to forward mail of others. */
  readonly forgiven: boolean;
}

export class MailSpf {
  readonly #options: MailSpfOptions;
  readonly #known = new WeakMap<Envelope, Promise<CheckedSpf | undefined>>();

  constructor(options: MailSpfOptions) {
    this.#options = options;
  }

  /** Undefined: there is no address to ask about. `envelope`: asked once for each. */
  of(session: Session, sender: Address, envelope: Envelope | undefined): Promise<CheckedSpf | undefined> {
    const known = envelope && this.#known.get(envelope);
    if (known) return known;
    const checked = this.#check(session, sender);
    if (envelope) this.#known.set(envelope, checked);
    return checked;
  }

  async #check(session: Session, sender: Address): Promise<CheckedSpf | undefined> {
    const client = clientOf(session);
    if (isIP(client.address) === 0) return undefined;
    const { receiver, guess } = this.#options;
    const question = { address: client.address, helo: client.helo, sender, receiver };
    const told = await checkSpf(question, this.#options);
    const result =
      told.result === 'none' && guess !== '' ? await checkSpfGuess(question, guess, this.#options) : told;
    const failed = result.result === 'fail' || result.result === 'softfail';
    return { question, result, forgiven: failed && (await this.#options.isTrustedForwarder(client)) };
  }
}

/** Who gave us the mail, or gave it to the MTA that speaks for him. */
export function clientOf({ client, helo, forwarded }: Session): {
  readonly name: string;
  readonly address: string;
  readonly helo: string;
} {
  if (!forwarded) return { name: client.name, address: client.address, helo: helo ?? client.name };
  return { name: forwarded.name, address: forwarded.address, helo: forwarded.helo };
}

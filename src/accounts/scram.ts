/**
 * SCRAM-SHA-256 and SCRAM-SHA-256-PLUS: the password is proven, never sent, and the server proves that it knows it.
 * RFC 5802, RFC 7677; channel binding is `tls-exporter` under TLS 1.3 (RFC 9266), because Node.js gives out nothing that
 * would be safe under TLS 1.2.
 * A user without a verifier fails after the same messages as a wrong password; the log says why.
 */
import { randomBytes } from 'node:crypto';
import type { Session } from '../mail/session.ts';
import type { Log } from '../record/log.ts';
import type { ScramVerifier } from './credential.ts';
import {
  type Attempt,
  authenticationFailure,
  authorizationFailure,
  clientFirst,
  type Mechanism,
  protocolFailure,
  type Turn,
  temporaryFailure,
} from './mechanism.ts';
import type { PasswordBook, User } from './password-book.ts';
import type { PasswordCheck } from './password-check.ts';
import { foldName, readText } from './prepared-text.ts';
import { isProven, NEW_ITERATIONS, serverSignature } from './scram-keys.ts';
import { type ClientFirst, readClientFinal, readClientFirst } from './scram-messages.ts';

export interface ScramOptions {
  /** Throws when no password file is in force. */
  readonly book: () => PasswordBook;
  readonly check: Pick<PasswordCheck, 'find'>;
  readonly log: Log;
  /** What we add to the client's nonce; set by tests. */
  readonly nonce?: () => string;
}

const NONCE_BYTES = 18;
const BINDING_TYPE = 'tls-exporter';
const SALT_BYTES = 16;

/** The two mechanisms, the stronger one first. */
export function scram(options: ScramOptions): readonly Mechanism[] {
  const plus: Mechanism = {
    ...scramMechanism('SCRAM-SHA-256-PLUS', options),
    isUsable: (session) => canBind(session) && knows(options.book, 'someHaveScram'),
    isOffered: (session) => canBind(session) && knows(options.book, 'allHaveScram'),
  };
  return [plus, scramMechanism('SCRAM-SHA-256', options)];
}

function canBind({ tls }: Session): boolean {
  return tls?.protocol === 'TLSv1.3';
}

function knows(book: () => PasswordBook, what: 'someHaveScram' | 'allHaveScram'): boolean {
  try {
    return book()[what];
  } catch {
    return false;
  }
}

function scramMechanism(name: string, options: ScramOptions): Mechanism {
  return {
    name,
    properties: ['dictionary', 'mutual-auth'],
    isUsable: () => knows(options.book, 'someHaveScram'),
    isOffered: () => knows(options.book, 'allHaveScram'),
    begin: (initial, attempt) =>
      clientFirst(initial, (response) => new ScramExchange(name, options, attempt).takeFirst(response)),
  };
}

/** One login. */
class ScramExchange {
  readonly #mechanism: string;
  readonly #options: ScramOptions;
  readonly #attempt: Attempt;

  constructor(mechanism: string, options: ScramOptions, attempt: Attempt) {
    this.#mechanism = mechanism;
    this.#options = options;
    this.#attempt = attempt;
  }

  async takeFirst(response: Buffer): Promise<Turn> {
    const first = readClientFirst(readText(response) ?? '');
    if (!first) return protocolFailure();
    const { name, identity } = first;
    if (identity !== '' && foldName(identity) !== foldName(name)) return authorizationFailure(name);
    const bound = this.#bindingData(first);
    if (bound === undefined) return authenticationFailure(name);
    try {
      const { key, user } = await this.#options.check.find(name);
      return this.#challenge(first, Buffer.concat([Buffer.from(first.gs2Header), bound]), key, user);
    } catch (error) {
      this.#options.log.warn(`SASL: cannot look up a user now: ${(error as Error).message}`);
      return temporaryFailure(name);
    }
  }

  /** What the client must have seen of the TLS connection; undefined when it does not go together. RFC 5802 6. */
  #bindingData({ binding, name }: ClientFirst): Buffer | undefined {
    const isPlus = this.#mechanism.endsWith('-PLUS');
    if (binding.kind === 'bound') {
      return isPlus && binding.type === BINDING_TYPE ? this.#attempt.binding?.() : undefined;
    }
    if (isPlus) return undefined;
    if (binding.kind === 'none' || !canBind(this.#attempt.session)) return Buffer.alloc(0);
    // It can bind and was not offered it, though we do offer it: somebody between us took it away.
    this.#options.log.warn(
      `SASL: the client of ${name} was not shown SCRAM-SHA-256-PLUS, which may be an attack`,
    );
    return undefined;
  }

  #challenge(first: ClientFirst, channel: Buffer, key: string, user: User | undefined): Turn {
    const nonce = first.nonce + (this.#options.nonce?.() ?? randomBytes(NONCE_BYTES).toString('base64'));
    const verifier = user?.isLocked ? undefined : user?.scram;
    const { salt, iterations } = verifier ?? this.#decoy(key, user);
    const message = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
    return {
      kind: 'challenge',
      bytes: Buffer.from(message),
      next: (response) => {
        const final = readClientFinal(readText(response) ?? '');
        if (!final) return protocolFailure(first.name);
        if (!final.channel.equals(channel) || final.nonce !== nonce) return authenticationFailure(first.name);
        const authMessage = `${first.bare},${message},${final.withoutProof}`;
        if (user && verifier && isProven(verifier, final.proof, authMessage)) {
          return succeed(user, verifier, authMessage);
        }
        if (user && !user.scram) this.#tellNoVerifier(user);
        return authenticationFailure(first.name);
      },
    };
  }

  /** What somebody without a verifier is shown. */
  #decoy(key: string, user: User | undefined): Pick<ScramVerifier, 'salt' | 'iterations'> {
    const book = this.#options.book();
    const like = user?.scram ?? book.decoyFor(key)?.scram;
    const salt = book.decoySalt(key, like?.salt.length ?? SALT_BYTES);
    return { salt, iterations: like?.iterations ?? NEW_ITERATIONS };
  }

  #tellNoVerifier({ name }: User): void {
    this.#options.log.warn(
      `SASL: user ${name} has no SCRAM-SHA-256 verifier in the password file; "portcullis passwd ${name}" makes one`,
    );
  }
}

/** The server's proof goes out as a challenge; the client acknowledges it with an empty response. RFC 5802 5. */
function succeed(user: User, verifier: ScramVerifier, authMessage: string): Turn {
  const proof = `v=${serverSignature(verifier, authMessage).toString('base64')}`;
  return {
    kind: 'challenge',
    bytes: Buffer.from(proof),
    next: (response) =>
      response.length === 0 ? { kind: 'success', username: user.name } : protocolFailure(user.name),
  };
}

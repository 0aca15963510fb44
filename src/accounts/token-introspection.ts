/**
 * Asks the authorization server about each token. RFC 7662. Only a clear `active: true` is a yes; everything that is no
 * answer is TokenServerDown.
 * Speaks for smtpd_oauth_introspection_url, smtpd_oauth_client_file.
 */
import {
  judgeClaims,
  type TokenJudgement,
  type TokenRules,
  TokenServerDown,
  type TokenVerifier,
} from './token-verifier.ts';
import { Turnstile } from './turnstile.ts';

export interface IntrospectionOptions {
  readonly url: string;
  /** How we show who we are there: client id and secret; undefined: not at all. */
  readonly client: { readonly id: string; readonly secret: string } | undefined;
  readonly rules: TokenRules;
  readonly timeoutMs: number;
}

/** More than any server says of a token. */
const MAX_ANSWER_BYTES = 65_536;
const AT_ONCE = 16;
const MOST_WAITING = 64;

export class TokenIntrospection implements TokenVerifier {
  readonly #options: IntrospectionOptions;
  readonly #turnstile: Turnstile;

  constructor(options: IntrospectionOptions) {
    this.#options = options;
    this.#turnstile = new Turnstile({
      atOnce: AT_ONCE,
      mostWaiting: MOST_WAITING,
      patienceMs: options.timeoutMs,
    });
  }

  async verify(token: string): Promise<TokenJudgement> {
    const claims = await this.#ask(token);
    if (claims.active !== true) return { kind: 'invalid', problem: 'the token is not active' };
    const { exp } = claims;
    if (typeof exp === 'number' && exp * 1000 < Date.now()) {
      return { kind: 'invalid', problem: 'the token has expired' };
    }
    return judgeClaims(claims, this.#options.rules);
  }

  async #ask(token: string): Promise<Record<string, unknown>> {
    try {
      const text = await this.#turnstile.pass(() => this.#fetch(token));
      const claims: unknown = JSON.parse(text);
      if (typeof claims === 'object' && claims !== null) return { ...claims };
      throw new Error('the answer is no JSON object');
    } catch (error) {
      throw new TokenServerDown(`${this.#options.url}: ${reasonOf(error)}`);
    }
  }

  async #fetch(token: string): Promise<string> {
    const { url, timeoutMs } = this.#options;
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', ...this.#authorization() },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`HTTP status ${response.status}`);
    }
    return boundedText(response);
  }

  /** RFC 6749 2.3.1. */
  #authorization(): Record<string, string> {
    const { client } = this.#options;
    if (!client) return {};
    const pair = `${encodeURIComponent(client.id)}:${encodeURIComponent(client.secret)}`;
    return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`an answer of more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch() hides the reason one level down. */
export function reasonOf(error: unknown): string {
  const { cause, message } = error as Error;
  return cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : message;
}

/**
 * Checks tokens that are signed (JWT, RFC 7519, RFC 9068) with the keys that the authorization server publishes. The keys
 * are fetched when they are needed first, and again when a token names one that is not among them.
 * Speaks for smtpd_oauth_jwks_url. Only algorithms with two keys: whoever can check must not be able to sign.
 */
import { reasonOf } from './token-introspection.ts';
import {
  judgeClaims,
  type TokenJudgement,
  type TokenRules,
  TokenServerDown,
  type TokenVerifier,
} from './token-verifier.ts';

type Jose = typeof import('jose');

export interface SignatureOptions {
  /** Where the keys are published. */
  readonly url: string;
  readonly rules: TokenRules;
  readonly timeoutMs: number;
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
/** Clocks differ. */
const TOLERANCE_SECONDS = 30;

export class TokenSignature implements TokenVerifier {
  readonly #options: SignatureOptions;
  readonly #jose: Promise<Jose>;
  #keys: ReturnType<Jose['createRemoteJWKSet']> | undefined;

  constructor(options: SignatureOptions) {
    this.#options = options;
    this.#jose = import('jose');
  }

  /** The library is there. */
  async ready(): Promise<void> {
    await this.#jose;
  }

  async verify(token: string): Promise<TokenJudgement> {
    const jose = await this.#jose;
    const { url, timeoutMs, rules } = this.#options;
    this.#keys ??= jose.createRemoteJWKSet(new URL(url), { timeoutDuration: timeoutMs });
    try {
      const { payload } = await jose.jwtVerify(token, this.#keys, {
        algorithms: ALGORITHMS,
        requiredClaims: ['exp'],
        clockTolerance: TOLERANCE_SECONDS,
      });
      return judgeClaims(payload, rules);
    } catch (error) {
      if (isAboutToken(error, jose)) return { kind: 'invalid', problem: (error as Error).message };
      throw new TokenServerDown(`${url}: ${reasonOf(error)}`);
    }
  }
}

/** The token is wrong; anything else is about the keys. */
function isAboutToken(error: unknown, { errors }: Jose): boolean {
  return [
    errors.JWTExpired,
    errors.JWTClaimValidationFailed,
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSEAlgNotAllowed,
    errors.JOSENotSupported,
    errors.JWKSNoMatchingKey,
    errors.JWKSMultipleMatchingKeys,
  ].some((kind) => error instanceof kind);
}

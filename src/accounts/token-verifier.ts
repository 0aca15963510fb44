/** Whose an OAuth access token is. */

export type TokenJudgement =
  | { readonly kind: 'valid'; readonly username: string }
  /** `problem` is for the log; it must not have the token in it. */
  | { readonly kind: 'invalid'; readonly problem: string };

export interface TokenVerifier {
  /** Rejects with TokenServerDown when it cannot be known now. */
  verify(token: string): Promise<TokenJudgement>;
  /** Resolves when everything is loaded that it may need. */
  ready?(): Promise<void>;
}

/** The server that knows about tokens does not answer, or not as it should. */
export class TokenServerDown extends Error {}

/** What a token must say, beside being valid. */
export interface TokenRules {
  /** smtpd_oauth_issuer; empty: any. */
  readonly issuer: string;
  /** smtpd_oauth_audience: the token must be meant for one of them; empty: any. */
  readonly audience: readonly string[];
  /** smtpd_oauth_scope: the token must have all of them. */
  readonly scope: readonly string[];
  /** smtpd_oauth_username_claim */
  readonly usernameClaim: string;
}

/** What a token says of itself. */
export type Claims = Readonly<Record<string, unknown>>;

/** Whether the claims keep the rules, and who they name. Signatures and times are checked before. */
export function judgeClaims(claims: Claims, rules: TokenRules): TokenJudgement {
  const username = claims[rules.usernameClaim];
  const problem =
    issuerProblem(claims, rules) ?? audienceProblem(claims, rules) ?? scopeProblem(claims, rules);
  if (problem !== undefined) return { kind: 'invalid', problem };
  if (typeof username !== 'string' || username === '') {
    return { kind: 'invalid', problem: `the token has no ${rules.usernameClaim}` };
  }
  if (rules.usernameClaim === 'email' && claims.email_verified === false) {
    return { kind: 'invalid', problem: 'the email of the token is not verified' };
  }
  return { kind: 'valid', username };
}

function issuerProblem({ iss }: Claims, { issuer }: TokenRules): string | undefined {
  return issuer === '' || iss === issuer ? undefined : 'the token is of another issuer';
}

function audienceProblem({ aud }: Claims, { audience }: TokenRules): string | undefined {
  if (audience.length === 0) return undefined;
  return textsOf(aud).some((one) => audience.includes(one)) ? undefined : 'the token is for another audience';
}

function scopeProblem({ scope, scp }: Claims, { scope: wanted }: TokenRules): string | undefined {
  const granted = [...textsOf(scope), ...textsOf(scp)].flatMap((text) => text.split(' '));
  const missing = wanted.find((one) => !granted.includes(one));
  return missing === undefined ? undefined : `the token lacks the scope ${missing}`;
}

function textsOf(value: unknown): string[] {
  return [value].flat().filter((one) => typeof one === 'string');
}

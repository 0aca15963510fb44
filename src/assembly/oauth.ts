/**
 * Who checks access tokens, from a listener's settings. Parameters: smtpd_oauth_introspection_url, smtpd_oauth_client_file,
 * smtpd_oauth_jwks_url, smtpd_oauth_issuer, smtpd_oauth_audience, smtpd_oauth_scope, smtpd_oauth_username_claim.
 * Off unless one of the two URLs is set; off, with an error for the operator, when what is set would not be safe.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TokenIntrospection } from '../accounts/token-introspection.ts';
import { TokenSignature } from '../accounts/token-signature.ts';
import type { TokenRules, TokenVerifier } from '../accounts/token-verifier.ts';
import type { Complain } from '../settings/complaint.ts';
import type { Settings } from '../settings/settings.ts';
import { splitTokens } from '../settings/tokens.ts';
import type { Accounts } from './accounts.ts';

/** How long the authorization server may take: the client waits. */
const TIMEOUT_MS = 5_000;

export interface Tokens {
  readonly verifier: TokenVerifier;
  readonly scope: readonly string[];
}

/** Undefined when tokens are not taken. */
export function assembleTokenVerifier(
  settings: Settings,
  accounts: Accounts,
  complain: Complain,
): Tokens | undefined {
  const rules: TokenRules = {
    issuer: textOf(settings, 'smtpd_oauth_issuer'),
    audience: splitTokens(textOf(settings, 'smtpd_oauth_audience')),
    scope: splitTokens(textOf(settings, 'smtpd_oauth_scope')),
    usernameClaim: textOf(settings, 'smtpd_oauth_username_claim') || 'email',
  };
  try {
    const client = readClient(settings, accounts.directory);
    const introspection = urlOf(settings, 'smtpd_oauth_introspection_url');
    const jwks = urlOf(settings, 'smtpd_oauth_jwks_url');
    if (jwks) checkRules(rules);
    if (!introspection && !jwks) return undefined;
    const key = JSON.stringify([introspection, jwks, client, rules]);
    const verifier = accounts.tokenVerifier(key, () => {
      const common = { rules, timeoutMs: TIMEOUT_MS };
      return bySort(
        jwks ? new TokenSignature({ ...common, url: jwks }) : undefined,
        introspection ? new TokenIntrospection({ ...common, url: introspection, client }) : undefined,
      );
    });
    return { verifier, scope: rules.scope };
  } catch (error) {
    if (!(error instanceof BadOauthSetting)) throw error;
    const { name, message: problem, remedy } = error;
    complain({ source: settings.sourceOf(name), severity: 'error', problem: `${name}: ${problem}`, remedy });
    return undefined;
  }
}

class BadOauthSetting extends Error {
  override readonly name: string;
  readonly remedy: string;
  constructor(name: string, problem: string, remedy: string) {
    super(problem);
    this.name = name;
    this.remedy = remedy;
  }
}

function textOf(settings: Settings, name: string): string {
  return settings.text(name)?.trim() ?? '';
}

/** Empty when it is not set. Tokens do not go over the wire in the clear. */
function urlOf(settings: Settings, name: string): string {
  const text = textOf(settings, name);
  if (text === '') return '';
  const url = URL.parse(text);
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isThisHost(url.hostname));
  if (isSafe) return text;
  throw new BadOauthSetting(
    name,
    `${text} is no https URL`,
    'write https://host/path; http works on this host only',
  );
}

function isThisHost(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** A signature alone says only that the token is somebody's, for something. */
function checkRules({ issuer, audience }: TokenRules): void {
  if (issuer !== '' && audience.length > 0) return;
  throw new BadOauthSetting(
    'smtpd_oauth_jwks_url',
    'without smtpd_oauth_issuer and smtpd_oauth_audience tokens made for other programs would be good here, too',
    'set both',
  );
}

/** The file has `id:secret` in its first line. */
function readClient(settings: Settings, directory: string): { id: string; secret: string } | undefined {
  const name = 'smtpd_oauth_client_file';
  const path = textOf(settings, name);
  if (path === '') return undefined;
  const line = readFirstLine(name, resolve(directory, path));
  const colon = line.indexOf(':');
  if (colon > 0) return { id: line.slice(0, colon), secret: line.slice(colon + 1) };
  throw new BadOauthSetting(
    name,
    `${path} does not begin with id:secret`,
    'write the two into its first line',
  );
}

function readFirstLine(name: string, path: string): string {
  try {
    return (readFileSync(path, 'utf8').split('\n')[0] ?? '').trim();
  } catch (error) {
    throw new BadOauthSetting(name, (error as Error).message, 'name a file that can be read');
  }
}

/** Signed tokens have three parts; if both ways are set, the others are asked about. */
function bySort(signed: TokenVerifier | undefined, asked: TokenVerifier | undefined): TokenVerifier {
  const either = signed ?? asked;
  if (!either) throw new TypeError('no way to check tokens');
  if (!signed || !asked) return either;
  return {
    verify: (token) => (token.split('.').length === 3 ? signed : asked).verify(token),
    ready: () => signed.ready?.() ?? Promise.resolve(),
  };
}

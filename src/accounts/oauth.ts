/**
 * XOAUTH2 and OAUTHBEARER: an access token in place of a password. RFC 7628; XOAUTH2 as Google and Microsoft have it.
 * A refused token is answered with a JSON object as a challenge, and only after the client's acknowledgment with failure.
 */
import type { Log } from '../record/log.ts';
import {
  authenticationFailure,
  authorizationFailure,
  clientFirst,
  type Mechanism,
  protocolFailure,
  type Turn,
  temporaryFailure,
} from './mechanism.ts';
import { foldName, readText } from './prepared-text.ts';
import { decodeName } from './scram-messages.ts';
import { TokenServerDown, type TokenVerifier } from './token-verifier.ts';

export interface OauthOptions {
  readonly verifier: TokenVerifier;
  /** smtpd_oauth_scope: what a client should ask for. */
  readonly scope: readonly string[];
  readonly log: Log;
}

/** Who the client says it is (empty: it does not say), and its token. */
interface Message {
  readonly name: string;
  readonly token: string;
}

/** The token goes over the wire as it is: whoever listens in can use it. */
const PROPERTIES = ['plaintext'] as const;

export function oauth(options: OauthOptions): readonly Mechanism[] {
  return [
    {
      name: 'OAUTHBEARER',
      properties: PROPERTIES,
      begin: (initial) =>
        clientFirst(initial, (response) => take(readBearer(response), options, 'OAUTHBEARER')),
    },
    {
      name: 'XOAUTH2',
      properties: PROPERTIES,
      begin: (initial) => clientFirst(initial, (response) => take(readXoauth2(response), options, 'XOAUTH2')),
    },
  ];
}

async function take(message: Message | undefined, options: OauthOptions, mechanism: string): Promise<Turn> {
  if (!message) return protocolFailure();
  const { name, token } = message;
  try {
    const judgement = await options.verifier.verify(token);
    if (judgement.kind === 'invalid') {
      options.log.info(`SASL: token refused: ${judgement.problem}`);
      return refused(name, options.scope, mechanism);
    }
    const { username } = judgement;
    const isSame = name === '' || foldName(name) === foldName(username);
    return isSame ? { kind: 'success', username } : authorizationFailure(name);
  } catch (error) {
    if (!(error instanceof TokenServerDown)) throw error;
    options.log.warn(`SASL: cannot check a token now: ${error.message}`);
    return temporaryFailure(name === '' ? undefined : name);
  }
}

function refused(name: string, scope: readonly string[], mechanism: string): Turn {
  const status = mechanism === 'XOAUTH2' ? { status: '401', schemes: 'bearer' } : { status: 'invalid_token' };
  const told = scope.length === 0 ? status : { ...status, scope: scope.join(' ') };
  return {
    kind: 'challenge',
    bytes: Buffer.from(JSON.stringify(told)),
    next: () => authenticationFailure(name === '' ? undefined : name),
  };
}

/** `n,a=user@example.com,^Ahost=...^Aauth=Bearer token^A^A`; RFC 7628 3.1. */
function readBearer(response: Buffer): Message | undefined {
  const text = readText(response);
  const [, identity = '', rest] = /^[ny],(?:a=([^,\x01]*))?,\x01(.*)$/s.exec(text ?? '') ?? [];
  const name = decodeName(identity);
  const token = rest === undefined ? undefined : bearerToken(pairsOf(rest));
  return name === undefined || token === undefined ? undefined : { name, token };
}

/** `user=user@example.com^Aauth=Bearer token^A^A` */
function readXoauth2(response: Buffer): Message | undefined {
  const pairs = pairsOf(readText(response) ?? '');
  const name = pairs?.get('user');
  const token = bearerToken(pairs);
  return !name || token === undefined ? undefined : { name, token };
}

/** `name=value` pairs, each with ^A behind it, and another ^A at the end; names come once. */
function pairsOf(text: string): Map<string, string> | undefined {
  if (!text.endsWith('\x01\x01')) return undefined;
  const pairs = new Map<string, string>();
  for (const pair of text.slice(0, -2).split('\x01')) {
    const [, name, value] = /^([A-Za-z]+)=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined || pairs.has(name.toLowerCase())) return undefined;
    pairs.set(name.toLowerCase(), value);
  }
  return pairs;
}

/** RFC 6750 2.1. */
function bearerToken(pairs: Map<string, string> | undefined): string | undefined {
  return /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(pairs?.get('auth') ?? '')?.[1];
}

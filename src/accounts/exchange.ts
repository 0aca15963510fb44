/**
 * The exchange between client and mechanism in base64, as the server's AUTH command sees it. RFC 4954 4.
 * `Postfix: xsasl_dovecot_server.c` for the words of what is wrong with the base64. `*` is heard by the server itself.
 */

import { type Attempt, authenticationFailure, type Mechanism, type Turn } from './mechanism.ts';
import type { SaslStep } from './sasl.ts';

/**
 * More turns than any mechanism has. A client that logs in needs four at most; the exchange must end whatever a
 * mechanism does.
 */
const MAX_TURNS = 8;

/** Begins a login; `initial` as it stands behind the mechanism's name, `=` for an empty one. */
export async function beginExchange(
  mechanism: Mechanism,
  initial: string | undefined,
  attempt: Attempt,
): Promise<SaslStep> {
  const bytes = initial === undefined || initial === '=' ? EMPTY : decodeBase64(initial);
  if (bytes === undefined) return badBase64('initial');
  return toStep(await mechanism.begin(initial === undefined ? undefined : bytes, attempt), MAX_TURNS);
}

const EMPTY = Buffer.alloc(0);

function toStep(turn: Turn, turnsLeft: number): SaslStep {
  if (turn.kind !== 'challenge') return turn;
  if (turnsLeft === 0) return authenticationFailure();
  return {
    kind: 'challenge',
    challenge: turn.bytes.toString('base64'),
    async next(response) {
      const bytes = decodeBase64(response);
      return bytes === undefined ? badBase64('continued') : toStep(await turn.next(bytes), turnsLeft - 1);
    },
  };
}

function badBase64(where: 'initial' | 'continued'): SaslStep {
  return { kind: 'failure', temporary: false, reason: `Invalid base64 data in ${where} response` };
}

/** Strict: nothing but the alphabet, padding in its place. RFC 4648 3.3, 4. */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** PLAIN: identity, name and password in one line. RFC 4616. */
import { assertNever } from '../mail/assert-never.ts';
import {
  authenticationFailure,
  authorizationFailure,
  clientFirst,
  type Mechanism,
  protocolFailure,
  type Turn,
  temporaryFailure,
} from './mechanism.ts';
import type { PasswordCheck } from './password-check.ts';
import { foldName, readText } from './prepared-text.ts';

export function plain(check: Pick<PasswordCheck, 'judge'>): Mechanism {
  return {
    name: 'PLAIN',
    properties: ['plaintext'],
    begin: (initial) => clientFirst(initial, (response) => takePlain(response, check)),
  };
}

/** `[authzid] NUL authcid NUL password`; nobody may act as somebody else. */
async function takePlain(response: Buffer, check: Pick<PasswordCheck, 'judge'>): Promise<Turn> {
  const fields = splitAtNul(response).map(readText);
  const [identity, name, password] = fields;
  if (fields.length !== 3 || identity === undefined || !name || password === undefined)
    return protocolFailure();
  if (identity !== '' && foldName(identity) !== foldName(name)) return authorizationFailure(name);
  return password === '' ? authenticationFailure(name) : judgedTurn(name, password, check);
}

/** More than three fields are as wrong as four. */
const MOST_FIELDS = 4;

function splitAtNul(bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  let at = 0;
  while (fields.length < MOST_FIELDS) {
    const end = bytes.indexOf(0, at);
    fields.push(bytes.subarray(at, end < 0 ? bytes.length : end));
    if (end < 0) break;
    at = end + 1;
  }
  return fields;
}

/** What the mechanisms that bring a password say to a judgement. */
export async function judgedTurn(
  name: string,
  password: string,
  check: Pick<PasswordCheck, 'judge'>,
): Promise<Turn> {
  const judgement = await check.judge(name, password);
  switch (judgement.kind) {
    case 'right':
      return { kind: 'success', username: judgement.username };
    case 'wrong':
      return authenticationFailure(name);
    case 'unknown':
      return temporaryFailure(name);
    default:
      return assertNever(judgement);
  }
}

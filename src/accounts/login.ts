/**
 * LOGIN: asks for the name, then for the password. draft-murchison-sasl-login; no RFC, but older Outlook knows no other.
 * The prompts are those of Cyrus SASL and Dovecot; some clients wait for just these.
 */
import { authenticationFailure, type Mechanism, protocolFailure, type Turn } from './mechanism.ts';
import type { PasswordCheck } from './password-check.ts';
import { judgedTurn } from './plain.ts';
import { readText } from './prepared-text.ts';

const NAME_PROMPT = Buffer.from('Username:');
const PASSWORD_PROMPT = Buffer.from('Password:');

export function login(check: Pick<PasswordCheck, 'judge'>): Mechanism {
  const takePassword = (name: string, response: Buffer) => {
    const password = readText(response);
    if (password === undefined) return protocolFailure(name);
    return password === '' ? authenticationFailure(name) : judgedTurn(name, password, check);
  };
  const takeName = (response: Buffer): Turn => {
    const name = readText(response);
    if (!name) return protocolFailure();
    return { kind: 'challenge', bytes: PASSWORD_PROMPT, next: (password) => takePassword(name, password) };
  };
  return {
    name: 'LOGIN',
    properties: ['plaintext'],
    begin: (initial) =>
      initial === undefined || initial.length === 0
        ? { kind: 'challenge', bytes: NAME_PROMPT, next: takeName }
        : takeName(initial),
  };
}

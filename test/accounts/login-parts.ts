/** What tests of logins need: a session, a log that is kept, a password book from text, and a client that answers challenges. */
import assert from 'node:assert/strict';
import type { Hashing } from '../../src/accounts/hashing.ts';
import { login } from '../../src/accounts/login.ts';
import type { Mechanism } from '../../src/accounts/mechanism.ts';
import { OwnSaslServer } from '../../src/accounts/own-server.ts';
import type { PasswordBook } from '../../src/accounts/password-book.ts';
import { PasswordCheck } from '../../src/accounts/password-check.ts';
import { readPasswordFile } from '../../src/accounts/password-file.ts';
import { plain } from '../../src/accounts/plain.ts';
import type { ChannelBinding, SaslServer, SaslStep } from '../../src/accounts/sasl.ts';
import { scram } from '../../src/accounts/scram.ts';
import { unnamedClient } from '../../src/mail/client.ts';
import type { Session, TlsFacts } from '../../src/mail/session.ts';
import type { Log } from '../../src/record/log.ts';

const TLS: TlsFacts = {
  protocol: 'TLSv1.3',
  cipher: 'TLS_AES_256_GCM_SHA384',
  usedBits: 256,
  algorithmBits: 256,
  sni: '',
};

export function session({ address = '192.0.2.5', tls = '' } = {}): Session {
  return {
    id: 'test',
    service: 'submission',
    client: unnamedClient(address, '40000'),
    server: { address: '192.0.2.1', port: '587' },
    helo: 'client.test',
    protocol: 'ESMTP',
    tls: tls === '' ? undefined : { ...TLS, protocol: tls },
    sasl: undefined,
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: 0,
  };
}

/** A log whose lines can be looked at. */
export function keptLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const keep = (level: string) => (sentence: string) => void lines.push(`${level}: ${sentence}`);
  return { lines, info: keep('info'), warn: keep('warning'), error: keep('error') };
}

/** Reads a password file; its complaints as `line: problem; remedy`. */
export function readBook(text: string): { book: PasswordBook; complaints: string[] } {
  const complaints: string[] = [];
  const take = (line: number, problem: string, remedy: string) =>
    void complaints.push(`${line}: ${problem}; ${remedy}`);
  const work = readPasswordFile(Buffer.from(text), { broken: take });
  let step = work.next();
  while (!step.done) step = work.next();
  return { book: step.value, complaints };
}

export interface OwnParts {
  readonly text: string;
  readonly hashing: Pick<Hashing, 'matches'>;
  readonly log?: Log;
  readonly localDomain?: string;
  readonly nonce?: () => string;
  readonly more?: readonly Mechanism[];
}

/** Our own server over a password file. */
export function ownServer(parts: OwnParts): OwnSaslServer {
  const { book, complaints } = readBook(parts.text);
  assert.deepEqual(complaints, []);
  const log = parts.log ?? keptLog();
  const check = new PasswordCheck({
    book: () => book,
    hashing: parts.hashing,
    localDomain: parts.localDomain ?? '',
    log,
  });
  const nonce = parts.nonce ? { nonce: parts.nonce } : {};
  return new OwnSaslServer({
    mechanisms: [
      ...scram({ book: () => book, check, log, ...nonce }),
      plain(check),
      login(check),
      ...(parts.more ?? []),
    ],
    security: { plain: ['noanonymous'], tls: ['noanonymous'] },
    isWanted: () => true,
  });
}

export interface Spoken {
  /** The challenges that were sent, decoded. */
  readonly challenges: string[];
  readonly end: SaslStep;
}

export interface Speech {
  readonly mechanism: string;
  readonly initial?: string | undefined;
  /** Each is sent in answer to a challenge: a text (put in base64), or made from the challenge. */
  readonly answers?: readonly (string | ((challenge: string) => string))[];
  readonly session?: Session;
  readonly binding?: ChannelBinding;
}

export async function speak(server: SaslServer, speech: Speech): Promise<Spoken> {
  const { mechanism, initial, answers = [] } = speech;
  const challenges: string[] = [];
  const who = speech.session ?? session({ tls: 'TLSv1.2' });
  let step = await server.begin(
    mechanism,
    who,
    initial === undefined ? undefined : base64(initial) || '=',
    speech.binding,
  );
  for (const answer of answers) {
    if (step.kind !== 'challenge') break;
    const challenge = Buffer.from(step.challenge, 'base64').toString();
    challenges.push(challenge);
    step = await step.next(base64(typeof answer === 'string' ? answer : answer(challenge)));
  }
  if (step.kind === 'challenge') challenges.push(Buffer.from(step.challenge, 'base64').toString());
  return { challenges, end: step };
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** The end in a few words: `success joe`, `535 authentication failure (joe)`, `454 ...`, `challenge`. */
export function outcome({ end }: { readonly end: SaslStep }): string {
  if (end.kind === 'challenge') return 'challenge';
  if (end.kind === 'success') return `success ${end.username}`;
  const who = end.username === undefined ? '' : ` (${end.username})`;
  return `${end.temporary ? 454 : 535} ${end.reason}${who}`;
}

/**
 * Dovecot's authentication protocol, its lines: what the server says of itself, and what it answers. Version 1 of the
 * protocol between authentication clients and dovecot/auth. `Postfix: xsasl_dovecot_server.c`.
 */
import { printable } from '../mail/reply.ts';

export interface OfferedMechanism {
  readonly name: string;
  readonly properties: readonly string[];
}

/** A line that belongs to a login. */
export type Answer =
  | { readonly kind: 'continue'; readonly challenge: string }
  | { readonly kind: 'ok'; readonly username: string }
  | { readonly kind: 'fail'; readonly username: string | undefined; readonly reason: string }
  /** It lacks what it must have. */
  | { readonly kind: 'broken'; readonly problem: string };

export interface AnswerLine {
  readonly id: number;
  readonly answer: Answer;
}

export interface Login {
  readonly mechanism: string;
  /** smtpd_sasl_service */
  readonly service: string;
  readonly serverAddress: string;
  readonly clientAddress: string;
  /** The client speaks TLS. */
  readonly secured: boolean;
  /** In base64; must come last. */
  readonly initial: string | undefined;
}

/** The line that begins a login. `nologin`: nobody logs in to a Dovecot service here. */
export function authLine(id: number, login: Login): string {
  const fields = [
    'AUTH',
    String(id),
    login.mechanism,
    `service=${login.service}`,
    'nologin',
    `lip=${login.serverAddress}`,
    `rip=${login.clientAddress}`,
    ...(login.secured ? ['secured'] : []),
    ...(login.initial === undefined ? [] : [`resp=${login.initial}`]),
  ];
  return `${fields.map((field) => field.replace(/[\t\n\0]/g, '?')).join('\t')}\n`;
}

export function continueLine(id: number, response: string): string {
  return `CONT\t${id}\t${response}\n`;
}

/** Undefined for lines that answer no login, and those that make no sense. */
export function readAnswer(line: string): AnswerLine | undefined {
  const [verb, number = '', ...fields] = line.split('\t');
  const read = Object.hasOwn(ANSWERS, verb ?? '') ? ANSWERS[verb ?? ''] : undefined;
  return read && /^\d{1,10}$/.test(number) ? { id: Number(number), answer: read(fields) } : undefined;
}

const ANSWERS: Readonly<Record<string, (fields: readonly string[]) => Answer>> = {
  OK: (fields) => {
    const username = fieldOf(fields, 'user');
    return username === undefined ? broken('OK username') : { kind: 'ok', username };
  },
  CONT: ([challenge]) =>
    challenge === undefined
      ? broken('CONT reply')
      : { kind: 'continue', challenge: printable(challenge, '?') },
  // `Postfix`: a failure is final, also when Dovecot adds `temp`.
  FAIL: (fields) => ({
    kind: 'fail',
    username: fieldOf(fields, 'user'),
    reason: fieldOf(fields, 'reason') ?? '',
  }),
};

function broken(what: string): Answer {
  return { kind: 'broken', problem: `missing Dovecot server ${what} field` };
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  const field = fields.findLast((one) => one.startsWith(`${name}=`));
  return field === undefined ? undefined : printable(field.slice(name.length + 1), '?');
}

/** What a server says before the first login, line by line. */
export class Handshake {
  readonly mechanisms: OfferedMechanism[] = [];

  /** Takes a line. `done`: that was all; a text: what is wrong; undefined: there is more to come. */
  take(line: string): 'done' | { readonly problem: string } | undefined {
    const [verb, ...fields] = line.split('\t');
    if (verb === 'VERSION') return versionProblem(fields);
    if (verb === 'MECH') this.#offer(fields);
    if (verb === 'SPID' && this.mechanisms.length === 0) {
      return { problem: 'Connected to wrong auth socket (auth-master instead of auth-client)' };
    }
    return verb === 'DONE' ? 'done' : undefined;
  }

  /** Mechanisms that are `private` are for other programs. */
  #offer([name, ...properties]: readonly string[]): void {
    const lower = properties.map((property) => property.toLowerCase());
    if (name && !lower.includes('private') && this.mechanisms.length < MAX_MECHANISMS) {
      this.mechanisms.push({ name: printable(name, '?'), properties: lower });
    }
  }
}

const MAX_MECHANISMS = 100;
const OUR_MAJOR_VERSION = 1;

function versionProblem([major, minor]: readonly string[]): { problem: string } | undefined {
  if (!/^\d+$/.test(major ?? '') || !/^\d+$/.test(minor ?? '')) return { problem: 'Protocol version error' };
  if (Number(major) === OUR_MAJOR_VERSION) return undefined;
  return { problem: `Protocol version mismatch (${major} vs. ${OUR_MAJOR_VERSION})` };
}

/** What we say first. `client`: a number that no other client of the server has. */
export function greeting(client: number): string {
  return `VERSION\t${OUR_MAJOR_VERSION}\t0\nCPID\t${client}\n`;
}

/** A restriction: a name from main.cf, the place it was written, and a judge that answers one question. */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { reply } from '../mail/reply.ts';
import type { Source } from '../mail/source.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { Question, Subject } from './question.ts';

/** A verdict, or a list to be asked in its place (a class, or a table row that names restrictions). */
export type Answer =
  | Verdict
  | {
      readonly kind: 'ask';
      readonly list: RestrictionList;
      /** Whom the list speaks of; as before when it is missing. */
      readonly subject?: Subject;
    };

export type Judge = (q: Question) => MaybePromise<Answer>;

export interface Restriction {
  /** With its argument, as written. */
  readonly name: string;
  readonly source: Source;
  readonly judge: Judge;
  /** Starts slow look-ups whose answers will be wanted soon (DNS lists). */
  readonly prepare?: (q: Question) => void;
  /** Stands behind `warn_if_reject`. */
  readonly softened?: boolean;
}

export interface RestrictionList {
  /** `client`, `recipient`, the name of a class, ... */
  readonly name: string;
  readonly restrictions: readonly Restriction[];
}

/** Longest refusal, bytes. `Postfix: smtpd_check_reject`, RFC 5321 4.5.3.1.5. */
const MAX_TEXT = 510;

/** In place of a code that refuses nothing: a parameter makes 354 of 454. `Postfix: smtpd_check_reject` */
const NO_REFUSAL = reply(450, '4.7.1', 'Service unavailable');

/** A refusal with a text as Postfix words it. */
export function reject(code: number, status: string, text: string): Verdict {
  if (code < 400 || code > 599) return { kind: 'reject', reply: NO_REFUSAL };
  return { kind: 'reject', reply: reply(code, status, text.slice(0, MAX_TEXT)) };
}

/** A refusal for now, unless something else decides later. */
export function postpone(until: 'permit' | 'reject', code: number, status: string, text: string): Verdict {
  return { kind: 'postpone', until, reply: reply(code, status, text.slice(0, MAX_TEXT)) };
}

/** How a temporary problem is taken. `Postfix: unknown_address_tempfail_action` and its kin. */
export type TempfailAction = 'defer_if_permit' | 'defer';

export function tempfail(action: TempfailAction, code: number, status: string, text: string): Verdict {
  return action === 'defer' ? reject(code, status, text) : postpone('permit', code, status, text);
}

/** The configuration cannot be followed; the mail waits at the client until somebody mends it. */
export class ServerError extends Error {}

/** A table that is needed for the decision does not answer; `subject` is what was looked for. */
export class TemporaryLookupFailure extends Error {
  readonly subject: string;
  constructor(subject: string, cause: unknown) {
    super(`temporary lookup failure for <${subject}>`, { cause });
    this.subject = subject;
  }
}

/** THE table of SMTP verbs: name, what it may stand before or behind, and what it does. RFC 5321 4.1.1, RFC 2920 3.1. */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { auth } from './auth.ts';
import { bdat } from './bdat.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import { data } from './data.ts';
import { etrn } from './etrn.ts';
import { ehlo, helo } from './hello.ts';
import { mail } from './mail.ts';
import { rcpt } from './rcpt.ts';
import { noop, quit, rset } from './simple.ts';
import { starttls } from './starttls.ts';
import { vrfy } from './vrfy.ts';
import { xclient } from './xclient.ts';
import { xforward } from './xforward.ts';

export interface Verb {
  readonly name: string;
  /** Allowed before STARTTLS where encryption is a duty. */
  readonly beforeTls?: true;
  /** The last of a pipelined group: the client has to wait for its answer. */
  readonly lastInGroup?: true;
  /** Counts as junk when it is repeated. `Postfix: smtpd_junk_command_limit`. */
  readonly isJunk?: true;
  /** Unknown to clients that have failed the tests before the greeting. */
  readonly isKeptFromBarred?: true;
  /** Message text comes behind it. */
  readonly bringsMessage?: true;
  perform(talk: Conversation, words: readonly Word[], line: string): MaybePromise<Done>;
}

export const verbs: readonly Verb[] = [
  { name: 'HELO', beforeTls: true, lastInGroup: true, isJunk: true, perform: helo },
  { name: 'EHLO', beforeTls: true, lastInGroup: true, isJunk: true, perform: ehlo },
  { name: 'XCLIENT', beforeTls: true, isKeptFromBarred: true, perform: xclient },
  { name: 'XFORWARD', isKeptFromBarred: true, perform: xforward },
  { name: 'STARTTLS', beforeTls: true, perform: starttls },
  { name: 'AUTH', isKeptFromBarred: true, perform: auth },
  { name: 'MAIL', perform: mail },
  { name: 'RCPT', perform: rcpt },
  { name: 'DATA', lastInGroup: true, bringsMessage: true, perform: data },
  { name: 'BDAT', bringsMessage: true, perform: bdat },
  { name: 'RSET', isJunk: true, perform: rset },
  { name: 'NOOP', beforeTls: true, lastInGroup: true, isJunk: true, perform: noop },
  { name: 'VRFY', lastInGroup: true, isJunk: true, perform: vrfy },
  { name: 'ETRN', isJunk: true, perform: etrn },
  { name: 'QUIT', beforeTls: true, perform: quit },
];

const byName = new Map(verbs.map((verb) => [verb.name, verb]));

/** The verb of a word, whatever its case. */
export function findVerb(word: string): Verb | undefined {
  return byName.get(word) ?? byName.get(word.toUpperCase());
}

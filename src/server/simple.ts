/** RSET, NOOP and QUIT. */
import { reply } from '../mail/reply.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

const OK = reply(250, '2.0.0', 'Ok');

/** Lets the envelope go. RFC 5321 4.1.1.5. */
export function rset(talk: Conversation, words: readonly Word[]): Done | Promise<Done> {
  if (words.length > 1) return talk.refuse(reply(501, '5.5.4', 'Syntax: RSET'));
  talk.resetMail();
  talk.say(OK);
  return 'ok';
}

/** An argument is ignored. RFC 5321 4.1.1.9. */
export function noop(talk: Conversation): Done {
  talk.say(OK);
  return 'ok';
}

export function quit(talk: Conversation): Done {
  talk.say(reply(221, '2.0.0', 'Bye'));
  talk.close();
  return 'ok';
}

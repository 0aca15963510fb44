/** Something went wrong in a way that has an answer for the client: the mail is refused, the session goes on. */
import type { Reply } from './reply.ts';

export class Refused extends Error {
  readonly reply: Reply;

  constructor(message: string, answer: Reply) {
    super(message);
    this.reply = answer;
  }
}

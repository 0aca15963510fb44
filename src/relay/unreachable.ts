/** There is no connection to a next hop, and why: in the log's words, and as the client is answered. */
import type { Reply } from '../mail/reply.ts';

export class Unreachable extends Error {
  readonly reply: Reply;

  constructor(sentence: string, reply: Reply) {
    super(sentence);
    this.reply = reply;
  }
}

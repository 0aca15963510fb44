/** DATA: from here on bytes belong to the message. RFC 5321 4.1.1.4. */
import { type Reply, reply } from '../mail/reply.ts';
import { DataBody } from './body.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

export async function data(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { envelope } = talk;
  const early = outOfOrder(talk, words);
  if (early || !envelope) return talk.refuse(early ?? reply(503, '5.5.1', 'Error: need RCPT command'));
  const arrival = await talk.gateway.data(talk.visit, envelope, 'DATA');
  if ('code' in arrival) return talk.refuse(arrival);
  talk.body = new DataBody(talk, arrival);
  talk.say(reply(354, '', 'End data with <CR><LF>.<CR><LF>'));
  return 'ok';
}

function outOfOrder(talk: Conversation, words: readonly Word[]): Reply | undefined {
  if (talk.isChunking) return reply(503, '5.5.1', 'Error: DATA after BDAT');
  if (!talk.envelope || talk.envelope.isRefusedAtEnd) return reply(503, '5.5.1', 'Error: need RCPT command');
  if (talk.envelope.recipients.length === 0) return reply(554, '5.5.1', 'Error: no valid recipients');
  return words.length > 1 ? reply(501, '5.5.4', 'Syntax: DATA') : undefined;
}

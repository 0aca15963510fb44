/** VRFY: whether we would take mail for an address, without a promise. RFC 5321 3.5, 4.1.1.6. */
import { isAscii } from '../mail/host-syntax.ts';
import { reply } from '../mail/reply.ts';
import { extractAddress, type Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import { tooMany } from './rcpt.ts';

export async function vrfy(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { options } = talk;
  if (options.vrfyDisabled) return talk.refuse(reply(502, '5.5.1', 'VRFY command is disabled'));
  const mayUtf8 = options.smtputf8Enable && !talk.discarded.has('smtputf8');
  const smtputf8 = mayUtf8 && words.length > 1 && words.at(-1)?.text.toUpperCase() === 'SMTPUTF8';
  const args = words.slice(1, smtputf8 ? -1 : undefined).map((word) => word.text);
  if (args.length === 0) {
    return talk.refuse(
      reply(501, '5.5.4', `Syntax: VRFY address${options.smtputf8Enable ? ' [SMTPUTF8]' : ''}`),
    );
  }
  if (await options.limits.exceeded('recipient', talk.session.client)) return talk.refuse(tooMany(talk));
  const written = args.join(' ');
  const address = extractAddress(written, { strict: false, allowEmpty: false });
  if (!address || (await options.isBadAddress(address.text, smtputf8))) {
    return talk.refuse(reply(501, '5.1.3', 'Bad recipient address syntax'));
  }
  if (options.strictSmtputf8 && !smtputf8 && !isAscii(address.text)) {
    return talk.refuse(reply(553, '5.6.7', 'Must declare SMTPUTF8 to send unicode address'));
  }
  const refusal = await talk.gateway.verify(talk.visit, address, talk.envelope);
  if (refusal) return talk.refuse(refusal);
  talk.say(reply(252, '2.0.0', written));
  return 'ok';
}

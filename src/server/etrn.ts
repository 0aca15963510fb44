/**
 * ETRN: start the queue for a domain. RFC 1985. There is no queue here, so a permitted ETRN is answered as Postfix does
 * and nothing happens; what matters is who may ask (smtpd_etrn_restrictions).
 */
import { addressLiteral, isHostName } from '../mail/host-syntax.ts';
import { reply } from '../mail/reply.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

export async function etrn(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { options, session } = talk;
  if (options.heloRequired && session.helo === undefined) {
    return talk.refuse(reply(503, '', 'Error: send HELO/EHLO first'));
  }
  if (talk.envelope) return talk.refuse(reply(503, '', 'Error: MAIL transaction in progress'));
  const [, argument] = words;
  if (words.length !== 2 || !argument) return talk.refuse(reply(500, '', 'Syntax: ETRN domain'));
  const domain = argument.text.replace(/^[@#]/, '');
  if (!isHostName(domain) && addressLiteral(domain) === undefined) {
    return talk.refuse(reply(501, '', 'Error: invalid parameter syntax'));
  }
  const refusal = await talk.gateway.etrn(talk.visit, domain);
  if (refusal) return talk.refuse(refusal);
  if (!(await options.mayFlush(domain)))
    return talk.refuse(reply(459, '', `<${domain}>: service unavailable`));
  talk.say(reply(250, '', 'Queuing started'));
  return 'ok';
}

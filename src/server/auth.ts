/** AUTH: the exchange of challenges and responses; who may log in is decided in accounts/. RFC 4954. */

import type { SaslStep } from '../accounts/sasl.ts';
import { nameAddress } from '../mail/client.ts';
import { printable, reply } from '../mail/reply.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

export async function auth(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { options, session } = talk;
  const { sasl } = options;
  if (options.heloRequired && session.helo === undefined) {
    return talk.refuse(reply(503, '5.5.1', 'Error: send HELO/EHLO first'));
  }
  if (!sasl || talk.discarded.has('auth') || (sasl.onlyWithTls && !session.tls)) {
    return talk.refuse(reply(503, '5.5.1', 'Error: authentication not enabled'));
  }
  if (talk.envelope) return talk.refuse(reply(503, '5.5.1', 'Error: MAIL transaction in progress'));
  if (session.sasl) return talk.refuse(reply(503, '5.5.1', 'Error: already authenticated'));
  const [, mechanism, initial] = words;
  if (!mechanism || words.length > 3) return talk.refuse(reply(501, '5.5.4', 'Syntax: AUTH mechanism'));
  if (await options.limits.exceeded('auth', session.client)) {
    options.log.warn(`AUTH command rate limit exceeded from ${nameAddress(session.client)}`);
    return talk.refuse(reply(450, '4.7.1', `Error: too many AUTH commands from ${session.client.address}`));
  }
  const method = mechanism.text;
  return answer(talk, method, await sasl.server.begin(method, session, initial?.text));
}

async function answer(talk: Conversation, method: string, step: SaslStep): Promise<Done> {
  switch (step.kind) {
    case 'challenge':
      talk.say(reply(334, '', step.challenge));
      talk.nextLine = (line) => respond(talk, method, step, line);
      return 'ok';
    case 'success':
      talk.session.sasl = { method: printable(method, '?'), username: printable(step.username, '?') };
      talk.say(reply(235, '2.7.0', 'Authentication successful'));
      return 'ok';
    case 'failure':
      return fail(talk, method, step);
  }
}

async function respond(
  talk: Conversation,
  method: string,
  step: Extract<SaslStep, { kind: 'challenge' }>,
  line: string | undefined,
): Promise<Done> {
  if (line === undefined) return talk.refuse(reply(500, '5.5.6', 'SASL response limit exceeded'));
  if (line === '*') {
    talk.options.log.warn(`${nameAddress(talk.session.client)}: SASL ${method} authentication aborted`);
    return talk.refuse(reply(501, '5.7.0', 'Authentication aborted'));
  }
  return answer(talk, method, await step.next(line));
}

function fail(
  talk: Conversation,
  method: string,
  step: Extract<SaslStep, { kind: 'failure' }>,
): Promise<Done> {
  const reason = step.reason || '(reason unavailable)';
  const who = `${nameAddress(talk.session.client)}: SASL ${method.slice(0, 100)} authentication failed`;
  talk.options.log.warn(
    `${who}: ${reason}, sasl_username=${(step.username ?? '(unavailable)').slice(0, 100)}`,
  );
  return talk.refuse(
    step.temporary
      ? reply(454, '4.7.0', `Temporary authentication failure: ${reason}`)
      : reply(535, '5.7.8', `Error: authentication failed: ${reason}`),
  );
}

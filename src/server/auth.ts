/**
 * AUTH: the exchange of challenges and responses; who may log in is decided in accounts/. RFC 4954.
 * Parameters: smtpd_tls_auth_only, smtpd_client_auth_rate_limit, smtpd_sasl_response_limit.
 * `Postfix: smtpd_sasl_auth_cmd, smtpd_sasl_authenticate`. Passwords are in no log line.
 */
import { TLSSocket } from 'node:tls';
import type { ChannelBinding, SaslFailure, SaslStep } from '../accounts/sasl.ts';
import { assertNever } from '../mail/assert-never.ts';
import { nameAddress } from '../mail/client.ts';
import { printable, reply } from '../mail/reply.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

const NOT_ENABLED = reply(503, '5.5.1', 'Error: authentication not enabled');
const TOO_LONG = reply(500, '5.5.6', 'SASL response limit exceeded');
const ABORTED = reply(501, '5.7.0', 'Authentication aborted');
const SUCCESS = reply(235, '2.7.0', 'Authentication successful');
/** How much of what a client wrote stands in a log line. */
const MAX_LOGGED = 100;

export async function auth(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { options, session } = talk;
  const { sasl } = options;
  const { client } = session;
  if (!talk.mayXclient && (await isTooOften(talk))) {
    return talk.refuse(reply(450, '4.7.1', `Error: too many AUTH commands from ${client.address}`));
  }
  if (options.heloRequired && session.helo === undefined) {
    return talk.refuse(reply(503, '5.5.1', 'Error: send HELO/EHLO first'));
  }
  if (!sasl || talk.discarded.has('auth') || (sasl.needsTls(client) && !session.tls)) {
    return talk.refuse(NOT_ENABLED);
  }
  if (talk.envelope) return talk.refuse(reply(503, '5.5.1', 'Error: MAIL transaction in progress'));
  if (session.sasl) return talk.refuse(reply(503, '5.5.1', 'Error: already authenticated'));
  const [, mechanism, initial] = words;
  if (!mechanism || words.length > 3) return talk.refuse(reply(501, '5.5.4', 'Syntax: AUTH mechanism'));
  const method = mechanism.text;
  return answer(talk, method, await sasl.server.begin(method, session, initial?.text, bindingOf(talk)));
}

async function isTooOften({ options, session }: Conversation): Promise<boolean> {
  const excess = await options.limits.exceeded('auth', session.client);
  if (!excess) return false;
  const who = `${nameAddress(session.client)} for service ${options.name}`;
  options.log.warn(`AUTH command rate limit exceeded: ${excess.count} from ${who}`);
  return true;
}

/** What both ends of the TLS connection can compute, and nobody between. RFC 9266 4.2. */
function bindingOf(talk: Conversation): ChannelBinding {
  return () => {
    const { socket } = talk.wire;
    if (!(socket instanceof TLSSocket) || socket.destroyed) return undefined;
    return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0));
  };
}

async function answer(talk: Conversation, method: string, step: SaslStep): Promise<Done> {
  switch (step.kind) {
    case 'challenge':
      talk.say(reply(334, '', step.challenge));
      talk.nextLine = (line) => respond(talk, method, step, line);
      return 'asked';
    case 'success':
      talk.session.sasl = { method: printable(method, '?'), username: printable(step.username, '?') };
      talk.say(SUCCESS);
      return 'ok';
    case 'failure':
      return fail(talk, method, step);
    default:
      return assertNever(step);
  }
}

async function respond(
  talk: Conversation,
  method: string,
  step: Extract<SaslStep, { kind: 'challenge' }>,
  line: string | undefined,
): Promise<Done> {
  if (line === undefined) return talk.refuse(TOO_LONG);
  if (line === '*') {
    talk.options.log.warn(`${attempt(talk, method)} authentication aborted`);
    return talk.refuse(ABORTED);
  }
  return answer(talk, method, await step.next(line));
}

function fail(
  talk: Conversation,
  method: string,
  { reason, username, temporary }: SaslFailure,
): Promise<Done> {
  const shown = reason || '(reason unavailable)';
  const who = (username ?? '(unavailable)').slice(0, MAX_LOGGED);
  talk.options.log.warn(
    `${attempt(talk, method)} authentication failed: ${shown}, sasl_username=${printable(who, '?')}`,
  );
  return talk.refuse(
    temporary
      ? reply(454, '4.7.0', `Temporary authentication failure: ${shown}`)
      : reply(535, '5.7.8', `Error: authentication failed: ${shown}`),
  );
}

/** `name[address]: SASL PLAIN`, which fail2ban looks for. */
function attempt({ session }: Conversation, method: string): string {
  return `${nameAddress(session.client)}: SASL ${printable(method.slice(0, MAX_LOGGED), '?')}`;
}

/** XCLIENT: take the session for one of another client. `Postfix: XCLIENT_README`. Back to the greeting afterwards. */
import { type Client, type NameStatus, nameAddress } from '../mail/client.ts';
import { isHostName, mailHostAddress } from '../mail/host-syntax.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { badSyntax, followAttributes, isPort, isTemporary, isUnavailable } from './attributes.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import { greetClient } from './greeting.ts';
import { neutered } from './hello.ts';

/** What the attributes change; undefined: not said. */
interface Changes {
  client: { -readonly [K in keyof Client]: Client[K] };
  server: { address: string; port: string };
  helo: string | undefined;
  protocol: Session['protocol'] | undefined;
  login: string | undefined;
}

export async function xclient(talk: Conversation, words: readonly Word[]): Promise<Done> {
  const { session } = talk;
  if (talk.envelope) return talk.refuse(reply(503, '5.5.1', 'Error: MAIL transaction in progress'));
  if (words.length < 2) return talk.refuse(reply(501, '5.5.4', 'Syntax: XCLIENT attribute=value...'));
  if (!talk.mayXclient) return talk.refuse(reply(550, '5.7.0', 'Error: insufficient authorization'));
  const changes: Changes = {
    client: { ...session.client },
    server: { ...session.server },
    helo: undefined,
    protocol: undefined,
    login: undefined,
  };
  const problem = followAttributes('XCLIENT', words.slice(1), READERS, changes);
  if (problem) {
    session.client = { ...changes.client, shownAs: nameAddress(session.client) };
    session.server = changes.server;
    session.helo = changes.helo ?? session.helo;
    session.protocol = changes.protocol ?? session.protocol;
    return talk.refuse(problem);
  }
  await become(talk, changes);
  return 'ok';
}

async function become(talk: Conversation, { client, server, helo, protocol, login }: Changes): Promise<void> {
  const { session } = talk;
  talk.resetMail();
  talk.uncount();
  session.client = { ...client, shownAs: undefined };
  session.server = server;
  session.helo = helo;
  session.protocol = protocol ?? 'SMTP';
  const mayLogIn = talk.options.sasl !== undefined; // Postfix: smtpd_sasl_auth_enable
  session.sasl = login !== undefined && mayLogIn ? { method: 'XCLIENT', username: login } : undefined;
  talk.visit.postponed = {};
  talk.denied = undefined;
  await greetClient(talk);
}

type Reader = (value: string, into: Changes) => Reply | undefined;

const READERS = new Map<string, Reader>([
  [
    'NAME',
    (value, { client }) => {
      const status = nameStatus(value);
      if (status === 'ok' && !isHostName(value)) return badSyntax('NAME', value);
      client.name = status === 'ok' ? value : 'unknown';
      client.nameStatus = status;
      if (status === 'ok') Object.assign(client, { reverseName: value, reverseNameStatus: status });
      return undefined;
    },
  ],
  [
    'REVERSE_NAME',
    (value, { client }) => {
      const status = nameStatus(value);
      if (status === 'ok' && !isHostName(value)) return badSyntax('REVERSE_NAME', value);
      client.reverseName = status === 'ok' ? value : 'unknown';
      client.reverseNameStatus = status;
      return undefined;
    },
  ],
  ['ADDR', (value, { client }) => setAddress('ADDR', value, client)],
  ['PORT', (value, { client }) => setPort('PORT', value, client)],
  ['DESTADDR', (value, { server }) => setAddress('DESTADDR', value, server)],
  ['DESTPORT', (value, { server }) => setPort('DESTPORT', value, server)],
  [
    'HELO',
    (value, into) => {
      if (value.length > 255) return badSyntax('HELO', value);
      into.helo = isUnavailable(value) ? undefined : neutered(value);
      return undefined;
    },
  ],
  [
    'PROTO',
    (value, into) => {
      const wanted = value.toUpperCase();
      if (wanted !== 'SMTP' && wanted !== 'ESMTP') return badSyntax('PROTO', value);
      into.protocol = wanted;
      return undefined;
    },
  ],
  [
    'LOGIN',
    (value, into) => {
      if (!isUnavailable(value)) into.login = value;
      return undefined;
    },
  ],
]);

function nameStatus(value: string): NameStatus {
  if (isUnavailable(value)) return 'absent';
  return isTemporary(value) ? 'unknown' : 'ok';
}

function setAddress(name: string, value: string, into: { address: string }): Reply | undefined {
  const address = isUnavailable(value) ? 'unknown' : mailHostAddress(value);
  if (address === undefined) return badSyntax(name, value);
  into.address = address;
  return undefined;
}

function setPort(name: string, value: string, into: { port: string }): Reply | undefined {
  if (!isUnavailable(value) && !isPort(value)) return badSyntax(name, value);
  into.port = isUnavailable(value) ? 'unknown' : value;
  return undefined;
}

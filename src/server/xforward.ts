/** XFORWARD: who the client of our client is, for logs, tables and the next hop. `Postfix: XFORWARD_README`. */

import { isHostName, mailHostAddress } from '../mail/host-syntax.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Forwarded } from '../mail/session.ts';
import { badSyntax, followAttributes, isPort, isUnavailable } from './attributes.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import { neutered } from './hello.ts';

type Writable = { -readonly [K in keyof Forwarded]: Forwarded[K] };

const UNKNOWN: Forwarded = {
  name: 'unknown',
  address: 'unknown',
  port: 'unknown',
  helo: '',
  protocol: '',
  ident: '',
  domain: 'local',
};

export async function xforward(talk: Conversation, words: readonly Word[]): Promise<Done> {
  if (talk.envelope) return talk.refuse(reply(503, '5.5.1', 'Error: MAIL transaction in progress'));
  if (words.length < 2) return talk.refuse(reply(501, '5.5.4', 'Syntax: XFORWARD attribute=value...'));
  if (!talk.mayXforward) return talk.refuse(reply(550, '5.7.0', 'Error: insufficient authorization'));
  const forwarded: Writable = { ...(talk.session.forwarded ?? UNKNOWN) };
  const problem = followAttributes('XFORWARD', words.slice(1), READERS, forwarded);
  talk.session.forwarded = forwarded;
  if (problem) return talk.refuse(problem);
  talk.say(reply(250, '2.0.0', 'Ok'));
  return 'ok';
}

const READERS = new Map<string, (value: string, into: Writable) => Reply | undefined>([
  [
    'NAME',
    (value, into) => {
      into.name = isUnavailable(value) ? 'unknown' : neutered(value);
      return isHostName(into.name) ? undefined : badSyntax('NAME', into.name);
    },
  ],
  [
    'ADDR',
    (value, into) => {
      const address = isUnavailable(value) ? 'unknown' : mailHostAddress(value);
      if (address === undefined) return badSyntax('ADDR', neutered(value));
      into.address = address;
      return undefined;
    },
  ],
  [
    'PORT',
    (value, into) => {
      into.port = isUnavailable(value) ? 'unknown' : value;
      return isUnavailable(value) || isPort(value) ? undefined : badSyntax('PORT', value);
    },
  ],
  [
    'HELO',
    (value, into) => {
      into.helo = isUnavailable(value) ? '' : neutered(value);
      return undefined;
    },
  ],
  [
    'PROTO',
    (value, into) => {
      into.protocol = isUnavailable(value) ? '' : neutered(value);
      return value.length <= 64 ? undefined : badSyntax('PROTO', value);
    },
  ],
  [
    'IDENT',
    (value, into) => {
      into.ident = isUnavailable(value) ? '' : neutered(value);
      return undefined;
    },
  ],
  [
    'SOURCE',
    (value, into) => {
      const wanted = isUnavailable(value) ? 'local' : value.toLowerCase();
      if (wanted !== 'local' && wanted !== 'remote') return badSyntax('SOURCE', value);
      into.domain = wanted;
      return undefined;
    },
  ],
]);

/** MAIL FROM and its parameters. RFC 5321 4.1.1.2, RFC 1870, RFC 6152, RFC 3461, RFC 6531, RFC 4954 5, RFC 8689. */
import { nameAddress } from '../mail/client.ts';
import { type Envelope, newEnvelope, type SenderOptions } from '../mail/envelope.ts';
import { isAscii } from '../mail/host-syntax.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { type Reply, reply } from '../mail/reply.ts';
import { decodeXtext } from '../mail/xtext.ts';
import { newId } from '../record/ids.ts';
import { extractAddress, type Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';

const BAD_ADDRESS = reply(501, '5.1.7', 'Bad sender address syntax');
const DSN_DISABLED = reply(501, '5.7.1', 'DSN support is disabled');

export function mail(talk: Conversation, words: readonly Word[]): MaybePromise<Done> {
  const early = outOfOrder(talk, words);
  if (early) return talk.refuse(early);
  const excess = talk.options.limits.exceeded('mail', talk.session.client);
  return isPromise(excess) ? excess.then((found) => begin(talk, words, found)) : begin(talk, words, excess);
}

function outOfOrder(talk: Conversation, words: readonly Word[]): Reply | undefined {
  const { options, session } = talk;
  if (options.heloRequired && session.helo === undefined)
    return reply(503, '5.5.1', 'Error: send HELO/EHLO first');
  if (talk.envelope) return reply(503, '5.5.1', 'Error: nested MAIL command');
  if (talk.isChunking) return reply(503, '5.5.1', 'Error: MAIL after BDAT');
  const [, from, written] = words;
  return from?.text.toLowerCase() === 'from:' && written
    ? undefined
    : reply(501, '5.5.4', 'Syntax: MAIL FROM:<address>');
}

async function begin(talk: Conversation, words: readonly Word[], excess: unknown): Promise<Done> {
  if (excess)
    return talk.refuse(reply(450, '4.7.1', `Error: too much mail from ${talk.session.client.address}`));
  const envelope = await readEnvelope(talk, words);
  if ('code' in envelope) return talk.refuse(envelope);
  const answer = await talk.gateway.sender(talk.visit, envelope);
  if (answer.code >= 400) {
    talk.declaredSizeBytes = undefined;
    return talk.refuse(answer);
  }
  envelope.localRewrite = await talk.options.isLocalRewriteClient(talk.session, talk.connectedFrom);
  talk.envelope = envelope;
  talk.say(answer);
  return 'ok';
}

async function readEnvelope(talk: Conversation, words: readonly Word[]): Promise<Envelope | Reply> {
  const { options } = talk;
  const written = words[2];
  const parameters = words.slice(3).map((word) => word.text);
  if (!written || written.broken) return BAD_ADDRESS;
  const smtputf8 = mayUseSmtputf8(talk) && parameters.some((text) => text.toUpperCase() === 'SMTPUTF8');
  const sender = extractAddress(written.text, { strict: options.strictEnvelopes, allowEmpty: true });
  if (!sender || (sender.text !== '' && (await options.isBadAddress(sender.text, smtputf8)))) {
    options.log.warn(
      `Illegal address syntax from ${nameAddress(talk.session.client)} in MAIL command: ${written.text}`,
    );
    return BAD_ADDRESS;
  }
  const read = readParameters(talk, parameters);
  if ('code' in read) return read;
  if (options.strictSmtputf8 && !smtputf8 && !isAscii(sender.text)) {
    return reply(553, '5.6.7', 'Must declare SMTPUTF8 to send unicode address');
  }
  return newEnvelope({ id: newId(), sender, senderWritten: written.text, options: read });
}

const mayUseSmtputf8 = ({ options, discarded }: Conversation) =>
  options.smtputf8Enable && !discarded.has('smtputf8');

type Writable = { -readonly [K in keyof SenderOptions]: SenderOptions[K] };

/** A parameter: what it is called, and what it does; a reply when it cannot be. */
interface Parameter {
  readonly name: string;
  /** Unknown to this client; undefined: always known. */
  isKnown?(talk: Conversation): boolean;
  read(value: string, into: Writable, talk: Conversation): Reply | undefined;
}

const badSyntax = (name: string) => reply(501, '5.5.4', `Bad ${name} parameter syntax`);

const PARAMETERS: readonly Parameter[] = [
  { name: 'SIZE', read: readSize },
  { name: 'BODY', isKnown: () => true, read: readBody },
  {
    name: 'SMTPUTF8',
    isKnown: mayUseSmtputf8,
    read(_value, into) {
      into.smtputf8 = true;
      return undefined;
    },
  },
  {
    name: 'AUTH',
    read(value, into) {
      const said = into.auth ?? '<>'; // Postfix: smtpd_sasl_mail_opt
      if (said !== '<>') return reply(503, '5.5.4', 'Error: multiple AUTH= options');
      into.auth = value;
      return undefined;
    },
  },
  {
    name: 'RET',
    read(value, into, talk) {
      if (talk.discarded.has('dsn')) return DSN_DISABLED;
      const wanted = value.toUpperCase();
      if (into.ret !== undefined || (wanted !== 'FULL' && wanted !== 'HDRS')) return badSyntax('RET');
      into.ret = wanted;
      return undefined;
    },
  },
  {
    name: 'ENVID',
    read(value, into, talk) {
      if (talk.discarded.has('dsn')) return DSN_DISABLED;
      const decoded = decodeXtext(value);
      if (into.envid !== undefined || decoded === undefined || !/^[\t -~]+$/.test(decoded))
        return badSyntax('ENVID');
      into.envid = value;
      return undefined;
    },
  },
];

function readParameters(talk: Conversation, texts: readonly string[]): SenderOptions | Reply {
  const into: Writable = {};
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = (equals < 0 ? text : text.slice(0, equals)).toUpperCase();
    const parameter = PARAMETERS.find((row) => row.name === name && (row.isKnown?.(talk) ?? true));
    const hasValue = name === 'SMTPUTF8' ? equals < 0 : equals >= 0;
    const problem =
      parameter && hasValue ? parameter.read(text.slice(equals + 1), into, talk) : unsupported(text);
    if (problem) return problem;
  }
  const limit = talk.options.messageSizeLimit;
  return limit > 0 && (talk.declaredSizeBytes ?? 0) > limit
    ? reply(552, '5.3.4', 'Message size exceeds fixed limit')
    : into;
}

function unsupported(text: string): Reply {
  return reply(555, '5.5.4', `Unsupported option: ${text}`);
}

function readSize(value: string, into: Writable, talk: Conversation): Reply | undefined {
  if (!/^\d+$/.test(value)) return reply(501, '5.5.4', 'Bad message size syntax');
  if (!Number.isSafeInteger(Number(value))) {
    talk.declaredSizeBytes = undefined;
    return reply(552, '5.3.4', 'Message size exceeds file system imposed limit');
  }
  into.size = Number(value);
  talk.declaredSizeBytes = into.size;
  return undefined;
}

/** BINARYMIME is not offered: lines are what the checks and most next hops know. */
function readBody(value: string, into: Writable): Reply | undefined {
  const wanted = value.toUpperCase();
  if (wanted !== '7BIT' && wanted !== '8BITMIME') return unsupported(`BODY=${value}`);
  into.body = wanted;
  return undefined;
}

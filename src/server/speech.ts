/**
 * From a line to a verb: what must be right about any command before its verb sees it, and what becomes of lines that
 * are no commands. RFC 5321 4.1.1, RFC 2920. Parameters: smtpd_noop_commands, smtpd_forbidden_commands,
 * smtpd_command_filter, smtpd_forbid_bare_newline, smtpd_forbid_unauth_pipelining, smtpd_tls_security_level.
 */
import { nameAddress } from '../mail/client.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets, isCleanText } from '../mail/octets.ts';
import { type Reply, reply } from '../mail/reply.ts';
import { commandWords, type Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import type { Line } from './line-buffer.ts';
import { findVerb, type Verb } from './verbs.ts';

const BAD_UTF8 = reply(500, '5.5.2', 'Error: bad UTF-8 syntax');
const BAD_SYNTAX = reply(500, '5.5.2', 'Error: bad syntax');
const NOT_RECOGNIZED = reply(500, '5.5.2', 'Error: command not recognized');
const TLS_FIRST = reply(530, '5.7.0', 'Must issue a STARTTLS command first');
const OUT_OF_STEP = reply(554, '5.5.0', 'Error: SMTP protocol synchronization');
const GOODBYE = reply(221, '2.7.0', 'Error: I can break rules, too. Goodbye.');
/** The same to clients that are barred. `Postfix: postscreen_smtpd.c`. */
const BARRED = {
  notRecognized: reply(502, '5.5.2', 'Error: command not recognized'),
  goodbye: reply(521, '5.7.0', 'Error: I can break rules, too. Goodbye.'),
};
const NOOP_DONE = reply(250, '2.0.0', 'Ok');

/** Performs one line of the client; resolves when its reply is said. */
export function performLine(talk: Conversation, { bytes, bare }: Line): MaybePromise<unknown> {
  const { options } = talk;
  if (bare && options.bareNewlines === 'reject' && !talk.acceptsBareNewlines) return bareNewline(talk);
  const nul = bytes.indexOf(0); // Postfix: where a string ends
  const line = decodeOctets(nul < 0 ? bytes : bytes.subarray(0, nul));
  if (options.smtputf8Enable && !isCleanText(line)) return rejected(talk, BAD_UTF8);
  return options.commandFilter ? filtered(talk, line) : execute(talk, line);
}

async function rejected(talk: Conversation, answer: Reply): Promise<void> {
  await talk.reply(answer);
  talk.countError();
}

function bareNewline(talk: Conversation): Promise<void> {
  const { bareNewlineRejectCode, myhostname } = talk.options;
  talk.close();
  return rejected(talk, reply(bareNewlineRejectCode, '5.5.2', `${myhostname} Error: bare <LF> received`));
}

async function filtered(talk: Conversation, line: string): Promise<void> {
  await execute(talk, (await talk.options.commandFilter?.(line.trimStart())) ?? line);
}

function execute(talk: Conversation, line: string): MaybePromise<unknown> {
  const words = commandWords(line);
  const [first] = words;
  if (!first) return rejected(talk, BAD_SYNTAX);
  const isNoop = talk.options.noopCommands.has(first.text);
  if (!isPromise(isNoop)) return executeWord(talk, first.text, words, line, isNoop);
  return isNoop.then((noop) => executeWord(talk, first.text, words, line, noop));
}

function executeWord(
  talk: Conversation,
  word: string,
  words: readonly Word[],
  line: string,
  isNoop: boolean,
): MaybePromise<unknown> {
  if (isNoop) {
    talk.say(NOOP_DONE);
    talk.countJunk();
    return true;
  }
  const found = findVerb(word);
  const verb = talk.barred && found?.isKeptFromBarred ? undefined : found;
  talk.counts.tried(verb?.name);
  if (!verb) return unknownWord(talk, word);
  return obstacle(talk, verb) ?? perform(talk, verb, words, line);
}

/** What keeps a verb from being heard: a denied client, the duty to encrypt, commands sent too early. */
function obstacle(talk: Conversation, verb: Verb): MaybePromise<unknown> | undefined {
  const { options, session } = talk;
  if (talk.denied && verb.name !== 'QUIT') return rejected(talk, accessDenied(talk));
  if (options.tls?.required && !session.tls && !verb.beforeTls) return rejected(talk, TLS_FIRST);
  talk.stage = verb.name;
  if (talk.barred) return verb.bringsMessage ? talk.barred.refuseMessage(talk, verb) : undefined;
  if ((session.protocol !== 'ESMTP' || verb.lastInGroup) && talk.hasInput) return badPipelining(talk);
  return undefined;
}

/** RFC 2920 3.1. The fact is noted; what follows of it is decided by reject_unauth_pipelining. */
function badPipelining(talk: Conversation): MaybePromise<unknown> | undefined {
  const { options, session, stage } = talk;
  if (session.unauthorizedPipelining) return undefined;
  session.unauthorizedPipelining = true;
  const what = `improper command pipelining after ${stage} from ${nameAddress(session.client)}`;
  options.log.info(`${what}: ${talk.peekInput(100)}`);
  if (!options.forbidUnauthPipelining) return undefined;
  talk.close();
  return talk.reply(OUT_OF_STEP);
}

function perform(
  talk: Conversation,
  verb: Verb,
  words: readonly Word[],
  line: string,
): MaybePromise<unknown> {
  const done = verb.perform(talk, words, line);
  return isPromise(done) ? done.then((result) => performed(talk, verb, result)) : performed(talk, verb, done);
}

function performed(talk: Conversation, verb: Verb, done: Done): true {
  if (done === 'ok') talk.counts.succeeded(verb.name);
  else if (done === 'error') talk.countError();
  if (verb.isJunk) talk.countJunk();
  return true;
}

/** A web browser, a header, nonsense. `Postfix: smtpd_forbidden_commands`. */
async function unknownWord(talk: Conversation, word: string): Promise<void> {
  const { options, session } = talk;
  talk.stage = 'UNKNOWN';
  const isHeader = /^[\x21-\x39\x3b-\x7e]+:/.test(word);
  if (isHeader || (await options.forbiddenCommands.has(word))) {
    options.log.warn(`non-SMTP command from ${nameAddress(session.client)}: ${word.slice(0, 100)}`);
    talk.say(talk.barred ? BARRED.goodbye : GOODBYE);
    talk.close();
  } else await rejected(talk, notRecognized(talk));
}

function notRecognized(talk: Conversation): Reply {
  if (talk.denied) return accessDenied(talk);
  return talk.barred ? BARRED.notRecognized : NOT_RECOGNIZED;
}

function accessDenied({ session }: Conversation): Reply {
  return reply(503, '5.7.0', `Error: access denied for ${nameAddress(session.client)}`);
}

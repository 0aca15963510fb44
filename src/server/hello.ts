/** HELO and EHLO: the client's name, and what we offer. RFC 5321 4.1.1.1, RFC 1869. */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { multiline, printable, reply } from '../mail/reply.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import type { SaslService } from './service.ts';

/** Characters that could spoil a header field or a log line. `Postfix: NEUTER_CHARACTERS`. */
export function neutered(text: string): string {
  return printable(text, '?').replace(/[ <>()\\";@]/g, '?');
}

export function helo(talk: Conversation, words: readonly Word[]): MaybePromise<Done> {
  const done = greet(talk, words, 'HELO');
  return isPromise(done) ? done.then((name) => answerHelo(talk, name)) : answerHelo(talk, done);
}

function answerHelo(talk: Conversation, isKnown: boolean): Done {
  if (!isKnown) return 'error';
  talk.say(reply(250, '', talk.options.myhostname));
  return 'ok';
}

export function ehlo(talk: Conversation, words: readonly Word[]): MaybePromise<Done> {
  const done = greet(talk, words, 'EHLO');
  return isPromise(done) ? done.then((isKnown) => answerEhlo(talk, isKnown)) : answerEhlo(talk, done);
}

function answerEhlo(talk: Conversation, isKnown: boolean): MaybePromise<Done> {
  if (!isKnown) return 'error';
  talk.session.protocol = 'ESMTP';
  const keywords = offers(talk);
  return isPromise(keywords) ? keywords.then((list) => sayEhlo(talk, list)) : sayEhlo(talk, keywords);
}

function sayEhlo(talk: Conversation, keywords: readonly string[]): Done {
  talk.say(multiline(250, [talk.options.myhostname, ...keywords]));
  return 'ok';
}

/** Takes the name down; false when it was refused. */
function greet(talk: Conversation, words: readonly Word[], verb: 'HELO' | 'EHLO'): MaybePromise<boolean> {
  if (words.length < 2) return talk.refuse(reply(501, '', `Syntax: ${verb} hostname`)).then(() => false);
  const name = words
    .slice(1)
    .map((word) => word.text)
    .join(' ');
  const refusal = talk.gateway.helo(talk.visit, name, verb);
  if (isPromise(refusal)) return refusal.then((answer) => accept(talk, name, answer));
  return accept(talk, name, refusal);
}

function accept(talk: Conversation, name: string, refusal: Awaited<ReturnType<typeof talk.gateway.helo>>) {
  if (refusal) return talk.reply(refusal).then(() => false);
  talk.resetMail();
  talk.session.helo = neutered(name);
  return true;
}

/** The rows of EHLO, in Postfix's order; undefined: not offered to this client now. */
const OFFERS: readonly {
  keyword: string;
  text(talk: Conversation): MaybePromise<string | string[] | undefined>;
}[] = [
  { keyword: 'pipelining', text: () => 'PIPELINING' },
  { keyword: 'size', text: sizeOffer },
  { keyword: 'vrfy', text: ({ options }) => (options.vrfyDisabled ? undefined : 'VRFY') },
  { keyword: 'etrn', text: () => 'ETRN' },
  {
    keyword: 'starttls',
    text: ({ options, session }) => (options.tls && !session.tls ? 'STARTTLS' : undefined),
  },
  { keyword: 'auth', text: (talk) => (talk.options.sasl ? authOffer(talk, talk.options.sasl) : undefined) },
  { keyword: 'xclient', text: ({ mayXclient }) => (mayXclient ? XCLIENT : undefined) },
  { keyword: 'xforward', text: ({ mayXforward }) => (mayXforward ? XFORWARD : undefined) },
  { keyword: 'enhancedstatuscodes', text: () => 'ENHANCEDSTATUSCODES' },
  { keyword: '8bitmime', text: () => '8BITMIME' },
  { keyword: 'dsn', text: () => 'DSN' },
  { keyword: 'smtputf8', text: ({ options }) => (options.smtputf8Enable ? 'SMTPUTF8' : undefined) },
  { keyword: 'chunking', text: () => 'CHUNKING' },
];

const XCLIENT = 'XCLIENT NAME ADDR PROTO HELO REVERSE_NAME PORT LOGIN DESTADDR DESTPORT';
const XFORWARD = 'XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT';

function offers(talk: Conversation): MaybePromise<string[]> {
  const texts = OFFERS.filter(({ keyword }) => !talk.discarded.has(keyword)).map((offer) => offer.text(talk));
  if (texts.some(isPromise)) return Promise.all(texts).then(flat);
  return flat(texts as (string | string[] | undefined)[]);
}

function flat(texts: readonly (string | string[] | undefined)[]): string[] {
  return texts.flatMap((text) => text ?? []);
}

/** The smaller of our limit and the next hop's. RFC 1870. */
function sizeOffer({ options }: Conversation): string {
  const limits = [options.messageSizeLimit, options.nextHopSizeLimit() ?? 0].filter((limit) => limit > 0);
  return limits.length > 0 ? `SIZE ${Math.min(...limits)}` : 'SIZE';
}

async function authOffer({ session }: Conversation, sasl: SaslService): Promise<string[] | undefined> {
  if ((sasl.needsTls(session.client) && !session.tls) || (await sasl.exceptions.has(session.client)))
    return undefined;
  const mechanisms = (await sasl.server.mechanisms(session)).join(' ');
  if (mechanisms === '') return undefined;
  return sasl.oldForm ? [`AUTH ${mechanisms}`, `AUTH=${mechanisms}`] : [`AUTH ${mechanisms}`];
}

/**
 * One client's conversation: reads lines, hands them to the verbs, writes replies in order, and lets go when time, errors
 * or the client's patience run out. RFC 5321, RFC 2920. `Postfix: smtpd.c, smtpd_chat.c`.
 * It knows the wire and the order of things; what is allowed is decided behind gateway.ts.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Visit } from '../gateway.ts';
import { nameAddress } from '../mail/client.ts';
import type { Envelope } from '../mail/envelope.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets, isCleanText } from '../mail/octets.ts';
import { endsSession, type Reply, reply, replyBytes } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { Chunks } from './bdat.ts';
import type { Body } from './body.ts';
import { commandWords, type Word } from './command.ts';
import { CommandCounts } from './command-counts.ts';
import { LineBuffer } from './line-buffer.ts';
import type { ServiceOptions } from './service.ts';
import { sessions } from './sessions.ts';
import { findVerb, type Verb } from './verbs.ts';

/** What a verb leaves behind: done, or an error that counts. */
export type Done = 'ok' | 'error';

/** Bytes of input kept while the client is ahead of us; then we stop reading. */
const MAX_AHEAD = 262_144;
/** Bytes of replies a client may leave unread before it is dropped. */
const MAX_UNREAD = 262_144;

export class Conversation {
  readonly options: ServiceOptions;
  readonly visit: Visit;
  readonly counts = new CommandCounts();
  socket: Socket;
  envelope: Envelope | undefined;
  /** Recipients refused since the limit was reached. */
  overshoot = 0;
  /** EHLO keywords that are not offered to this client. */
  discarded: ReadonlySet<string> = new Set();
  mayXclient = false;
  mayXforward = false;
  /** A refusal at connect; only QUIT is heard from then on. */
  denied: Reply | undefined;
  /** The command (or event) in hand, for log lines. */
  stage = 'CONNECT';
  /** Where message bytes go while they come in. */
  body: Body | undefined;
  /** BDAT has begun: what it has brought so far. */
  chunks: Chunks | undefined;
  /** Takes the next line instead of the verbs (AUTH). */
  nextLine: ((line: string | undefined) => Promise<Done>) | undefined;
  #errors = 0;
  #junk = 0;
  #input: LineBuffer;
  #busy = false;
  #closing = false;
  #closed = false;
  #out = '';
  #lostReason: string | undefined;
  #inputEnded = false;
  /** The message is complete: it is handed on even if the client does not wait for the answer. */
  isFinishing = false;
  /** When patience ends, milliseconds since 1970. */
  deadline = Number.POSITIVE_INFINITY;

  constructor(socket: Socket, session: Session, options: ServiceOptions) {
    this.socket = socket;
    this.options = options;
    this.visit = { session, postponed: {}, ledgerId: session.id, consignment: undefined };
    this.#input = new LineBuffer(options.lineLengthLimit);
    this.attach(socket);
    sessions.add(this);
  }

  get session(): Session {
    return this.visit.session;
  }

  get isChunking(): boolean {
    return this.chunks !== undefined;
  }

  get isOver(): boolean {
    return this.#closing || this.#closed;
  }

  /** Listens to a socket: at the start, and to the encrypted one after STARTTLS. */
  attach(socket: Socket): void {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.take(chunk));
    socket.on('end', () => this.#inputEnds());
    socket.on('error', () => this.#clientLeft());
    socket.on('close', () => this.#clientLeft());
  }

  /** Runs the opening (names, limits, greeting) before any command is looked at. */
  open(opening: () => Promise<void>): void {
    this.#run(opening());
  }

  /** The words of a refusal or success; the last one of a session closes it. */
  async reply(answer: Reply): Promise<void> {
    let finished: MaybePromise<Reply> = answer;
    if (answer.code >= 400) {
      finished = this.options.finishReply(answer, { session: this.session, ledgerId: this.visit.ledgerId });
      if (isPromise(finished)) finished = await finished;
    }
    if (this.#errors >= this.options.softErrorLimit && this.options.errorSleepMs > 0) {
      this.flush();
      await sleep(this.options.errorSleepMs);
    }
    this.say(finished);
  }

  /** A verb's refusal: it counts as an error. */
  async refuse(answer: Reply): Promise<Done> {
    await this.reply(answer);
    return 'error';
  }

  /** Puts a reply into the line; it goes out when the input at hand is worked off. */
  say(answer: Reply): void {
    this.#out += replyBytes(answer);
    if (endsSession(answer)) this.close();
  }

  /** Closes after what was said has gone out. */
  close(): void {
    this.#closing = true;
  }

  /** Breaks off without a word. */
  drop(): void {
    this.#closing = true;
    this.#out = '';
    this.socket.destroy();
  }

  flush(): void {
    if (this.#out === '' || this.socket.destroyed) return;
    const text = this.#out;
    this.#out = '';
    this.socket.write(text);
    if (this.socket.writableLength > MAX_UNREAD) this.socket.destroy(); // does not read its replies
  }

  /** Input that came before the session was encrypted is not to be trusted. RFC 3207 4.2. */
  forgetInput(): void {
    this.#input = new LineBuffer(this.options.lineLengthLimit);
  }

  /** Whether more input is here already. */
  get hasInput(): boolean {
    return !this.#input.isEmpty;
  }

  /** A mail went through: earlier errors are forgiven. */
  forgive(): void {
    this.#errors = 0;
    this.#junk = 0;
  }

  countError(): void {
    this.#errors += 1;
  }

  /** The transaction is over: RSET, a new HELO, the end of the message, the end of the session. */
  resetMail(): void {
    this.body?.abandon();
    this.body = undefined;
    this.chunks?.abandon();
    this.chunks = undefined;
    this.envelope = undefined;
    this.overshoot = 0;
    this.options.gateway.letGo(this.visit);
  }

  /** Time is up. */
  timeOut(): void {
    if (this.#closed) return;
    this.#lostReason = 'timeout';
    if (!this.#closing) {
      this.say(reply(421, '4.4.2', `${this.options.myhostname} Error: timeout exceeded`));
      this.flush();
    }
    this.socket.end();
    this.socket.destroySoon();
    this.#clientLeft();
  }

  /** The service shuts down or reloads: idle clients are told, busy ones finish what they have begun. */
  drain(): void {
    if (this.#closed || this.#busy || this.body || this.envelope) return;
    this.say(reply(421, '4.3.2', `${this.options.myhostname} Service shutting down`));
    this.flush();
    this.socket.end();
  }

  get isIdle(): boolean {
    return !this.#busy && !this.body && !this.envelope;
  }

  /** Input from the wire, or what was left behind a PROXY header. */
  take(chunk: Buffer): void {
    if (this.isOver) return;
    this.#input.push(chunk);
    if (this.#busy) {
      if (this.#input.bytes > MAX_AHEAD) this.socket.pause();
      return;
    }
    this.#pump();
  }

  #pump(): void {
    while (!this.#busy && !this.isOver) {
      const step = this.body ? this.#takeBody(this.body) : this.#takeLine();
      if (step === undefined) break;
      if (isPromise(step)) {
        this.#run(step);
        return;
      }
    }
    this.#settle();
  }

  /** Works on something that takes time; input waits. */
  #run(work: Promise<unknown>): void {
    this.#busy = true;
    this.deadline = Number.POSITIVE_INFINITY; // what we wait for ourselves has deadlines of its own
    work.then(
      () => this.#resume(),
      (error: unknown) => this.#failed(error),
    );
  }

  #resume(): void {
    this.#busy = false;
    if (this.#closed) return;
    if (this.socket.isPaused()) this.socket.resume();
    this.#pump();
  }

  /** The client has nothing more to say, but may still listen. */
  #inputEnds(): void {
    this.#inputEnded = true;
    if (!this.#busy && !this.#closed) this.#settle();
  }

  #settle(): void {
    this.flush();
    if (this.#inputEnded && !this.#busy && !this.#closing) {
      this.#lostReason = 'lost connection';
      this.#closing = true;
    }
    if (this.#closing) this.socket.end(() => this.socket.destroySoon());
    else if (!this.#busy) this.deadline = Date.now() + this.options.timeoutMs;
  }

  /** A bug ends this session, and no mail passes. */
  #failed(error: unknown): void {
    this.#busy = false;
    this.options.log.error(`internal error in ${this.stage} from ${nameAddress(this.session.client)}`, {
      error: error instanceof Error ? error.stack : String(error),
    });
    this.resetMail();
    if (this.#closed) return;
    this.say(reply(421, '4.3.0', `${this.options.myhostname} Server local error`));
    this.#settle();
  }

  #takeBody(body: Body): MaybePromise<unknown> | undefined {
    const chunk = this.#input.takeAll();
    if (!chunk) return undefined;
    const { consumed, wait } = body.take(chunk);
    if (consumed < chunk.length) this.#input.unshift(chunk.subarray(consumed));
    return wait ?? true;
  }

  #takeLine(): MaybePromise<unknown> | undefined {
    if (this.#errors >= this.options.hardErrorLimit) {
      this.#lostReason = 'too many errors';
      this.say(reply(421, '4.7.0', `${this.options.myhostname} Error: too many errors`));
      return undefined;
    }
    const line = this.#input.takeLine();
    if (line === undefined) return undefined;
    if (this.nextLine) return this.#takeAnswer(this.nextLine, line.bytes);
    return this.#command(line.bytes, line.bare);
  }

  /** The line belongs to the verb before. */
  async #takeAnswer(take: NonNullable<Conversation['nextLine']>, bytes: Buffer | undefined): Promise<void> {
    this.nextLine = undefined;
    const done = await take(bytes && decodeOctets(bytes));
    if (done === 'error') this.#errors += 1;
  }

  #command(bytes: Buffer | undefined, bare: boolean): MaybePromise<unknown> {
    const { options } = this;
    if (!bytes) return this.#reject(reply(500, '5.5.2', 'Error: line too long'));
    if (bare && options.bareNewlines === 'reject' && !this.acceptsBareNewlines)
      return this.#refuseBareNewline();
    const line = decodeOctets(bytes);
    if (options.smtputf8Enable && !isCleanText(line))
      return this.#reject(reply(500, '5.5.2', 'Error: bad UTF-8 syntax'));
    if (line.includes('\0')) return this.#reject(reply(500, '5.5.2', 'Error: bad syntax'));
    if (!options.commandFilter) return this.#execute(line);
    return this.#filtered(line);
  }

  /** The client stands in smtpd_forbid_bare_newline_exclusions. */
  acceptsBareNewlines = false;

  #refuseBareNewline(): MaybePromise<unknown> {
    this.close();
    return this.#reject(
      reply(
        this.options.bareNewlineRejectCode,
        '5.5.2',
        `${this.options.myhostname} Error: bare <LF> received`,
      ),
    );
  }

  async #filtered(line: string): Promise<void> {
    await this.#execute((await this.options.commandFilter?.(line.trimStart())) ?? line);
  }

  #execute(line: string): MaybePromise<unknown> {
    const words = commandWords(line);
    const [first] = words;
    if (!first) return this.#reject(reply(500, '5.5.2', 'Error: bad syntax'));
    const verb = findVerb(first.text);
    const early = this.#beforeVerb(first.text, verb);
    return early ?? (verb ? this.#perform(verb, words, line) : this.#unknown(first.text));
  }

  /** What comes before any command: noop commands, a denied client, the duty to encrypt, bad pipelining. */
  #beforeVerb(word: string, verb: Verb | undefined): MaybePromise<unknown> | undefined {
    const { options } = this;
    const isNoop = options.noopCommands.has(word);
    if (isNoop === true) return this.#noop();
    this.counts.tried(verb?.name);
    if (this.denied && verb?.name !== 'QUIT' && verb) {
      return this.#reject(
        reply(503, '5.7.0', `Error: access denied for ${nameAddress(this.session.client)}`),
      );
    }
    if (!verb) return undefined;
    if (options.tls?.required && !this.session.tls && !verb.beforeTls) {
      return this.#reject(reply(530, '5.7.0', 'Must issue a STARTTLS command first'));
    }
    this.stage = verb.name;
    if ((this.session.protocol !== 'ESMTP' || verb.lastInGroup) && this.hasInput)
      return this.#badPipelining();
    return undefined;
  }

  /** RFC 2920 3.1. The fact is noted; what follows of it is decided by reject_unauth_pipelining. */
  #badPipelining(): MaybePromise<unknown> | undefined {
    if (this.session.unauthorizedPipelining) return undefined;
    this.session.unauthorizedPipelining = true;
    this.options.log.info(
      `improper command pipelining after ${this.stage} from ${nameAddress(this.session.client)}: ${this.#input.peek(100)}`,
    );
    if (!this.options.forbidUnauthPipelining) return undefined;
    this.close();
    return this.reply(reply(554, '5.5.0', 'Error: SMTP protocol synchronization'));
  }

  #noop(): MaybePromise<unknown> {
    this.say(reply(250, '2.0.0', 'Ok'));
    this.#countJunk();
    return true;
  }

  #perform(verb: Verb, words: readonly Word[], line: string): MaybePromise<unknown> {
    const done = verb.perform(this, words, line);
    return isPromise(done)
      ? done.then((result) => this.#performed(verb, result))
      : this.#performed(verb, done);
  }

  #performed(verb: Verb, done: Done): true {
    if (done === 'ok') this.counts.succeeded(verb.name);
    else this.#errors += 1;
    if (verb.isJunk) this.#countJunk();
    return true;
  }

  #countJunk(): void {
    if (this.#junk > this.options.junkCommandLimit) this.#errors += 1;
    this.#junk += 1;
  }

  async #unknown(word: string): Promise<void> {
    this.stage = 'UNKNOWN';
    const isHeader = /^[\x21-\x39\x3b-\x7e]+:/.test(word);
    if (isHeader || (await this.options.forbiddenCommands.has(word))) {
      this.options.log.warn(
        `non-SMTP command from ${nameAddress(this.session.client)}: ${word.slice(0, 100)}`,
      );
      this.say(reply(221, '2.7.0', 'Error: I can break rules, too. Goodbye.'));
      this.close();
      return;
    }
    await this.#reject(
      this.denied
        ? reply(503, '5.7.0', `Error: access denied for ${nameAddress(this.session.client)}`)
        : reply(500, '5.5.2', 'Error: command not recognized'),
    );
  }

  async #reject(answer: Reply): Promise<void> {
    await this.reply(answer);
    this.#errors += 1;
  }

  #clientLeft(): void {
    if (this.#closed) return;
    this.#closed = true;
    sessions.delete(this);
    this.#tellEnd();
    if (!this.isFinishing) this.resetMail();
    this.options.limits.release(this.session.client);
    if (!this.socket.destroyed) this.socket.destroySoon();
  }

  #tellEnd(): void {
    const { journal } = this.options;
    const reason = this.#lostReason ?? (this.#closing ? undefined : 'lost connection');
    if (reason) journal.lost(this.session, this.envelope, reason, this.stage);
    journal.disconnected(this.session, this.counts.text());
  }
}

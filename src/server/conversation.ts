/**
 * One client's conversation: takes input in its order, has it performed, says the replies, and lets go when time, errors
 * or the client's patience run out. RFC 5321. `Postfix: smtpd.c, smtpd_chat.c`.
 * What a line means stands in speech.ts and verbs.ts; what is allowed is decided behind gateway.ts.
 */
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MailGate, Visit } from '../gateway.ts';
import { type Client, nameAddress } from '../mail/client.ts';
import type { Envelope } from '../mail/envelope.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets } from '../mail/octets.ts';
import { endsSession, type Reply, reply, replyBytes } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import type { ScreenLog } from '../record/screen-log.ts';
import { Story } from '../record/story.ts';
import type { Barred } from './barred.ts';
import type { Chunks } from './bdat.ts';
import type { Body } from './body.ts';
import { CommandCounts } from './command-counts.ts';
import type { Line } from './line-buffer.ts';
import { Patience } from './patience.ts';
import type { ServiceOptions } from './service.ts';
import { sessions } from './sessions.ts';
import { performLine } from './speech.ts';
import { Wire } from './wire.ts';

/** What a verb leaves behind: done, an error that counts, or a question to the client that its next line answers. */
export type Done = 'ok' | 'error' | 'asked';

export class Conversation {
  readonly options: ServiceOptions;
  readonly visit: Visit;
  readonly counts = new CommandCounts();
  readonly wire: Wire;
  envelope: Envelope | undefined;
  /** SIZE= of MAIL; one that was refused leaves it to the next. `Postfix: mail_cmd` */
  declaredSizeBytes: number | undefined;
  /** Recipients refused since the limit was reached. */
  overshoot = 0;
  /** EHLO keywords that are not offered to this client. */
  discarded: ReadonlySet<string> = new Set();
  mayXclient = false;
  /** Decided when the client connects: XCLIENT changes nothing about it. */
  mayXforward: boolean | undefined;
  /** The client stands in smtpd_forbid_bare_newline_exclusions. */
  acceptsBareNewlines = false;
  /** The address that has connected, whoever XCLIENT says is the client. */
  readonly connectedFrom: string;
  /** The client whose connections this one was counted with. */
  counted: Client | undefined;
  /** A refusal at connect; only QUIT is heard from then on. */
  denied: Reply | undefined;
  /** The tests before the greeting are under way, or were failed: then they tell of the end. */
  screened: ScreenLog | undefined;
  /** They were failed: nothing is taken from this client. */
  barred: Barred | undefined;
  /** The command (or event) in hand, for log lines. */
  stage = 'CONNECT';
  /** Where message bytes go while they come in. */
  body: Body | undefined;
  /** BDAT has begun: what it has brought so far. */
  chunks: Chunks | undefined;
  /** Takes the next line instead of the verbs (AUTH); undefined: it was too long. */
  nextLine: ((line: string | undefined) => Promise<Done>) | undefined;
  /** The message is complete: it is handed on even if the client does not wait for the answer. */
  isFinishing = false;
  readonly #patience: Patience;
  #errors = 0;
  #junk = 0;
  #busy = false;
  #closing = false;
  #closed = false;
  #inputEnded = false;
  #lostReason: string | undefined;
  #stir: PromiseWithResolvers<void> | undefined;

  constructor(socket: Socket, session: Session, options: ServiceOptions) {
    this.options = options;
    const story = new Story(options.journal, session);
    this.visit = { session, postponed: {}, story, consignment: undefined };
    this.connectedFrom = session.client.address;
    this.#patience = new Patience(options.patience);
    this.wire = new Wire(socket, options.lineLengthLimit, {
      heard: () => this.#heard(),
      saidAll: () => this.#saidAll(),
      gone: () => this.#gone(),
    });
    sessions.add(this);
  }

  get session(): Session {
    return this.visit.session;
  }

  /** Who decides about this client's mail. */
  get gateway(): MailGate {
    return this.barred ?? this.options.gateway;
  }

  get isChunking(): boolean {
    return this.chunks !== undefined;
  }

  get isOver(): boolean {
    return this.#closing || this.#closed;
  }

  get isGone(): boolean {
    return this.#closed;
  }

  /** It is gone, has nothing more to say, or has to go: the service ends. */
  get isLeaving(): boolean {
    return this.#closed || this.#inputEnded || sessions.draining;
  }

  /** Whether more input is here already. */
  get hasInput(): boolean {
    return this.wire.hasInput;
  }

  /** Resolves when the client says something, or leaves, while we wait for something else. */
  stirred(): Promise<void> {
    if (this.hasInput || this.isLeaving) return Promise.resolve();
    this.#stir ??= Promise.withResolvers();
    return this.#stir.promise;
  }

  peekInput(bytes: number): string {
    return this.wire.peek(bytes);
  }

  get deadline(): number {
    return this.#patience.deadline;
  }

  /** Runs the opening (names, limits, greeting) before any command is looked at. */
  open(opening: () => Promise<void>): void {
    this.#busy = true; // what the opening hears has to wait, too
    this.#run(opening());
  }

  /** A refusal or success in its final words; the last one of a session closes it. */
  async reply(answer: Reply): Promise<void> {
    let finished: MaybePromise<Reply> = answer;
    if (answer.code >= 400) {
      const { envelope, session, visit } = this;
      const ledgerId = visit.story.idFor(answer, this.stage, envelope);
      finished = this.options.finishReply(answer, { session, envelope, ledgerId });
      if (isPromise(finished)) finished = await finished;
    }
    if (this.#errors >= this.options.softErrorLimit && this.options.errorSleepMs > 0) {
      this.wire.flush();
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
    this.wire.say(replyBytes(answer));
    if (endsSession(answer)) this.close();
  }

  /** Closes after what was said has gone out. */
  close(): void {
    this.#closing = true;
  }

  /** Breaks off without a word. `reason`: what the log says of it. */
  drop(reason?: string): void {
    this.#closing = true;
    this.#lostReason = reason;
    this.wire.drop();
  }

  /** A mail went through: earlier errors are forgiven. */
  forgive(): void {
    this.#errors = 0;
    this.#junk = 0;
  }

  countError(): void {
    this.#errors += 1;
  }

  /** `Postfix: smtpd_junk_command_limit`. */
  countJunk(): void {
    if (this.#junk > this.options.junkCommandLimit) this.#errors += 1;
    this.#junk += 1;
  }

  /** The transaction is over: RSET, a new HELO, the end of the message, the end of the session. */
  resetMail(): void {
    this.body?.abandon();
    this.body = undefined;
    this.chunks?.abandon();
    this.chunks = undefined;
    this.gateway.letGo(this.visit, this.envelope, this.stage);
    this.envelope = undefined;
    this.declaredSizeBytes = undefined;
    this.overshoot = 0;
    this.session.forwarded = undefined; // Postfix: XFORWARD is said of one mail
  }

  /** The connection counts no longer (for this client). */
  uncount(): void {
    if (this.counted) this.options.limits.release(this.counted);
    this.counted = undefined;
  }

  /** Time is up. */
  timeOut(): void {
    if (this.#closed) return;
    this.#lostReason = 'timeout';
    if (!this.#closing) {
      this.say(reply(421, '4.4.2', `${this.options.myhostname} Error: timeout exceeded`));
      this.wire.flush();
    }
    this.wire.endSoon();
    this.#gone();
  }

  /** The service ends: an idle client is told, a busy one when it has finished what it has begun. */
  drain(): void {
    this.#stirUp();
    if (!this.#busy && !this.isOver) this.#settle();
  }

  #heard(): void {
    this.#stirUp();
    if (this.isOver) return;
    if (this.#busy) this.wire.hold();
    else this.#pump();
  }

  #pump(): void {
    try {
      this.#workOff();
    } catch (error) {
      this.#failed(error);
    }
  }

  #workOff(): void {
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
    this.#patience.suspend();
    work.then(
      () => this.#resume(),
      (error: unknown) => this.#failed(error),
    );
  }

  #resume(): void {
    this.#busy = false;
    if (this.#closed) return;
    this.wire.resume();
    this.#patience.begin(Date.now());
    this.#pump();
  }

  #saidAll(): void {
    this.#inputEnded = true;
    this.#stirUp();
    if (!this.#busy && !this.#closed) this.#settle();
  }

  /** All input is worked off: says what there is to say, and waits for the client, or ends. */
  #settle(): void {
    if (sessions.draining && !this.#closing && !this.body && !this.envelope) {
      this.say(reply(421, '4.3.2', `${this.options.myhostname} Service shutting down`));
    }
    this.wire.flush();
    if (this.#inputEnded && !this.#closing) {
      this.#lostReason = 'lost connection';
      this.#closing = true;
    }
    if (this.#closing) this.wire.end();
    else if (this.#patience.deadline === Number.POSITIVE_INFINITY) this.#patience.begin(Date.now());
  }

  /** A bug ends this session, and no mail passes. */
  #failed(error: unknown): void {
    this.#busy = false;
    this.#logBug(error);
    const answer = reply(421, '4.3.0', `${this.options.myhostname} Server local error`);
    if (!this.#closed) this.say(answer);
    try {
      this.visit.story.idFor(answer, this.stage, this.envelope);
      this.resetMail();
    } catch (another) {
      this.#logBug(another);
    }
    if (!this.#closed) this.#settle();
  }

  #logBug(error: unknown): void {
    this.options.log.error(`internal error in ${this.stage} from ${nameAddress(this.session.client)}`, {
      error: error instanceof Error ? error.stack : String(error),
    });
  }

  #takeBody(body: Body): MaybePromise<unknown> | undefined {
    const chunk = this.wire.takeAll();
    if (!chunk) return undefined;
    this.#patience.heard(Date.now(), chunk.length);
    const { consumed, wait } = body.take(chunk);
    if (consumed < chunk.length) this.wire.putBack(chunk.subarray(consumed));
    return wait ?? true;
  }

  #takeLine(): MaybePromise<unknown> | undefined {
    if (this.#errors >= this.options.hardErrorLimit) {
      this.#lostReason = 'too many errors';
      this.say(reply(421, '4.7.0', `${this.options.myhostname} Error: too many errors`));
      return undefined;
    }
    const line = this.wire.takeLine(this.#mayBeLong() ? this.options.saslResponseLimit : undefined);
    if (line === undefined) {
      this.#patience.heard(Date.now(), 0);
      return undefined;
    }
    this.#patience.begin(Date.now());
    return this.nextLine ? this.#takeAnswer(this.nextLine, line) : performLine(this, line);
  }

  /** Whether the next line is about a login. */
  #mayBeLong(): boolean {
    if (this.nextLine) return true;
    return this.options.sasl?.longCommands === true && /^auth /i.test(this.wire.peek(5));
  }

  /** The line belongs to the verb before. */
  async #takeAnswer(take: NonNullable<Conversation['nextLine']>, { bytes, isCut }: Line): Promise<void> {
    this.nextLine = undefined;
    const done = await take(isCut ? undefined : decodeOctets(bytes));
    if (done === 'error') this.countError();
    else if (done === 'ok') this.counts.succeeded(this.stage);
  }

  #gone(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#stirUp();
    sessions.delete(this);
    this.uncount();
    this.wire.endSoon();
    this.#tellEnd();
    if (this.isFinishing) return;
    this.resetMail();
    this.visit.story.over(this.stage);
  }

  #stirUp(): void {
    this.#stir?.resolve();
    this.#stir = undefined;
  }

  #tellEnd(): void {
    const { journal } = this.options;
    const reason = this.#lostReason ?? (this.#closing ? undefined : 'lost connection');
    if (this.screened) this.screened.ended(reason, this.stage);
    else {
      if (reason) journal.lost(this.session, this.envelope, reason, this.stage);
      journal.disconnected(this.session, this.counts.text());
    }
  }
}

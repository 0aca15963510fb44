/**
 * The judges after DATA, in their order. While a message comes: those who read every byte, then the walk with header
 * and body checks, then the spool. When it is there: what its structure says, the verdicts of those who read every
 * byte, the findings of those who looked into its parts, the fields for its top, the signatures over all of it.
 * The first refusal or DISCARD ends everything. `Postfix: cleanup(8)`.
 * Parameters: receive_override_options (no_header_body_checks), after_queue; message-rules.ts has the others.
 */
import type { Envelope } from '../mail/envelope.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Message, MessageFacts } from '../mail/message.ts';
import { encodeOctets } from '../mail/octets.ts';
import { Refused } from '../mail/refused.ts';
import { reply } from '../mail/reply.ts';
import type { Session } from '../mail/session.ts';
import { builtIn, type Source } from '../mail/source.ts';
import type { Looked } from '../mail/trace.ts';
import type { Log } from '../record/log.ts';
import type { AfterQueueAction } from './after-queue.ts';
import type { CharacterSet } from './character-set.ts';
import { actOnContent } from './cleanup/content-actions.ts';
import type { MessageEdits } from './cleanup/message-edits.ts';
import type { Content, Incoming } from './content.ts';
import type { Finding } from './finding.ts';
import { Judgement } from './judgement.ts';
import type { MessageWalk } from './message-walk.ts';
import type { PartInspector } from './part.ts';
import type { RawReader, RawVerdict } from './raw-reader.ts';
import { Spool, type SpooledBytes, type SpoolOptions } from './spool.ts';
import { toppedBytes } from './topped-bytes.ts';

/** Whose mail it is. */
export interface MailOf {
  readonly session: Session;
  readonly envelope: Envelope;
}

/** A walk over one message. */
export interface BegunWalk {
  readonly walk: MessageWalk;
  /** What becomes of the message on the way. */
  readonly edits: MessageEdits;
  messageId(): string | undefined;
  /** The message is through: is its structure a reason to refuse it? */
  settle(): void;
}

/** Makes the walk; undefined: nothing in this message is looked at. */
export interface WalkMaker {
  begin(judgement: Judgement, inspectors: readonly PartInspector[]): BegunWalk | undefined;
}

export interface InspectionOptions {
  readonly spool: SpoolOptions;
  /** False with `no_header_body_checks`. */
  readonly checking: boolean;
  readonly afterQueue: AfterQueueAction | undefined;
  /** The parameters whose tables are asked: `header_checks`, ... */
  readonly checks: readonly { readonly check: string; readonly source: Source }[];
  readonly rules: WalkMaker;
  /** message_strip_characters */
  readonly stripped: CharacterSet | undefined;
  /** Those who read every byte, in the order in which their verdicts count; undefined: not this mail. */
  readonly readers: readonly ((mail: MailOf) => RawReader | undefined)[];
  /** Those who look into parts, in the order in which their findings count. */
  readonly inspectors: readonly ((mail: MailOf) => PartInspector | undefined)[];
  /** Our Received field, with line ends; it is checked like those that came. */
  receivedField(mail: MailOf): string;
  /** Fields over everything that is sent, such as signatures, without a line end; a later one stands above. */
  readonly sealers: readonly ((mail: MailOf, outgoing: SpooledBytes) => MaybePromise<readonly string[]>)[];
  /** So long may a verdict take when all bytes are there; each judge has a shorter deadline of its own. */
  readonly verdictTimeoutMs: number;
  readonly log: Log;
}

const NO_VERDICT = reply(451, '4.3.0', 'Error: content inspection takes too long');

export class Inspection implements Content {
  readonly #options: InspectionOptions;

  constructor(options: InspectionOptions) {
    this.#options = options;
  }

  begin(session: Session, envelope: Envelope): Incoming {
    return new InspectedMail({ session, envelope }, this.#options);
  }
}

class InspectedMail implements Incoming {
  readonly #options: InspectionOptions;
  readonly #mail: MailOf;
  readonly #judgement: Judgement;
  readonly #spool: Spool;
  readonly #readers: readonly RawReader[];
  readonly #inspectors: readonly PartInspector[];
  readonly #walk: BegunWalk | undefined;
  /** What stands above the message as it came, and is checked like it. */
  readonly #top: Buffer;
  /** Orders of this length stand at the top already. */
  readonly #prepended: number;
  #facts: MessageFacts = {};
  /** When all bytes were there. */
  #complete = 0;
  readonly #fields: string[] = [];
  /** What is still being done; rejects for good when something went wrong. */
  #busy: Promise<void> | undefined;
  #isClosed = false;

  constructor(mail: MailOf, options: InspectionOptions) {
    const { session, envelope } = mail;
    const { checking, afterQueue } = options;
    this.#options = options;
    this.#mail = mail;
    this.#judgement = new Judgement(session, envelope, { checking, afterQueue });
    this.#spool = new Spool(options.spool);
    this.#readers = options.readers.map((make) => make(mail)).filter((made) => made !== undefined);
    this.#inspectors = options.inspectors.map((make) => make(mail)).filter((made) => made !== undefined);
    this.#walk = options.rules.begin(this.#judgement, this.#inspectors);
    this.#prepended = envelope.orders.prepend.length;
    this.#top = encodeOctets(`${lines(envelope.orders.prepend)}${options.receivedField(mail)}`);
    if (this.#top.length > 0) this.#inTurn(() => this.#walk?.walk.write(this.#top))?.catch(() => {}); // finish() tells
  }

  write(chunk: Buffer): MaybePromise<void> {
    return this.#inTurn(() => this.#take(chunk));
  }

  async finish(): Promise<Message> {
    await this.#busy;
    await this.#walk?.walk.end();
    this.#walk?.settle();
    const bytes = () => this.#spool.chunks();
    this.#complete = performance.now();
    const verdicts = this.#readers.map((reader) => this.#inTime(reader.name, () => reader.finish(bytes)));
    const findings = this.#inspectors.map((one) => this.#inTime('parts', () => one.finish()));
    for (const [at, verdict] of verdicts.entries()) await this.#hear(this.#readers[at]?.name ?? '', verdict);
    for (const found of findings) await this.#weigh(found);
    this.#tellSilent();
    return this.#message();
  }

  close(): void {
    this.#isClosed = true;
    for (const judge of [...this.#readers, ...this.#inspectors]) judge.close();
    void this.#spool.close();
  }

  /** The next bytes: read by all, walked over, kept. */
  #take(chunk: Buffer): MaybePromise<void> {
    if (this.#isClosed) return;
    const stripped = this.#judgement.isChecking ? this.#options.stripped : undefined;
    return after(this.#read(chunk, 0), () => {
      const bytes = stripped ? stripped.stripped(chunk) : chunk;
      return after(this.#walk?.walk.write(bytes), () => this.#keep(bytes));
    });
  }

  #keep(bytes: Buffer): MaybePromise<void> {
    return this.#isClosed ? undefined : this.#spool.append(bytes);
  }

  #read(chunk: Buffer, from: number): MaybePromise<void> {
    if (this.#judgement.isOver) return;
    for (let at = from; at < this.#readers.length; at++) {
      const wait = this.#readers[at]?.write(chunk);
      if (isPromise(wait)) return wait.then(() => this.#read(chunk, at + 1));
    }
  }

  async #hear(name: string, awaited: Promise<RawVerdict>): Promise<void> {
    if (this.#judgement.isOver) return;
    const { facts, refusal, findings = [], fields = [], looked } = await awaited;
    if (looked) this.#tellRead(name, looked, refusal ? 'reject' : 'dunno');
    this.#facts = { ...this.#facts, ...facts };
    this.#fields.push(...fields);
    if (refusal) this.#judgement.refuse(refusal.reply, refusal.restriction, refusal.rule);
    this.#act(findings);
  }

  #tellRead(restriction: string, looked: readonly Looked[], verdict: string): void {
    const step = this.#judgement.tell({ restriction, source: builtIn, looked: [...looked], verdict });
    step.ms = performance.now() - this.#complete;
  }

  /** Checks that had nothing to say have been asked all the same. */
  #tellSilent(): void {
    if (!this.#judgement.isChecking) return;
    for (const { check, source } of this.#options.checks) {
      if (!this.#judgement.hasTold(check)) this.#judgement.tell({ restriction: check, source });
    }
  }

  async #weigh(awaited: Promise<readonly Finding[]>): Promise<void> {
    // PASS and REDIRECT end the checks of the operator's tables, not those of signatures and viruses
    if (this.#judgement.isChecking) this.#act(await awaited);
  }

  #act(findings: readonly Finding[]): void {
    for (const { check, action, source, evidence } of findings) {
      if (this.#judgement.isOver) return;
      const context = check.replace(/_checks$/, '');
      actOnContent(action, { check, context, evidence, source }, this.#judgement, this.#options.log);
    }
  }

  async #message(): Promise<Message> {
    const { refusal, envelope } = this.#judgement;
    const top = [...this.#fields, ...envelope.orders.prepend.slice(this.#prepended)];
    const unsealed = toppedBytes(encodeOctets(lines(top)), this.#edited());
    const outgoing = refusal ? unsealed : await this.#sealed(unsealed);
    return {
      refusal,
      messageId: this.#walk?.messageId(),
      facts: this.#facts,
      sizeBytes: outgoing.sizeBytes,
      chunks: () => outgoing.chunks(),
      asReceived: () => this.#spool.chunks(),
    };
  }

  /** The message with our Received field, after all changes. */
  #edited(): SpooledBytes {
    const whole = toppedBytes(this.#top, this.#spool);
    const edits = this.#walk?.edits;
    return edits ? { sizeBytes: edits.sizeBytes, chunks: () => edits.applied(whole.chunks()) } : whole;
  }

  async #sealed(unsealed: SpooledBytes): Promise<SpooledBytes> {
    let outgoing = unsealed;
    for (const seal of this.#options.sealers) {
      const fields = lines(await seal(this.#mail, outgoing));
      outgoing = toppedBytes(encodeOctets(fields), outgoing);
    }
    return outgoing;
  }

  /** One piece of work after the other, though the server does not wait for each. */
  #inTurn(work: () => MaybePromise<void>): MaybePromise<void> {
    const wait = this.#busy ? this.#busy.then(work) : work();
    if (!isPromise(wait)) return;
    this.#busy = wait;
    wait.then(
      () => {
        if (this.#busy === wait) this.#busy = undefined;
      },
      () => {},
    );
    return wait;
  }

  /** A judge's verdict; nobody waits for ever. Verdicts that nobody needs any more may fail unheard. */
  #inTime<T>(name: string, ask: () => MaybePromise<T>): Promise<T> {
    if (this.#judgement.isOver) return new Promise(() => {});
    const { promise: late, reject } = Promise.withResolvers<never>();
    const { verdictTimeoutMs } = this.#options;
    const timer = setTimeout(
      () => reject(new Refused(`${name}: no verdict in ${verdictTimeoutMs} ms`, NO_VERDICT)),
      verdictTimeoutMs,
    );
    const verdict = Promise.race([(async () => ask())(), late]).finally(() => clearTimeout(timer));
    verdict.catch(() => {});
    return verdict;
  }
}

function lines(fields: readonly string[]): string {
  return fields.map((field) => `${field}\r\n`).join('');
}

function after(first: MaybePromise<void>, next: () => MaybePromise<void>): MaybePromise<void> {
  return isPromise(first) ? first.then(next) : next();
}

/** Message bytes on their way from the wire into the judges' hands, until the end of data. */
import type { Arrival } from '../gateway.ts';
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { Refused } from '../mail/refused.ts';
import { type Reply, reply } from '../mail/reply.ts';
import type { Conversation } from './conversation.ts';
import { DataReader } from './data-reader.ts';

export interface Body {
  /** Takes bytes; how many of them, and what to wait for before the next. */
  take(chunk: Buffer): { consumed: number; wait: Promise<unknown> | undefined };
  abandon(): void;
}

/** A client that goes on this far beyond the limit is cut off. */
export const MOST_WASTE_BYTES = 50_000_000;

/** What is common to DATA and BDAT: counting, the size limit, and waiting for the spool. */
export class MessageSink {
  readonly #talk: Conversation;
  readonly #arrival: Arrival;
  #waiting: Promise<unknown> | undefined;
  #sizeBytes = 0;
  #isTooBig = false;
  #begun = false;
  /** The message cannot be kept; the rest is read and forgotten. */
  #refused: Reply | undefined;

  constructor(talk: Conversation, arrival: Arrival) {
    this.#talk = talk;
    this.#arrival = arrival;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  get isTooBig(): boolean {
    return this.#isTooBig;
  }

  write(bytes: Buffer): void {
    const limit = this.#talk.options.messageSizeLimit;
    this.#sizeBytes += bytes.length;
    if (limit > 0 && this.#sizeBytes > limit) this.#refuseMore(limit);
    else if (this.#begun) this.#pass(bytes);
    else this.#begin(bytes);
  }

  /** What has to be waited for before more is taken; asked once. */
  takeWaiting(): Promise<unknown> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  /** The message is complete, or as complete as it will get. */
  async finish(refusal: Reply | undefined): Promise<Reply> {
    const { envelope } = this.#talk;
    if (envelope) envelope.size = this.#sizeBytes;
    if (this.#isTooBig) return reply(552, '5.3.4', 'Error: message file too big');
    if (!refusal) await this.#waiting;
    const refused = refusal ?? this.#refused;
    if (!refused) return this.#arrival.end();
    this.#arrival.abandon(); // nobody will ask for what is kept of it
    return refused;
  }

  abandon(): void {
    this.#arrival.abandon();
  }

  /** A mailbox's `From ` line behind DATA, and a first line that looks like the rest of our own header. `Postfix: smtpd.c`. */
  #begin(bytes: Buffer): void {
    this.#begun = true;
    const first = bytes.subarray(0, 64).toString('latin1');
    if (!this.#talk.isChunking && /^>*From /.test(first)) this.#pass(Buffer.from('X-Mailbox-Line: '));
    else if (/^[ \t]/.test(first)) this.#pass(Buffer.from('\r\n'));
    this.#pass(bytes);
  }

  #pass(bytes: Buffer): void {
    if (this.#refused) return;
    const wait = this.#write(bytes);
    if (!isPromise(wait)) return;
    const safe = wait.catch((error: unknown) => this.#refuse(error));
    const earlier = this.#waiting;
    this.#waiting = earlier ? earlier.then(() => safe) : safe;
  }

  #write(bytes: Buffer): MaybePromise<void> {
    try {
      return this.#arrival.write(bytes);
    } catch (error) {
      return this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    if (!(error instanceof Refused)) throw error;
    this.#talk.options.log.error(error.message);
    this.#refused ??= error.reply;
  }

  #refuseMore(limit: number): void {
    if (!this.#isTooBig) this.#arrival.abandon();
    this.#isTooBig = true;
    if (this.#sizeBytes > limit + MOST_WASTE_BYTES) this.#talk.drop();
  }
}

/** The bytes behind DATA. */
export class DataBody implements Body {
  readonly #talk: Conversation;
  readonly #sink: MessageSink;
  readonly #reader: DataReader;

  constructor(talk: Conversation, arrival: Arrival) {
    this.#talk = talk;
    this.#sink = new MessageSink(talk, arrival);
    const bare = talk.acceptsBareNewlines ? 'accept' : talk.options.bareNewlines;
    this.#reader = new DataReader(bare, (bytes) => this.#sink.write(bytes));
  }

  take(chunk: Buffer) {
    const end = this.#reader.take(chunk);
    if (end < 0) return { consumed: chunk.length, wait: this.#sink.takeWaiting() };
    return { consumed: end, wait: finishMessage(this.#talk, this.#sink, this.#bareRefusal()) };
  }

  abandon(): void {
    this.#sink.abandon();
  }

  #bareRefusal(): Reply | undefined {
    const { options, acceptsBareNewlines } = this.#talk;
    if (this.#reader.bareNewlines === 0 || options.bareNewlines !== 'reject' || acceptsBareNewlines)
      return undefined;
    return reply(options.bareNewlineRejectCode, '5.5.2', `${options.myhostname} Error: bare <LF> received`);
  }
}

/** Gets the answer for the whole message and ends the transaction. */
export async function finishMessage(
  talk: Conversation,
  sink: MessageSink,
  refusal: Reply | undefined,
): Promise<void> {
  talk.stage = 'END-OF-MESSAGE';
  talk.isFinishing = true;
  const answer = await sink.finish(refusal);
  talk.isFinishing = false;
  talk.body = undefined;
  if (answer.code < 400) talk.forgive();
  await talk.reply(answer);
  if (answer.code >= 400) talk.countError();
  if (!talk.envelope?.isRefusedAtEnd) talk.resetMail();
  else if (talk.chunks) talk.chunks.failed = true;
}

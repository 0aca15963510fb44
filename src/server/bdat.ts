/**
 * BDAT: the message in counted chunks. RFC 3030. `Postfix: bdat_cmd`. The next hop gets DATA.
 * After an error the chunks that were sent ahead are read and thrown away, so that client and server stay in step.
 */
import type { Arrival } from '../gateway.ts';
import { nameAddress } from '../mail/client.ts';
import { type Reply, reply, replyText } from '../mail/reply.ts';
import { type Body, finishMessage, MessageSink, MOST_WASTE_BYTES } from './body.ts';
import type { Word } from './command.ts';
import type { Conversation, Done } from './conversation.ts';
import { DataReader } from './data-reader.ts';

/** What the chunks of one message share. */
export class Chunks {
  readonly sink: MessageSink;
  readonly reader: DataReader;
  /** Set when a chunk was refused: the rest is thrown away. */
  failed = false;

  constructor(talk: Conversation, arrival: Arrival) {
    this.sink = new MessageSink(talk, arrival);
    const bare = talk.acceptsBareNewlines ? 'accept' : talk.options.bareNewlines;
    this.reader = new DataReader(bare, (bytes) => this.sink.write(bytes), 'counted');
  }

  abandon(): void {
    this.sink.abandon();
  }
}

interface Chunk {
  readonly bytes: number;
  readonly isLast: boolean;
}

export async function bdat(talk: Conversation, words: readonly Word[], line: string): Promise<Done> {
  if (talk.discarded.has('chunking'))
    return talk.refuse(reply(521, '5.5.1', 'Error: command not implemented'));
  const chunk = readChunk(words);
  if (!chunk) {
    const where = `${talk.envelope?.id ?? 'NOQUEUE'}: malformed BDAT command syntax`;
    talk.options.log.warn(`${where} from ${nameAddress(talk.session.client)}: ${line.slice(0, 100)}`);
    return talk.refuse(reply(521, '5.5.4', 'Syntax: BDAT count [LAST]'));
  }
  const refusal = await refusalOf(talk, chunk);
  talk.body = refusal ? new SkippedChunk(talk, chunk, refusal) : new WantedChunk(talk, chunk);
  const { wait } = talk.body.take(Buffer.alloc(0)); // an empty chunk is complete already
  await wait;
  return refusal ? 'error' : 'ok';
}

function readChunk(words: readonly Word[]): Chunk | undefined {
  const [, size, last] = words;
  if (!size || words.length > 3 || !/^\d+$/.test(size.text)) return undefined;
  if (last && last.text.toUpperCase() !== 'LAST') return undefined;
  const bytes = Number(size.text);
  return Number.isSafeInteger(bytes) ? { bytes, isLast: last !== undefined } : undefined;
}

/** Why the chunk is not wanted; begins the message with the first one. */
async function refusalOf(talk: Conversation, chunk: Chunk): Promise<Reply | undefined> {
  const { envelope, options } = talk;
  if (chunk.bytes === 0 && !chunk.isLast) return reply(551, '5.7.1', 'Null BDAT request');
  if (talk.chunks?.failed) return reply(551, '5.0.0', `Discarded ${chunk.bytes} bytes after earlier error`);
  if (!envelope || envelope.isRefusedAtEnd) return reply(503, '5.5.1', 'Error: need RCPT command');
  if (envelope.recipients.length === 0) return reply(554, '5.5.1', 'Error: no valid recipients');
  if (!talk.chunks) {
    const arrival = await talk.gateway.data(talk.visit, envelope, 'BDAT');
    if ('code' in arrival) return arrival;
    talk.chunks = new Chunks(talk, arrival);
    envelope.isChunked = true;
  }
  const limit = options.messageSizeLimit; // chunks that are too big together are refused at the end
  return limit > 0 && chunk.bytes > limit
    ? reply(552, '5.3.4', 'Chunk exceeds message size limit')
    : undefined;
}

class WantedChunk implements Body {
  readonly #talk: Conversation;
  readonly #chunk: Chunk;
  #left: number;

  constructor(talk: Conversation, chunk: Chunk) {
    this.#talk = talk;
    this.#chunk = chunk;
    this.#left = chunk.bytes;
  }

  take(bytes: Buffer) {
    const { chunks } = this.#talk;
    const mine = bytes.subarray(0, this.#left);
    this.#left -= mine.length;
    if (mine.length > 0) chunks?.reader.take(mine);
    const waiting = chunks?.sink.takeWaiting();
    return { consumed: mine.length, wait: this.#left === 0 && chunks ? this.#end(chunks, waiting) : waiting };
  }

  /** The message's memory belongs to the chunks together. */
  abandon(): void {}

  async #end(chunks: Chunks, waiting: Promise<unknown> | undefined): Promise<void> {
    await waiting;
    const talk = this.#talk;
    talk.body = undefined;
    if (!this.#chunk.isLast) return talk.say(reply(250, '2.0.0', `Ok: ${this.#chunk.bytes} bytes`));
    chunks.reader.finish();
    await finishMessage(talk, chunks.sink, bareRefusal(talk, chunks));
  }
}

function bareRefusal({ options, acceptsBareNewlines }: Conversation, { reader }: Chunks): Reply | undefined {
  if (reader.bareNewlines === 0 || options.bareNewlines !== 'reject' || acceptsBareNewlines) return undefined;
  return reply(options.bareNewlineRejectCode, '5.5.2', `${options.myhostname} Error: bare <LF> received`);
}

class SkippedChunk implements Body {
  readonly #talk: Conversation;
  readonly #chunk: Chunk;
  readonly #refusal: Reply;
  #left: number;

  constructor(talk: Conversation, chunk: Chunk, refusal: Reply) {
    this.#talk = talk;
    this.#chunk = chunk;
    this.#refusal = refusal;
    this.#left = chunk.bytes;
    const limit = talk.options.messageSizeLimit;
    if (limit > 0 && chunk.bytes > limit + MOST_WASTE_BYTES) this.#giveUp();
  }

  take(bytes: Buffer) {
    const mine = Math.min(bytes.length, this.#left);
    this.#left -= mine;
    return { consumed: mine, wait: this.#left === 0 ? this.#end() : undefined };
  }

  abandon(): void {}

  async #end(): Promise<void> {
    const talk = this.#talk;
    talk.body = undefined;
    await talk.reply(this.#refusal);
    if (this.#chunk.isLast) talk.resetMail();
    else if (talk.chunks) talk.chunks.failed = true;
    else talk.chunks = failedChunks(talk);
  }

  /** More than is worth reading. */
  #giveUp(): void {
    const client = nameAddress(this.#talk.session.client);
    this.#talk.options.log.warn(`too much BDAT content from ${client}: ${replyText(this.#refusal)}`);
    this.#left = 0;
    this.#talk.close();
  }
}

/** The first chunk was refused already: there is no message, but more chunks may come. */
function failedChunks(talk: Conversation): Chunks {
  const nothing: Arrival = { write() {}, end: () => Promise.reject(new Error('no message')), abandon() {} };
  const chunks = new Chunks(talk, nothing);
  chunks.failed = true;
  return chunks;
}

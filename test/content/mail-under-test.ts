/** A session and an envelope for tests of content, a log that can be read, and ways to cut bytes. */
import type { Content } from '../../src/content/content.ts';
import { address } from '../../src/mail/address.ts';
import { unnamedClient } from '../../src/mail/client.ts';
import { type Envelope, newOrders } from '../../src/mail/envelope.ts';
import type { Message } from '../../src/mail/message.ts';
import type { Session } from '../../src/mail/session.ts';
import { Trace } from '../../src/mail/trace.ts';
import type { Log } from '../../src/record/log.ts';

export function sessionFrom(clientAddress: string): Session {
  return {
    id: 'session',
    service: 'smtp',
    client: unnamedClient(clientAddress, '1234'),
    server: { address: '127.0.0.1', port: '25' },
    helo: 'x.test',
    protocol: 'ESMTP',
    tls: undefined,
    sasl: undefined,
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: 0,
  };
}

export function envelopeFrom(sender: string, recipients: readonly string[] = ['joe@home.test']): Envelope {
  return {
    id: '4XyzQueueId',
    sender: address(sender),
    senderWritten: `<${sender}>`,
    options: {},
    recipients: recipients.map((to) => ({ address: address(to), written: `<${to}>`, options: {} })),
    orders: newOrders(),
    localRewrite: false,
    size: 0,
    startedAt: Date.UTC(2024, 0, 1),
    postponed: undefined,
    trace: new Trace(),
    isRecorded: false,
  };
}

export class ReadableLog implements Log {
  readonly lines: string[] = [];
  info(sentence: string): void {
    this.lines.push(sentence);
  }
  warn(sentence: string): void {
    this.lines.push(`warning: ${sentence}`);
  }
  error(sentence: string): void {
    this.lines.push(`error: ${sentence}`);
  }
}

/** Pieces of these sizes, in turn. */
export function* cut(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? bytes.length;
    yield Buffer.from(bytes.subarray(at, at + size));
    at += size;
  }
}

/** Sends a message through content; what comes out, one character per octet. */
export async function pass(
  content: Content,
  { session, envelope }: { session: Session; envelope: Envelope },
  chunks: Iterable<Buffer>,
): Promise<{ message: Message; text: string }> {
  const incoming = content.begin(session, envelope);
  try {
    for (const chunk of chunks) await incoming.write(chunk);
    const message = await incoming.finish();
    const text = await textOf(message.chunks());
    return { message, text };
  } finally {
    incoming.close();
  }
}

export async function textOf(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const chunk of chunks) pieces.push(chunk);
  return Buffer.concat(pieces).toString('latin1');
}

/** Mail to be held, and places to hold it in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { unnamedClient } from '../../src/mail/client.ts';
import type { RecipientOptions } from '../../src/mail/envelope.ts';
import { type Detained, Quarantine } from '../../src/quarantine/quarantine.ts';
import { silentLog } from '../../src/record/log.ts';
import { envelopeOf, recipientOf, sessionOf } from '../relay/parcel.ts';

export interface Wish {
  readonly id?: string;
  readonly sender?: string;
  readonly recipients?: readonly (string | readonly [string, RecipientOptions])[];
  readonly text?: string | Buffer;
  readonly why?: string;
}

export function detained({ id = '4h0Qk15nXDz7abc', ...wish }: Wish = {}): Detained {
  const { sender = 'ann@far.example', recipients = ['joe@home.example'], why = 'a reason' } = wish;
  const bytes = Buffer.from(wish.text ?? 'Subject: x\r\n\r\nhello\r\n');
  const options = { ret: 'HDRS', envid: 'QQ+3D1', body: '8BITMIME' } as const;
  const envelope = { ...envelopeOf(sender, options), id, size: bytes.length };
  return {
    why,
    session: sessionOf({ client: unnamedClient('198.51.100.7', '4711') }),
    envelope: {
      ...envelope,
      recipients: recipients.map((one) => (typeof one === 'string' ? recipientOf(one) : recipientOf(...one))),
      orders: { ...envelope.orders, hold: why },
    },
    message: {
      messageId: '<1@far.example>',
      facts: { virus: 'Evil' },
      sizeBytes: bytes.length,
      chunks: () => [bytes],
    },
  };
}

export interface Place {
  readonly directory?: string;
  readonly retentionMs?: number;
  readonly sizeLimitBytes?: number;
}

export async function place(t: TestContext, { directory, ...limits }: Place = {}) {
  const made = directory ?? join(await mkdtemp(join(tmpdir(), 'quarantine-')), 'quarantine');
  if (directory === undefined) t.after(() => rm(join(made, '..'), { recursive: true, force: true }));
  const lines: string[] = [];
  const log = {
    ...silentLog,
    info: (line: string) => lines.push(line),
    error: (line: string) => lines.push(line),
  };
  const quarantine = new Quarantine({
    directory: made,
    retentionMs: 86_400_000,
    sizeLimitBytes: 100_000_000,
    log,
    ...limits,
  });
  return { quarantine, directory: made, lines };
}

/** Mail to be held, and places to hold it in. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { unnamedClient } from '../../src/mail/client.ts';
import { newOrders, type RecipientOptions } from '../../src/mail/envelope.ts';
import { type Detained, Quarantine } from '../../src/quarantine/quarantine.ts';
import { silentLog } from '../../src/record/log.ts';

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
  return {
    why,
    session: {
      id: 'session1',
      service: 'smtp',
      client: unnamedClient('198.51.100.7', '4711'),
      server: { address: '192.0.2.25', port: '25' },
      helo: 'client.example.net',
      protocol: 'ESMTP',
      tls: undefined,
      sasl: undefined,
      forwarded: undefined,
      unauthorizedPipelining: false,
      startedAt: 1_795_300_000_000,
    },
    envelope: {
      id,
      sender: address(sender),
      senderWritten: `<${sender}>`,
      options: { ret: 'HDRS', envid: 'QQ+3D1', body: '8BITMIME' },
      recipients: recipients.map((one) => {
        const [text, options] = typeof one === 'string' ? [one, {}] : one;
        return { address: address(text), written: `<${text}>`, options };
      }),
      orders: { ...newOrders(), hold: why },
      localRewrite: false,
      size: bytes.length,
      startedAt: 1_795_300_001_000,
      postponed: undefined,
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

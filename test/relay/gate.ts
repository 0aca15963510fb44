/** A relay in front of a fake next hop, for tests: sends mails, keeps the log. */

import type { Envelope } from '../../src/mail/envelope.ts';
import { replyText } from '../../src/mail/reply.ts';
import type { Log } from '../../src/record/log.ts';
import type { PoolLimits } from '../../src/relay/backend-pool.ts';
import { type ClientSettings, proxySettings, transportSettings } from '../../src/relay/client-settings.ts';
import type { Delivery, Outcome } from '../../src/relay/delivery.ts';
import { type DeliveringHop, deliveringHop } from '../../src/relay/next-hop.ts';
import { Relay } from '../../src/relay/relay.ts';
import { uniformDeadlines } from '../../src/smtp/step.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { envelopeOf, noDns, recipientOf, sessionOf } from './parcel.ts';

export interface Gate {
  readonly backend: FakeBackend;
  readonly relay: Relay;
  readonly hop: DeliveringHop;
  readonly warnings: string[];
  readonly remarks: string[];
  open(envelope?: Envelope): Delivery;
  /** One mail to one recipient: `250 2.0.0 ...` and where that was said. */
  mail(text?: string): Promise<{ at: 'rcpt' | 'end'; said: string; outcome: Outcome | undefined }>;
}

export interface GateOptions {
  readonly backend?: Partial<FakeBackend>;
  readonly settings?: Partial<ClientSettings>;
  readonly style?: 'proxy' | 'transport';
  readonly limits?: Partial<PoolLimits>;
  readonly timeoutMs?: number;
}

export async function withGate(options: GateOptions, body: (gate: Gate) => Promise<void>): Promise<void> {
  const backend = await FakeBackend.start(options.backend);
  const gate = gateTo(backend, options);
  try {
    await body(gate);
  } finally {
    for (const visit of backend.visits) visit.socket.destroy();
    await gate.relay.close();
    await backend.stop();
  }
}

export function gateTo(backend: FakeBackend, options: GateOptions): Gate {
  const warnings: string[] = [];
  const remarks: string[] = [];
  const log: Log = {
    info: (sentence) => remarks.push(sentence),
    warn: (sentence) => warnings.push(sentence.replaceAll(String(backend.port), 'PORT')),
    error: (sentence) => warnings.push(sentence),
  };
  const timeoutMs = options.timeoutMs ?? 2_000;
  const given = { heloName: 'gw.test', ...options.settings };
  const settings =
    options.style === 'proxy'
      ? proxySettings({ timeoutMs, ...given })
      : transportSettings({ name: 'smtp', deadlines: uniformDeadlines(timeoutMs), ...given });
  const relay = new Relay({ dns: noDns, log, limits: { slotWaitMs: 500, ...options.limits } });
  const place = { kind: 'host', host: '127.0.0.1', port: backend.port, mx: false } as const;
  const hop = deliveringHop(`127.0.0.1:${backend.port}`, settings, [place], 25);
  const open = (envelope = envelopeOf('sender@example.com')) =>
    relay.open(hop, { session: sessionOf(), envelope, queueId: 'Q1' });
  return {
    backend,
    relay,
    hop,
    warnings,
    remarks,
    open,
    mail: async (text = 'Subject: x\r\n\r\nbody\r\n') => {
      const delivery = open();
      const answer = await delivery.recipient(recipientOf('joe@example.org'));
      if (answer.code >= 300) {
        delivery.abandon();
        return { at: 'rcpt', said: replyText(answer), outcome: undefined };
      }
      const bytes = Buffer.from(text);
      const outcome = await delivery.send({ sizeBytes: bytes.length, chunks: () => [bytes] });
      return { at: 'end', said: replyText(outcome.reply), outcome };
    },
  };
}

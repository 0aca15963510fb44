/** A mail of nobody in particular. */
import type { MailOf } from '../../../src/content/inspection.ts';
import { address } from '../../../src/mail/address.ts';
import { unnamedClient } from '../../../src/mail/client.ts';
import { newOrders, type Recipient } from '../../../src/mail/envelope.ts';

export function newMail(recipients: readonly string[] = ['joe@example.com']): MailOf {
  const to = (text: string): Recipient => ({ address: address(text), written: `<${text}>`, options: {} });
  return {
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
      startedAt: Date.now(),
    },
    envelope: {
      id: '4h0Qk15nXDz7abc',
      sender: address('ann@far.example'),
      senderWritten: '<ann@far.example>',
      options: {},
      recipients: recipients.map(to),
      orders: newOrders(),
      localRewrite: false,
      size: 0,
      startedAt: Date.now(),
      postponed: undefined,
    },
  };
}

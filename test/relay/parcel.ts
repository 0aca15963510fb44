/** Sessions, envelopes and recipients as short as tests like them, and a DNS that knows nothing. */
import type { Answer, Dns, MailExchanger } from '../../src/dns/dns.ts';
import { address } from '../../src/mail/address.ts';
import { unnamedClient } from '../../src/mail/client.ts';
import { type Envelope, newOrders, type Recipient, type RecipientOptions } from '../../src/mail/envelope.ts';
import type { Session } from '../../src/mail/session.ts';
import { Trace } from '../../src/mail/trace.ts';

export function sessionOf(change: Partial<Session> = {}): Session {
  return {
    id: 'S1',
    service: 'smtp',
    client: unnamedClient('192.0.2.7', '4711'),
    server: { address: '192.0.2.25', port: '25' },
    helo: 'client.example.net',
    protocol: 'ESMTP',
    tls: undefined,
    sasl: undefined,
    forwarded: undefined,
    unauthorizedPipelining: false,
    startedAt: 0,
    ...change,
  };
}

export function envelopeOf(sender: string, options: Envelope['options'] = {}): Envelope {
  return {
    id: 'Q1',
    sender: address(sender),
    senderWritten: `<${sender}>`,
    options,
    recipients: [],
    orders: newOrders(),
    localRewrite: false,
    size: 0,
    startedAt: 0,
    postponed: undefined,
    trace: new Trace(),
    isRecorded: false,
  };
}

export function recipientOf(text: string, options: RecipientOptions = {}): Recipient {
  return { address: address(text), written: `<${text}>`, options };
}

/** What the DNS knows: `mx:example.com` -> `10 mail.example.com`, `a:mail.example.com` -> `192.0.2.1`; `!` is unknown. */
export function fakeDns(
  records: Readonly<Record<string, readonly string[] | '!'>>,
): Dns & { asked: string[] } {
  const asked: string[] = [];
  const answer = <T>(type: string, name: string, read: (text: string) => T): Promise<Answer<T>> => {
    asked.push(`${type}:${name}`);
    const found = records[`${type}:${name}`];
    if (found === '!') return Promise.resolve({ kind: 'unknown', why: 'SERVFAIL' });
    if (found === undefined) return Promise.resolve({ kind: 'absent', why: 'nxdomain' });
    return Promise.resolve({ kind: 'found', records: found.map(read) });
  };
  const text = (type: string) => (name: string) => answer(type, name, (record) => record);
  const exchanger = (record: string): MailExchanger => {
    const [preference, exchange = ''] = record.split(' ');
    return { preference: Number(preference), exchange };
  };
  return {
    asked,
    a: text('a'),
    aaaa: text('aaaa'),
    mx: (name) => answer('mx', name, exchanger),
    ns: text('ns'),
    txt: text('txt'),
    ptr: text('ptr'),
  };
}

export const noDns: Dns = fakeDns({});

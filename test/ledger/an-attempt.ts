/** An attempt for tests, with what matters changed. */
import type { Attempt } from '../../src/record/attempt.ts';
import { firstIdAt } from '../../src/record/ids.ts';

let count = 0;

export function anAttempt(change: Partial<Attempt> = {}): Attempt {
  count += 1;
  return {
    id: `${firstIdAt(change.time === undefined ? Date.now() : Date.parse(change.time))}${count.toString(36).padStart(4, '0')}ztest`,
    time: new Date().toISOString(),
    service: 'smtp',
    client_address: '192.0.2.1',
    client_name: 'mail.far.example',
    reverse_client_name: 'mail.far.example',
    helo_name: 'mail.far.example',
    protocol: 'ESMTP',
    tls: undefined,
    sasl_username: undefined,
    sender: 'ann@far.example',
    recipients: ['joe@ours.test'],
    size: 0,
    message_id: undefined,
    stage: 'RCPT',
    verdict: 'reject',
    reply: '554 5.7.1 <ann@far.example>: Sender address rejected: no',
    restriction: 'check_sender_access hash:senders',
    rule: 'senders:3',
    backend: undefined,
    backend_reply: undefined,
    spf: undefined,
    dkim: undefined,
    dmarc: undefined,
    virus: undefined,
    dmarc_report: undefined,
    duration_ms: 5,
    trace: [
      {
        stage: 'RCPT',
        recipient: 'joe@ours.test',
        list: 'sender',
        restriction: 'check_sender_access hash:senders',
        source: { file: 'main.cf', line: 12 },
        depth: 0,
        looked: [
          { key: 'ann@far.example', answer: 'REJECT no', source: { file: 'senders', line: 3 } },
          { key: 'nothing', answer: undefined },
        ],
        verdict: 'reject',
        ms: 0.125,
      },
    ],
    session: 'session',
    ...change,
  };
}

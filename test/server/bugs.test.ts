/** A bug ends its session with 421, whether it is thrown at once or later; the log names it, and no mail passes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Arrival, Gateway } from '../../src/gateway.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';

function bug(): never {
  throw new TypeError('a bug of this test');
}
const later = async () => bug();

function twice(): () => void {
  let left = 2;
  return () => {
    if (left-- > 0) bug();
  };
}

/** Methods in the place of the gateway's own. */
type Break = (own: Pick<Gateway, 'data'>) => Partial<Gateway>;

const withArrival = (part: Partial<Arrival>): Break => {
  return (own) => ({
    async data(...about) {
      const arrival = await own.data(...about);
      return 'code' in arrival ? arrival : { ...arrival, ...part };
    },
  });
};

const BUGS: readonly [where: string, stage: string, said: number, make: Break][] = [
  ['at the connection', 'CONNECT', 0, () => ({ connect: later })],
  ['at HELO, at once', 'HELO', 1, () => ({ helo: bug })],
  ['at MAIL, later', 'MAIL', 2, () => ({ sender: later })],
  ['at RCPT, later', 'RCPT', 3, () => ({ recipient: later })],
  ['in the message, at once', 'DATA', 5, withArrival({ write: bug })],
  ['in the message, later', 'DATA', 5, withArrival({ write: later })],
  ['at the end of the message', 'END-OF-MESSAGE', 6, withArrival({ end: later })],
  ['and once more when the mail is let go', 'HELO', 1, () => ({ letGo: twice() })],
];

const LINES = [
  'HELO x.test',
  'MAIL FROM:<a@far.test>',
  'RCPT TO:<b@ours.test>',
  'DATA',
  'Subject: x\r\n',
  '.',
];

test('a bug ends its session with 421', async (t) => {
  const gateway = await RunningGateway.start();
  t.after(() => gateway.stop());
  const broken = gateway.assembly.services[0]?.smtp?.gateway as Gateway;
  const own = { data: broken.data.bind(broken) };

  for (const [where, stage, said, make] of BUGS) {
    const parts = make(own);
    Object.assign(broken, parts);
    const client = new SmtpClient(gateway.port());
    client.send(...LINES.slice(0, said));
    const answers: string[] = [];
    for (let line = await client.line(); line !== '<closed>'; line = await client.line()) answers.push(line);
    assert.match(answers.at(-1) ?? '', /^421 4\.3\.0 gw\.test Server local error$/, `${where}: ${answers}`);
    assert.match(
      gateway.log.findLast((line) => line.includes('internal error')) ?? '',
      new RegExp(`^error: internal error in ${stage} from .*TypeError: a bug of this test\\\\n +at `),
      where,
    );
    for (const name of Object.keys(parts)) Reflect.deleteProperty(broken, name);
  }
  assert.deepEqual(gateway.backend.received, []);
  const client = new SmtpClient(gateway.port());
  assert.match(await client.dialogue(...LINES.slice(0, 4)), /^354 /);
  assert.match(await client.say('Subject: x\r\n\r\n.'), /^250 /);
  assert.match(await client.say('QUIT'), /^221 /);
});

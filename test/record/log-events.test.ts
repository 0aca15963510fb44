/** The log in JSON has one event for each attempt, whatever its end, with the fields of its record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Serving } from '../process/serving.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

const MAIN =
  'smtpd_recipient_restrictions = check_recipient_access inline:{ { no@ours.test = REJECT not here } }\n';

test('one event with id, verdict and rule: refused, delivered, and left alone', async (t) => {
  const serving = await Serving.start(t, MAIN);
  const client = new SmtpClient(serving.port);
  await client.dialogue('EHLO client.test');
  const rest = [
    ...['MAIL FROM:<a@far.test>', 'RCPT TO:<no@ours.test>', 'RSET'],
    ...['MAIL FROM:<b@far.test>', 'RCPT TO:<yes@ours.test>', 'DATA', 'Subject: x\r\n\r\nhello\r\n.'],
    ...['MAIL FROM:<c@far.test>', 'RCPT TO:<yes@ours.test>', 'QUIT'],
  ];
  for (const line of rest) await client.say(line);
  const events = () => serving.gateway.events().filter(({ verdict }) => verdict !== undefined);
  await until(
    () => events().length >= 3,
    () => JSON.stringify(events()),
  );
  const [refused, ...others] = events();
  assert.deepEqual(
    events().map(({ event, verdict, stage, sender }) => [event, verdict, stage, sender]),
    [
      ['reject', 'reject', 'RCPT', 'a@far.test'],
      ['delivered', 'accept', 'END-OF-MESSAGE', 'b@far.test'],
      ['left', 'abandon', 'QUIT', 'c@far.test'],
    ],
  );
  assert.match(String(refused?.restriction), /^check_recipient_access inline:/);
  assert.equal(refused?.rule, 'main.cf:13');
  assert.equal((refused?.trace as string[]).at(-1), refused?.restriction);
  for (const { restriction } of others) assert.equal(restriction, undefined);
  for (const { id, client_address, service } of events()) {
    assert.match(String(id), /^\w+$/);
    assert.equal(client_address, '127.0.0.1');
    assert.equal(service, `127.0.0.1:${serving.port}`);
  }
});

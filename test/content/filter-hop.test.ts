/**
 * A content_filter hop between two real Postfix services, as the articles of 2003 and 2007 have it: smtpd takes a mail into
 * its queue, sends it to 127.0.0.1:10025, which is us, and we to smtpd at 127.0.0.1:10026. Behind a queue nothing may be
 * refused for good: the sender, forged or not, would get a bounce.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PROGRAM } from '../support/gateway-program.ts';
import { ownNetwork } from '../support/own-network.ts';
import { noPostfix, RealPostfix } from '../support/real-postfix.ts';
import { ServedGateway } from '../support/served-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';
import { EICAR, mailWith, noClamd, RealClamd } from './clamav/real-clamd.ts';

const CLIENT = '203.0.113.10';
const EIGHT_BIT = 'café, naïve, Größe';

/** The lines of the articles; `scan` tells us of the client, plain smtp does not. */
const POSTFIX = `
192.0.2.1:25 inet n - n - - smtpd
  -o content_filter=scan:[127.0.0.1]:10025
192.0.2.2:25 inet n - n - - smtpd
  -o content_filter=smtp:127.0.0.1:10025
scan unix - - n - 10 smtp
  -o smtp_send_xforward_command=yes
127.0.0.1:10026 inet n - n - 32 smtpd
  -o content_filter=
  -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o mynetworks_style=host
  -o smtpd_discard_ehlo_keywords=dsn,etrn,chunking
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
`;

const gatewayFiles = (clamd: RealClamd) => ({
  'main.cf': `
compatibility_level = 3.6
myhostname = filter.home.example
mydestination =
local_recipient_maps =
mynetworks = 127.0.0.1
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_proxy_filter = 127.0.0.1:10026
smtpd_authorized_xforward_hosts = 127.0.0.0/8
smtpd_peername_lookup = no
after_queue = yes
dns_servers = 127.0.0.1:9
dns_timeout = 1s
data_directory = $config_directory/data
state_store = sqlite:$config_directory/data/state.db
worker_processes = 1
clamav_socket = ${clamd.inet}
header_checks = regexp:{ { /^Subject: forbidden/ REJECT no such subjects } }
spf_verify = no
`,
  'master.cf': `127.0.0.1:10025 inet n - n - - smtpd
127.0.0.1:10035 inet n - n - - smtpd
  -o smtpd_received_header=no
`,
});

const network = ownNetwork();
if (network) {
  describe('a filter between two Postfix services', {
    skip: network.skip || noPostfix || (noClamd ?? false),
  }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'filter-'));
    let clamd: RealClamd;
    let postfix: RealPostfix;
    let gateway: ServedGateway;

    before(async () => {
      chmodSync(directory, 0o755);
      clamd = await RealClamd.start();
      for (const [name, text] of Object.entries(gatewayFiles(clamd)))
        writeFileSync(join(directory, name), text);
      mkdirSync(join(directory, 'data'), { mode: 0o777 });
      postfix = await RealPostfix.start({
        main: 'myhostname = mx.home.example\nmydestination = home.example\nmynetworks = 127.0.0.1\n',
        master: POSTFIX,
      });
      gateway = await ServedGateway.start(directory);
    });
    after(async () => {
      await gateway?.stop();
      postfix?.stop();
      await clamd?.remove();
      rmSync(directory, { recursive: true, force: true });
    });

    /** Postfix takes the mail into its queue, whatever is in it. */
    async function post(server: string, subject: string, message: string): Promise<void> {
      const smtp = new SmtpClient(25, CLIENT, server);
      await smtp.dialogue(
        'EHLO mx.far.example',
        'MAIL FROM:<pen@far.example> BODY=8BITMIME',
        'RCPT TO:<ann@home.example>',
        'DATA',
      );
      assert.match(await smtp.say(`Subject: ${subject}\r\n${message}.`), /^250 2\.0\.0 Ok: queued/);
      smtp.close();
    }

    const text = (body: string) =>
      `From: <pen@far.example>\r\nMessage-ID: <1@far.example>\r\n\r\n${body}\r\n`;

    /** Where a mail has been, the last hop first. */
    function hops(mail: string): string[] {
      const header = mail.slice(0, mail.indexOf('\n\n')).replace(/\n\s+/g, ' ');
      return [...header.matchAll(/^Received: from (\S+) \(\S+ \[(.*?)\]\) by (\S+)/gm)].map(
        ([, helo, address, by]) => `${by} from ${helo} [${address}]`,
      );
    }

    test('a clean mail arrives as it was: the two hops are those of Postfix', async () => {
      await post('192.0.2.1', 'clean', text(EIGHT_BIT));
      const mail = await postfix.mail('ann@home.example', 'Subject: clean');
      assert.deepEqual(hops(mail), [
        'mx.home.example from filter.home.example [127.0.0.1]',
        'mx.home.example from mx.far.example [203.0.113.10]',
      ]);
      assert.match(mail, /^X-Virus-Scanned: ClamAV using Portcullis$/m);
      assert.ok(mail.includes(`\n\n${EIGHT_BIT}\n`), mail);
      await until(
        () => gateway.events().find(({ msg }) => /orig_client=\S*\[203\.0\.113\.10\]/.test(String(msg))),
        () => gateway.output,
      );
    });

    test('who is not told of the client is a hop of its own, unless smtpd_received_header says no', async () => {
      await post('192.0.2.2', 'untold', text('hello'));
      const mail = await postfix.mail('ann@home.example', 'Subject: untold');
      assert.match(
        mail,
        /^Received: from mx\.home\.example \(unknown \[127\.0\.0\.1\]\)\n\tby filter\.home\.example /m,
      );
      const smtp = new SmtpClient(10035);
      await smtp.dialogue('HELO x', 'MAIL FROM:<pen@far.example>', 'RCPT TO:<ann@home.example>', 'DATA');
      assert.match(await smtp.say(`Subject: unseen\r\n${text('hello')}.`), /^250 /);
      smtp.close();
      const unseen = await postfix.mail('ann@home.example', 'Subject: unseen');
      assert.ok(!unseen.includes('by filter.home.example'), unseen);
    });

    test('the hop offers what Postfix at 10026 takes', async () => {
      const smtp = new SmtpClient(10025);
      await smtp.line();
      smtp.send('EHLO x');
      const offered: string[] = [];
      for (let line = await smtp.line(); ; line = await smtp.line()) {
        offered.push(line.slice(4));
        if (line[3] !== '-') break;
      }
      smtp.close();
      for (const word of ['8BITMIME', 'SMTPUTF8', 'SIZE 10240000', 'PIPELINING', 'ENHANCEDSTATUSCODES']) {
        assert.ok(offered.includes(word), offered.join());
      }
      assert.ok(!offered.includes('DSN'), offered.join());
    });

    /** What quarantine holds. */
    function held(): { id: string; why: string; sender: string; virus?: string }[] {
      const args = [PROGRAM, 'quarantine', 'list', '--json', '-c', directory];
      return JSON.parse(spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout);
    }

    test('what is refused is held; nobody gets a bounce', async () => {
      const virus = mailWith(EICAR)
        .toString('latin1')
        .replace(/^Subject: .*\r\n/m, '');
      await post('192.0.2.1', 'infected', virus);
      await post('192.0.2.1', 'forbidden', text('x'));
      await until(
        () => postfix.log().match(/relay=127\.0\.0\.1\[127\.0\.0\.1\]:10025, .* status=sent/g)?.length === 4,
        () => postfix.log(),
      );
      assert.deepEqual(
        held().map(({ why, sender, virus = '' }) => [
          sender,
          virus.replace('.UNOFFICIAL', ''),
          why.replaceAll('.UNOFFICIAL', ''),
        ]),
        [
          [
            'pen@far.example',
            'Eicar-Test-Signature',
            '550 5.7.1 Content rejected: virus Eicar-Test-Signature FOUND',
          ],
          ['pen@far.example', '', '550 5.7.1 no such subjects'],
        ],
      );
      assert.doesNotMatch(postfix.log(), /bounce|non-delivery|status=deferred/);
      const subjects = postfix.mails('ann@home.example').map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1]);
      assert.deepEqual(subjects.sort(), ['clean', 'unseen', 'untold']);
    });

    test('without a scanner mail waits in the queue of Postfix', async () => {
      await clamd.kill();
      await post('192.0.2.1', 'later', text('a mail that nobody has scanned yet'));
      await until(
        () =>
          /status=deferred \(host 127\.0\.0\.1\[127\.0\.0\.1\] said: 451 4\.\d\.\d .*in reply to end of DATA/.test(
            postfix.log(),
          ),
        () => postfix.log(),
      );
      await clamd.restart();
      spawnSync('postqueue', ['-f']);
      await postfix.mail('ann@home.example', 'Subject: later');
    });
  });
}

/**
 * "Fighting Spam with Postfix" as it stands: config/examples/fighting-spam serves all its ports in one process, in front of
 * a real Postfix with mailboxes. config/examples/fighting-spam/README.md says which line of the article is proved where.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { EICAR, mailWith, noClamd } from '../content/clamav/real-clamd.ts';
import { ownNetwork } from '../support/own-network.ts';
import { noPostfix, RealPostfix } from '../support/real-postfix.ts';
import { ServedGateway } from '../support/served-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';
import {
  DIRECTORY,
  type Door,
  edit,
  hopsOf,
  letter,
  OUR_ADDRESS,
  postFrom,
  Town,
  verdictsOf,
  virusNotices,
  WORLD_PORT,
} from './fighting-spam-town.ts';

const GOOD = '203.0.113.10';

const network = ownNetwork();
if (network) {
  describe('the article of 2007, all in one process', {
    skip: network.skip || noPostfix || (noClamd ?? false),
  }, () => {
    let town: Town;
    let postfix: RealPostfix;
    let gateway: ServedGateway;

    before(async () => {
      town = await Town.build();
      edit('main.cf', {
        $config_directory: DIRECTORY, // the article's own lines
        'mydomain = your.domain': `mydomain = your.domain\ninet_interfaces = ${OUR_ADDRESS}, 127.0.0.1\nworker_processes = 1`,
      });
      edit('master.cf', { 'greylist_delay=60s': 'greylist_delay=1s' });
      [postfix, gateway] = await Promise.all([
        RealPostfix.start({
          main: `myhostname = mail.your.domain\nmydestination = your.domain\nrelayhost = [127.0.0.1]:${WORLD_PORT}\n`,
          master: PROMISCUOUS,
        }),
        ServedGateway.start(DIRECTORY),
      ]);
    });
    after(async () => {
      await gateway?.stop();
      postfix?.stop();
      await town?.leave();
    });

    /** What a client hears at RCPT. */
    async function answer({
      client = GOOD,
      helo = 'mx.far.example',
      from = 'bill@far.example',
      to = 'ann@your.domain',
    }) {
      const smtp = new SmtpClient(25, client, OUR_ADDRESS);
      const heard = await smtp.dialogue(`EHLO ${helo}`, `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`);
      smtp.close();
      return heard;
    }

    /** It has left for the world, and the world finds our signature good. */
    async function assertSignedAway(text: string): Promise<void> {
      const found = () => town.world.received.find(({ wire }) => wire.includes(text));
      const { wire } = await until(
        found,
        () => `"${text}" did not go away\n${lately(postfix.log())}\n${lately(gateway.output)}`,
      );
      assert.deepEqual(await verdictsOf(wire), ['pass your.domain selector1']);
      assert.match(wire.toString(), /^X-Virus-Scanned: ClamAV using ClamSMTP\r$/m);
    }

    /** Which services of the gateway had a mail, by where they sent it; the log has it. */
    async function assertWay(messageId: string, ...relays: readonly string[]): Promise<void> {
      const found = () => relaysOf(messageId).length >= relays.length;
      await until(found, () => `${messageId} went to ${relaysOf(messageId)}\n${lately(gateway.output)}`);
      assert.deepEqual(relaysOf(messageId), [...relays].sort());
    }

    function relaysOf(messageId: string): string[] {
      const sentences = gateway.events().map(({ msg }) => String(msg));
      const named = sentences.filter((sentence) => sentence.endsWith(`message-id=<${messageId}>`));
      const ids = new Set(named.map((sentence) => sentence.split(':')[0]));
      const sent = sentences.filter((sentence) => ids.has(sentence.split(':')[0]));
      return sent.flatMap((sentence) => /relay=([^,]+)/.exec(sentence)?.[1] ?? []).sort();
    }

    const features: readonly (readonly [
      feature: string,
      attempt: Parameters<typeof answer>[0],
      heard: RegExp,
    ])[] = [
      [
        'reject_non_fqdn_sender',
        { from: 'bill@far' },
        /^504 5\.5\.2 <bill@far>: Sender address rejected: need fully-qual/,
      ],
      [
        'reject_unknown_sender_domain',
        { from: 'bill@nowhere.example' },
        /^450 4\.1\.8 <bill@nowhere\.example>: .*Domain not found/,
      ],
      [
        'reject_non_fqdn_recipient',
        { to: 'ann@your' },
        /^504 5\.5\.2 <ann@your>: Recipient address rejected: need fully-qual/,
      ],
      [
        'reject_unknown_recipient_domain',
        { to: 'x@nowhere.example' },
        /^450 4\.1\.2 <x@nowhere\.example>: .*Domain not found/,
      ],
      [
        'reject_unauth_destination',
        { to: 'x@far.example' },
        /^554 5\.7\.1 <x@far\.example>: Relay access denied/,
      ],
      [
        'reject_rbl_client bl.spamcop.net',
        { client: '192.0.2.66' },
        /^554 5\.7\.1 .*\[192\.0\.2\.66\] blocked using bl\.spamcop\.net/,
      ],
      [
        'reject_rbl_client list.dsbl.org',
        { client: '192.0.2.67' },
        /^554 5\.7\.1 .* blocked using list\.dsbl\.org/,
      ],
      ['reject_rbl_client dul.ru', { client: '192.0.2.68' }, /^554 5\.7\.1 .* blocked using dul\.ru/],
      [
        'dsl_stoplist.txt, by reverse name',
        { client: '80.241.246.98' },
        /^553 5\.7\.1 <adsl-80-241-246-98\.sanet\.ge\[80\.241\.246\.98\]>: Client host rejected: AUTO_XDSL You have been identified as a spammer\. Go Away\./,
      ],
      [
        'dsl_stoplist.txt, by HELO',
        { helo: 'node7.pool.isp.example' },
        /^553 5\.7\.1 <node7\.pool\.isp\.example>: Helo command rejected: AUTO_POOL You have been/,
      ],
      [
        'spammer-networks, by reverse name',
        { client: '83.205.210.54' },
        /^554 5\.7\.1 <AMontpellier-156-1-91-54\.w83-205\.abo\.wanadoo\.fr\[83\.205\.210\.54\]>: Client host rejected: Dynamic/,
      ],
      ['spammer-networks, a whole domain', { client: '80.241.246.99' }, /^554 5\.7\.1 <mail\.sanet\.ge\[/],
      [
        'spammer-networks, by HELO',
        { helo: 'any.shit.you.imagine.speedy.com.ar' },
        /^554 5\.7\.1 <any\.shit\.you\.imagine\.speedy\.com\.ar>: Helo command rejected: Dynamic/,
      ],
      [
        'smtpd_helo_restrictions',
        { helo: '1.2.3.4' },
        /^554 5\.7\.1 <1\.2\.3\.4>: Helo command rejected: You are not me/,
      ],
      [
        'chinese-spammer-networks',
        { client: '58.15.0.1' },
        /^554 5\.7\.1 <unknown\[58\.15\.0\.1\]>: Client host rejected: Asian Networks/,
      ],
      [
        'reject_unverified_sender',
        { from: 'nobody@nospf.example' },
        /^450 4\.1\.7 <nobody@nospf\.example>: .*unverified address: host mx\.far\.example.*no such user/,
      ],
      ['SPF: unix:private/spf', { client: '198.51.100.77' }, /^550 5\.7\.23 /],
      [
        'greylisting',
        {},
        /^450 4\.2\.0 <ann@your\.domain>: Recipient address rejected: Greylisting in action, please try later/,
      ],
      [
        'allowed-spammers: no longer held against a listed client',
        { client: '198.51.100.25', from: 'x@nospf.example' },
        /Greylisting in action/,
      ],
      [
        'smtpd_sender_restrictions: no longer held against a sender without domain',
        { from: 'no-reply@shop.example' },
        /Greylisting in action/,
      ],
      ['access-recipients: OK', { to: 'abuse@your.domain' }, /^250 2\.1\.5 Ok/],
      [
        'access-recipients: REJECT',
        { to: 'old-list@your.domain' },
        /^554 5\.7\.1 <old-list@your\.domain>: Recipient address rejected: This list is closed/,
      ],
    ];

    for (const [feature, attempt, heard] of features) {
      test(feature, async () => assert.match(await answer(attempt), heard));
    }

    test('disable_vrfy_command, smtpd_helo_required', async () => {
      const smtp = new SmtpClient(25, GOOD, OUR_ADDRESS);
      assert.match(
        await smtp.dialogue('MAIL FROM:<bill@far.example>'),
        /^503 5\.5\.1 Error: send HELO\/EHLO first/,
      );
      assert.match(await smtp.say('VRFY ann'), /^502 5\.5\.1 VRFY command is disabled/);
      smtp.close();
    });

    test('port 25: a newcomer comes back after MINTIME, and then its whole server is known (MXGREY)', async () => {
      const attempt = { client: '203.0.113.11', helo: 'mx2.far.example' };
      assert.match(await answer(attempt), /^450 4\.2\.0 .*Greylisting in action/);
      await until(
        async () => (await answer(attempt)).startsWith('250'),
        () => 'it is never let in',
      );
      assert.match(await answer({ ...attempt, to: 'joe@your.domain' }), /^250/);
    });

    test('port 25: to 10027 (checker), 10025 (clamd), 10026 and the mailbox', async () => {
      await postFrom(
        { ...door(25), dkim: town.farKey },
        letter('one', 'hello one', 'bill@far.example', 'ann@your.domain'),
      );
      const mail = await postfix.mail('ann@your.domain', 'hello one');
      assert.match(
        mail,
        /^Authentication-Results: mail\.your\.domain;\s+dkim=pass \(2048-bit key\)\s+header\.d=far\.example/m,
      );
      assert.match(mail, /^X-Virus-Scanned: ClamAV using ClamSMTP$/m);
      assert.deepEqual(hopsOf(mail), [
        'by mail.your.domain from mail.your.domain [127.0.0.1]', // 10026, from 10025
        'by mail.your.domain from mail.your.domain [127.0.0.1]', // 10027, from 25; 10025 is told of this client
        'by mail.your.domain from client.example [203.0.113.11]', // 25
      ]);
      await assertWay('one@far.example', '127.0.0.1:10025', '127.0.0.1:10026', '127.0.0.1[127.0.0.1]:10027');
    });

    test('port 465: TLS from the first byte, and the same way', async () => {
      await postFrom(
        { ...door(465), secure: true, dkim: town.farKey },
        letter('two', 'hello two', 'bill@far.example', 'ann@your.domain'),
      );
      const mail = await postfix.mail('ann@your.domain', 'hello two');
      assert.match(mail, /dkim=pass \(2048-bit key\)\s+header\.d=far\.example/);
      assert.match(mail, /\(using TLSv1\.3 with cipher /);
      await assertWay('two@far.example', '127.0.0.1:10025', '127.0.0.1:10026', '127.0.0.1[127.0.0.1]:10027');
    });

    test('port 587: who has logged in is signed for, scanned and sent away', async () => {
      const mail = letter('three', 'hello three', 'ann@your.domain', 'pen@elsewhere.example');
      const wrapped = { port: 587, client: '192.0.2.200', secure: true };
      await assert.rejects(
        postFrom(wrapped, mail),
        /Recipient address rejected: Access denied|Relay access denied/,
      );
      await assert.rejects(
        postFrom({ ...wrapped, auth: { user: 'ann', pass: 'wrong' } }, mail),
        /535 5\.7\.8/,
      );
      await postFrom({ ...wrapped, auth: { user: 'ann', pass: 'secret' } }, mail);
      await assertSignedAway('hello three');
      await assertWay(
        'three@your.domain',
        '127.0.0.1:10025',
        '127.0.0.1:10026',
        '127.0.0.1[127.0.0.1]:10028',
      );
    });

    test('port 9025: web mail of this machine is signed for, without a login', async () => {
      await postFrom(
        { port: 9025, client: '127.0.0.1', host: '127.0.0.1' },
        letter('four', 'hello four', 'ann@your.domain', 'pen@elsewhere.example'),
      );
      await assertSignedAway('hello four');
      await assertWay('four@your.domain', '127.0.0.1:10025', '127.0.0.1:10026', '127.0.0.1[127.0.0.1]:10028');
    });

    test('pickup: what /usr/sbin/sendmail takes is signed for, too', async () => {
      postfix.sendmail(
        'ann@your.domain',
        'pen@elsewhere.example',
        letter('five', 'hello five', 'ann@your.domain', 'pen@elsewhere.example').raw.replaceAll('\r\n', '\n'),
      );
      await assertSignedAway('hello five');
      await assertWay('five@your.domain', '127.0.0.1:10025', '127.0.0.1:10026');
    });

    test('clamsmtpd.conf: a virus is dropped without a bounce, and VirusAction hears of it', async () => {
      const virus = {
        from: 'bill@far.example',
        to: 'ann@your.domain',
        raw: mailWith(EICAR).toString('latin1'),
      };
      await postFrom(door(25), virus);
      await until(
        () => virusNotices().includes('Eicar'),
        () => `no notice\n${lately(gateway.output)}`,
      );
      assert.match(virusNotices(), /^Eicar-Test-Signature.* for ann@your\.domain/m);
      const inside = {
        from: 'ann@your.domain',
        to: 'pen@elsewhere.example',
        raw: mailWith(EICAR).toString('latin1'),
      };
      await postFrom({ port: 9025, client: '127.0.0.1', host: '127.0.0.1' }, inside);
      assert.ok(!town.world.received.some(({ wire }) => wire.includes('EICAR')));
      assert.ok(!postfix.mails('ann@your.domain').some((mail) => mail.includes('thing.bin')));
    });

    test('mime_header_checks, body_checks, and numbers that the script could not see', async () => {
      const say = (text: string, more = {}) =>
        postFrom(door(25), {
          from: 'bill@far.example',
          to: 'ann@your.domain',
          subject: 'offer',
          text,
          ...more,
        });
      const worm = { attachments: [{ filename: 'Update-KB3374-x86.exe', content: 'MZ' }] };
      await assert.rejects(
        say('see there', worm),
        /550 5\.7\.1 Attachments of type "exe" are not accepted here/,
      );
      await assert.rejects(
        say('call (4 9 s) l23-<b>45</b>-67 now'),
        /550 5\.7\.1 Telephone number 495 1234567 is known from spam/,
      );
      const hidden = { textEncoding: 'base64', text: 'Call\n+380 44\n555 66 77 today' };
      await assert.rejects(say('', hidden), /550 5\.7\.1 This telephone number is known from spam/);
    });
  });
}

/** A client that greylisting knows. */
const door = (port: number): Door => ({ port, client: '203.0.113.11' });

/** The end of a log. */
const lately = (log: string) => log.split('\n').slice(-20).join('\n');

const PROMISCUOUS = `
127.0.0.1:10026 inet  n -       n       -       32      smtpd
    -o content_filter=
    -o receive_override_options=no_unknown_recipient_checks,no_header_body_checks
    -o smtpd_data_restrictions=
    -o smtpd_helo_restrictions=
    -o smtpd_client_restrictions=
    -o smtpd_sender_restrictions=
    -o smtpd_recipient_restrictions=permit_mynetworks,reject
    -o mynetworks_style=host
    -o smtpd_authorized_xforward_hosts=127.0.0.0/8
pickup    fifo  n       -       n       60      1       pickup
    -o content_filter=dksign:[127.0.0.1]:10028
dksign    unix  -       -       n       -       10      smtp
    -o smtp_send_xforward_command=yes
    -o smtp_discard_ehlo_keywords=8bitmime
`;

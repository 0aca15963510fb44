/**
 * "River of Stars" as it stands: config/examples/river-of-stars serves in a network of its own, where all of the page's lists
 * are alive on a real rbldnsd. Every class is asked about every return code, and every user about every list.
 * config/examples/river-of-stars/README.md says which line of the page is proved where.
 */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { emptyDirectory, mountAt, ownNetwork } from '../support/own-network.ts';
import { RblServer, rbldnsdMissing } from '../support/rbldnsd.ts';
import { ServedGateway } from '../support/served-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { CHOICES, clean, hosts, listed, nameOf, SINGLE, twice, zones } from './river-of-stars-town.ts';

const EXAMPLE = join(import.meta.dirname, '../../config/examples/river-of-stars');
const DIRECTORY = '/etc/postfix';

const network = ownNetwork();
if (network) {
  describe('the page of 2003', { skip: network.skip || rbldnsdMissing }, () => {
    const names = new DnsServer([]);
    let lists: RblServer;
    let backend: FakeBackend;
    let gateway: ServedGateway;

    before(async () => {
      emptyDirectory('/var/lib/portcullis');
      emptyDirectory(DIRECTORY);
      cpSync(EXAMPLE, DIRECTORY, { recursive: true });
      appendFileSync(
        join(DIRECTORY, 'main.cf'),
        'worker_processes = 1\nsmtpd_hard_error_limit = 1000\nsmtpd_error_sleep_time = 0\n',
      );
      const rows = SINGLE.map(({ user, row }) => `${user}@example.com\t${row}, permit\n`);
      appendFileSync(join(DIRECTORY, 'user-restrictions'), rows.join(''));
      writeFileSync(
        join(DIRECTORY, 'resolv.conf'),
        'nameserver 127.0.0.1\nnameserver 127.0.0.2\noptions timeout:2\n',
      );
      mountAt(join(DIRECTORY, 'resolv.conf'), '/etc/resolv.conf');
      for (const line of hosts) names.add(line);
      await names.listen(53, '127.0.0.2');
      [lists, backend, gateway] = await Promise.all([
        RblServer.start(zones, 53),
        FakeBackend.start({}, { port: 10026 }),
        ServedGateway.start(DIRECTORY),
      ]);
    });
    after(async () => {
      await gateway?.stop();
      await lists?.stop();
      await backend?.stop();
      await names.close();
    });

    /** What a client hears about each of these users. */
    async function replies(
      { client = clean, helo = nameOf(client), sender = 'someone@good.example' },
      users: readonly string[],
    ): Promise<string[]> {
      const smtp = new SmtpClient(25, client, '192.0.2.25');
      await smtp.dialogue(`EHLO ${helo}`, `MAIL FROM:<${sender}>`);
      const heard: string[] = [];
      for (const user of users) heard.push(await smtp.say(`RCPT TO:<${user}@example.com>`));
      smtp.close();
      return heard;
    }

    for (const { title, client, sender, refusal, isRefused } of listed) {
      test(title, async () => {
        const all = [...CHOICES, ...SINGLE];
        const heard = await replies(
          { client, sender },
          all.map(({ user }) => user),
        );
        for (const [i, choice] of all.entries()) {
          const wanted = isRefused(choice) ? refusal : /^250 2\.1\.5 Ok$/;
          assert.match(heard[i] ?? '', wanted, choice.user);
        }
      });
    }

    test('who is listed twice is refused when one of the answers counts', async () => {
      const heard = await replies({ client: twice }, ['sales', 'only-class_multi_rbl', 'other']);
      assert.match(
        heard[0] ?? '',
        /^554 5\.7\.1 <127\.1\.0\.4>: Access denied: 203\.0\.113\.\d+ listed by MAPS RSS\./,
      );
      assert.match(heard[1] ?? '', /^250/);
      assert.match(heard[2] ?? '', /^554 5\.7\.1 <127\.1\.0\.[24]>/);
    });

    test('class-nofalsenegatives-blocking refuses everybody, class-no-blocking nobody', async () => {
      const heard = await replies({}, ['gone', 'postmaster', 'other']);
      assert.match(
        heard[0] ?? '',
        /^554 5\.7\.1 <gone@example\.com>: Recipient address rejected: Access denied/,
      );
      assert.deepEqual(heard.slice(1), ['250 2.1.5 Ok', '250 2.1.5 Ok']);
    });

    test('user-exceptions: one sender for one user, by hash and by pcre', async () => {
      const client = listed[0]?.client ?? '';
      const friend = await replies({ client, sender: 'friend@dialup.example' }, ['regularguy', 'webmaster']);
      assert.match(friend[0] ?? '', /^250/);
      assert.match(friend[1] ?? '', /^554 .* listed by Visi RSL/);
      const list = await replies({ client, sender: 'owner-x@lists.example' }, ['spamshy', 'regularguy']);
      assert.match(list[0] ?? '', /^250/);
      assert.match(list[1] ?? '', /^554 .* listed by Visi RSL/);
      const foe = await replies({ sender: 'stalker@far.example' }, ['sales', 'webmaster']);
      assert.match(
        foe[0] ?? '',
        /^554 5\.7\.1 <stalker@far\.example\|sales@example\.com>: Access denied: Please do not/,
      );
      assert.match(foe[1] ?? '', /^250/);
    });

    const features: readonly (readonly [
      feature: string,
      attempt: Parameters<typeof replies>[0],
      says: Readonly<Record<string, RegExp>>,
    ])[] = [
      [
        'class_reject_invalid_hostname',
        { helo: 'two..dots' },
        {
          regularguy: /^501 5\.5\.2 <two\.\.dots>: Helo command rejected: Invalid name/,
          webmaster: /^250/,
          other: /^501/,
        },
      ],
      [
        'class_reject_non_fqdn_hostname',
        { helo: 'laptop' },
        {
          spamshy: /^504 5\.5\.2 <laptop>: Helo command rejected: need fully-qualified hostname/,
          regularguy: /^250/,
          other: /^504/,
        },
      ],
      [
        'class_reject_unknown_hostname',
        { helo: 'nobody-knows.example' },
        {
          spamshy: /^450 4\.7\.1 <nobody-knows\.example>: Helo command rejected: Host not found/,
          regularguy: /^250/,
          other: /^450/,
        },
      ],
      [
        'class_reject_unknown_client',
        { client: '192.0.2.77', helo: 'h1.isp.example' },
        {
          bofh: /^450 4\.7\.25 Client host rejected: cannot find your hostname, \[192\.0\.2\.77\]/,
          regularguy: /^250/,
          other: /^450 4\.7\.25/,
        },
      ],
      [
        'class_client_bad_domains',
        { client: '203.0.113.254', helo: 'h1.isp.example' },
        {
          webmaster: /^554 5\.7\.1 <bulk\.example\[203\.0\.113\.254\]>: Client host rejected: Bulk mail/,
          sales: /^250/,
          other: /^250/,
        },
      ],
      [
        'class_sender_bad_domains',
        { sender: 'a@bargains.example' },
        {
          regularguy: /^554 5\.7\.1 <a@bargains\.example>: Sender address rejected: Bargains/,
          sales: /^250/,
        },
      ],
      [
        'class_bad_networks',
        { client: '198.51.100.200', helo: 'h1.isp.example' },
        {
          webmaster: /^554 5\.7\.1 <unknown\[198\.51\.100\.200\]>: Client host rejected: This network/,
          sales: /^250/,
        },
      ],
      [
        'class_slum_domains',
        { sender: 'a@free-for-a-day.example' },
        {
          regularguy: /^554 5\.7\.1 <a@free-for-a-day\.example>: Sender address rejected: Write from/,
          webmaster: /^250/,
          other: /^554/,
        },
      ],
      [
        'reject_unknown_sender_domain',
        { sender: 'a@nowhere.example' },
        { postmaster: /^450 4\.1\.8 <a@nowhere\.example>: Sender address rejected: Domain not found/ },
      ],
    ];
    for (const [feature, attempt, says] of features) {
      test(feature, async () => {
        const heard = await replies(attempt, Object.keys(says));
        for (const [i, [user, pattern]] of Object.entries(says).entries())
          assert.match(heard[i] ?? '', pattern, user);
      });
    }

    test('a hard refusal comes before a soft one', async () => {
      const client = listed[0]?.client ?? '';
      const [heard] = await replies({ client, helo: 'nobody-knows.example' }, ['spamshy']);
      assert.match(heard ?? '', /^554 .* listed by Visi RSL/);
    });

    test('permit_auth_destination, reject: mail for others is refused', async () => {
      const smtp = new SmtpClient(25, clean, '192.0.2.25');
      const heard = await smtp.dialogue(
        `EHLO ${nameOf(clean)}`,
        'MAIL FROM:<someone@good.example>',
        'RCPT TO:<joe@elsewhere.example>',
      );
      assert.match(heard, /^554 5\.7\.1 <joe@elsewhere\.example>: Relay access denied/);
      smtp.close();
    });

    test('the log has sender and victim of every refusal', () => {
      const refused = gateway
        .events()
        .map(({ msg }) => String(msg))
        .find((msg) => msg.includes('listed by Visi RSL'));
      assert.match(
        refused ?? '',
        /from=<someone@good\.example> to=<\S+@example\.com> proto=ESMTP helo=<h\d+\.isp\.example>$/,
      );
    });
  });
}

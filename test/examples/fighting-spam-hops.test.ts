/**
 * "Fighting Spam with Postfix" with its own Postfix: the article's main.cf and master.cf serve in a real Postfix, and the
 * gateway stands where clamsmtpd, both dkfilters, gld and the SPF script stood.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EICAR, mailWith, noClamd } from '../content/clamav/real-clamd.ts';
import { ownNetwork } from '../support/own-network.ts';
import { noPostfix, RealPostfix } from '../support/real-postfix.ts';
import { ServedGateway } from '../support/served-gateway.ts';
import { until } from '../support/until.ts';
import {
  DIRECTORY,
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

const GATEWAY_MAIN = `
myhostname = mail.your.domain
mydestination =
mynetworks = 127.0.0.0/8
worker_processes = 1
`;
/** In the place of the article's script. */
const SPF = `
spf unix - - n - - policy
    -o smtpd_recipient_restrictions=reject_spf_fail
`;

const network = ownNetwork();
if (network) {
  const skip = network.skip || noPostfix || (noClamd ?? false);
  describe('the article of 2007, around a real Postfix', { skip }, () => {
    let town: Town;
    let postfix: RealPostfix;
    let gateway: ServedGateway;

    before(async () => {
      town = await Town.build();
      edit('master.cf', { 'greylist_delay=60s': 'greylist_delay=1s', $config_directory: DIRECTORY });
      edit('main.cf', {
        $config_directory: DIRECTORY,
        'mydomain = your.domain': `mydomain = your.domain\ninet_interfaces = ${OUR_ADDRESS}, 127.0.0.1`,
        'master_service_disable = 127.0.0.1:10026/inet': '',
        'smtpd_sasl_auth_enable = yes': '', // Cyrus SASL is not at hand
      });
      town.compile();
      const master = readFileSync(join(DIRECTORY, 'master.cf'), 'utf8');
      const [articles = '', ours] = master.split('# What the article has daemons for');
      postfix = await RealPostfix.start({
        main: `${readFileSync(join(DIRECTORY, 'main.cf'), 'utf8')}relayhost = [127.0.0.1]:${WORLD_PORT}\n`,
        master: articles.replace(/^spf [\s\S]*?\n\n/m, ''),
        queueDirectories: ['verify'],
      });
      const directory = mkdtempSync('/var/lib/portcullis/');
      writeFileSync(join(directory, 'main.cf'), GATEWAY_MAIN);
      writeFileSync(join(directory, 'master.cf'), `#${ours}${SPF}`);
      gateway = await ServedGateway.start(directory);
    });
    after(async () => {
      await gateway?.stop();
      postfix?.stop();
      await town?.leave();
    });

    const fromFar = { port: 25, client: '203.0.113.11' };
    const fromHere = { port: 9025, client: '127.0.0.1', host: '127.0.0.1' };
    const toAnn = (name: string) => letter(name, `hello ${name}`, 'bill@far.example', 'ann@your.domain');
    const toPen = (name: string) => letter(name, `hello ${name}`, 'ann@your.domain', 'pen@elsewhere.example');

    /** It has left for the world, signed and scanned. */
    async function assertSignedAway(name: string): Promise<void> {
      const found = () => town.world.received.find(({ wire }) => wire.includes(`hello ${name}`));
      const { wire } = await until(found, () => `"${name}" did not go away\n${postfix.log().slice(-2000)}`);
      assert.deepEqual(await verdictsOf(wire), ['pass your.domain selector1']);
      assert.match(wire.toString(), /^X-Virus-Scanned: ClamAV using ClamSMTP\r$/m);
    }

    test('gld: Postfix asks 127.0.0.1:2525, and makes a newcomer come back', async () => {
      const words =
        /450 4\.2\.0 <ann@your\.domain>: Recipient address rejected: Greylisting in action, please try later/;
      await assert.rejects(postFrom(fromFar, toAnn('zero')), words);
      const again = () =>
        postFrom(fromFar, toAnn('zero')).then(
          () => true,
          () => false,
        );
      await until(again, () => `it is never let in\n${postfix.log().slice(-2000)}`);
    });

    test('SPF: Postfix asks unix:private/spf', async () => {
      await assert.rejects(
        postFrom({ port: 25, client: '192.0.2.99' }, toAnn('forged')),
        /550 5\.7\.23 <ann@your\.domain>: .*SPF/i,
      );
    });

    test('dkfilter.in and clamsmtpd: 25 and 465 to 10027, 10025, 10026 and the mailbox', async () => {
      for (const [name, door] of [
        ['one', fromFar],
        ['two', { ...fromFar, port: 465, secure: true }],
      ] as const) {
        await postFrom({ ...door, dkim: town.farKey }, toAnn(name));
        const mail = await postfix.mail('ann@your.domain', `hello ${name}`);
        assert.match(
          mail,
          /^Authentication-Results: mail\.your\.domain; dkim=pass \(2048-bit key\)\s+header\.d=far\.example/m,
        );
        assert.match(mail, /^X-Virus-Scanned: ClamAV using ClamSMTP$/m);
        assert.deepEqual(hopsOf(mail), [
          'by mail.your.domain from mail.your.domain [127.0.0.1]', // 10026
          'by mail.your.domain from mail.your.domain [127.0.0.1]', // 10027; 10025 is told of this client
          'by mail.your.domain from client.example [203.0.113.11]', // 25
        ]);
      }
    });

    test('dkfilter.out: 587, 9025 and pickup to 10028, 10025, 10026 and away', async () => {
      await postFrom({ ...fromHere, port: 587, secure: true }, toPen('three'));
      await assertSignedAway('three');
      await postFrom(fromHere, toPen('four'));
      await assertSignedAway('four');
      const { raw } = toPen('five');
      postfix.sendmail('ann@your.domain', 'pen@elsewhere.example', raw.replaceAll('\r\n', '\n'));
      await assertSignedAway('five');
    });

    test('clamsmtpd: a virus is dropped, and nobody gets a bounce', async () => {
      const raw = mailWith(EICAR).toString('latin1');
      await postFrom(fromFar, { from: 'bill@far.example', to: 'ann@your.domain', raw });
      await until(
        () => virusNotices().includes(' for ann@your.domain'),
        () => `no notice\n${gateway.output.slice(-2000)}`,
      );
      await until(
        () => postfix.queueIsEmpty(),
        () => `something is left in the queue\n${postfix.log().slice(-2000)}`,
      );
      assert.ok(!postfix.mails('ann@your.domain').some((mail) => mail.includes('thing.bin')));
      assert.ok(!town.world.received.some(({ sender }) => sender.includes('<>')), 'no bounce');
    });
  });
}

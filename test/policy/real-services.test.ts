/** postgrey, policyd-spf and postfwd as Debian has them, unchanged, behind our gateway. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { Served } from '../accounts/served.ts';
import { PolicyAsker } from '../server/policy-asker.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { mountAt, ownNetwork } from '../support/own-network.ts';
import { rcptReply, SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

const programs = ['/usr/sbin/postgrey', '/usr/bin/policyd-spf', '/usr/sbin/postfwd2'];
const absent = programs.filter((program) => !existsSync(program));
const missing = absent.length > 0 && `not installed: ${absent.join(' ')}`;

/** Behind each of these ports of ours another service is asked. */
const ports = { postgrey: 2501, policydSpf: 2502, postfwd: 2503, braces: 2504 };

const MASTER = `
127.0.0.1:${ports.postgrey} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=check_policy_service,inet:127.0.0.1:10023
127.0.0.1:${ports.policydSpf} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=check_policy_service,unix:private/policyd-spf
    -o spf_verify=no
127.0.0.1:${ports.postfwd} inet n - n - - smtpd
    -o smtpd_recipient_restrictions=check_policy_service,inet:127.0.0.1:10040
127.0.0.1:${ports.braces} inet n - n - - smtpd
    -o { smtpd_recipient_restrictions = check_policy_service { inet:127.0.0.1:10040, timeout=2s, try_limit=1, { default_action = 450 4.7.0 come back } }, check_sender_access static:{PREPEND X-Then: asked} }
127.0.0.1:2525 inet n n - - - policy -o smtpd_recipient_restrictions=check_greylist
policyd-spf unix - n n - 0 spawn
    user=nobody argv=/usr/bin/policyd-spf
`;
const RULES = [
  'id=NO; sender=bad@far.test; action=REJECT 5.7.1 postfwd says no',
  'id=LATER; sender=slow@far.test; action=450 4.7.1 postfwd says later',
  'id=TELL; sender=good@far.test; action=PREPEND X-Postfwd: seen',
];
const ZONE = ['far.test TXT v=spf1 ip4:198.51.100.1 -all', 'soft.test TXT v=spf1 ~all'];

/** On a quiet machine it is more than five times; beside other work the client is what takes long. */
const LEAST_SPEED_UP = 1.5;

const network = ownNetwork();
if (network) {
  describe('policy services of others', { skip: network.skip || missing }, () => {
    const gateway = new Served();
    const dns = new DnsServer(ZONE);
    let postgrey: ChildProcess;
    let backend: FakeBackend;

    before(async () => {
      await dns.listen(53);
      backend = await FakeBackend.start();
      await gateway.prepare(`
smtpd_sasl_auth_enable = no
relay_domains = ours.test
queue_directory = ${gateway.directory}/queue
policy_authorized_clients = 127.0.0.1
greylist_delay = 1s
smtpd_proxy_filter = 127.0.0.1:${backend.port}
smtpd_relay_restrictions = reject_unauth_destination
`);
      gateway.write('resolv.conf', 'nameserver 127.0.0.1\n');
      mountAt(join(gateway.directory, 'resolv.conf'), '/etc/resolv.conf');
      gateway.write('master.cf', `127.0.0.1:${gateway.port} inet n - n - - smtpd\n${MASTER}`);
      postgrey = startPostgrey();
      startPostfwd();
      await Promise.all([gateway.start(), listens(10023), listens(10040)]);
    });
    after(async () => {
      postgrey.kill();
      killPostfwd();
      await gateway.stop();
      await backend.stop();
      await dns.close();
    });

    function startPostgrey(): ChildProcess {
      const home = join(gateway.directory, 'postgrey');
      mkdirSync(home);
      spawnSync('chown', ['postgrey:postgrey', home]);
      const args = ['--inet=10023', '--delay=1', `--dbdir=${home}`, `--pidfile=${home}/pid`];
      return spawn('postgrey', args, { stdio: 'ignore' });
    }

    /** It goes into the background by itself. */
    function startPostfwd(): void {
      const [rules, pid] = ['rules', 'postfwd.pid'].map((name) => join(gateway.directory, name));
      writeFileSync(rules as string, `${RULES.join('\n')}\n`);
      const where = ['--interface=127.0.0.1', '--port=10040', '--user=nobody', '--group=nogroup'];
      const args = ['--daemon', `--file=${rules}`, `--pidfile=${pid}`, ...where];
      const { status } = spawnSync('postfwd2', args, { stdio: 'ignore' });
      assert.equal(status, 0);
    }

    function killPostfwd(): void {
      const pid = readFileSync(join(gateway.directory, 'postfwd.pid'), 'utf8');
      process.kill(-Number(pid), 'SIGKILL');
      rmSync(join(gateway.directory, 'postfwd.pid')); // else it takes itself for running
    }

    const ask = (port: number, from: string, sender: string) =>
      rcptReply(port, from, 'joe@ours.test', sender);

    async function deliver(port: number, from: string, sender: string): Promise<string> {
      const client = new SmtpClient(port, from);
      const lines = [
        'EHLO c.test',
        `MAIL FROM:<${sender}>`,
        'RCPT TO:<joe@ours.test>',
        'RCPT TO:<jim@ours.test>',
      ];
      assert.match(await client.dialogue(...lines, 'DATA'), /^354 /);
      assert.match(await client.say('Subject: x\r\n\r\nhello\r\n.'), /^250 /);
      client.close();
      return backend.received.at(-1)?.wire.toString() ?? '';
    }

    test('postgrey: defers a newcomer, and tells in the mail how long it took', async () => {
      const reply = await ask(ports.postgrey, '198.51.100.7', 'ann@grey.test');
      assert.match(reply, /^450 4\.2\.0 <joe@ours\.test>: Recipient address rejected: Greylisted, see http/);
      await ask(ports.postgrey, '198.51.100.7', 'ann@grey.test');
      await rcptReply(ports.postgrey, '198.51.100.7', 'jim@ours.test', 'ann@grey.test');
      await sleep(2_000);
      const mail = await deliver(ports.postgrey, '198.51.100.7', 'ann@grey.test');
      assert.match(mail, /^X-Greylist: delayed \d+ seconds by postgrey-/m);
    });

    test('policyd-spf, started by us: refuses a forger and tells of others, once for a mail', async () => {
      const reply = await ask(ports.policydSpf, '198.51.100.9', 'ann@far.test');
      assert.match(
        reply,
        /^550 5\.7\.23 <joe@ours\.test>: Recipient address rejected: Message rejected due to: SPF fail/,
      );
      const mail = await deliver(ports.policydSpf, '198.51.100.1', 'ann@far.test');
      assert.equal(mail.match(/^Received-SPF: Pass \(mailfrom\)/gm)?.length, 1, mail);
    });

    test('postfwd: refuses, defers and prepends by its rules', async () => {
      const port = ports.postfwd;
      assert.match(
        await ask(port, '198.51.100.7', 'bad@far.test'),
        /^554 5\.7\.1 <joe@ours\.test>: Recipient address rejected: postfwd says no$/,
      );
      assert.match(await ask(port, '198.51.100.7', 'slow@far.test'), /^450 4\.7\.1 .*postfwd says later$/);
      assert.match(await deliver(port, '198.51.100.7', 'good@far.test'), /^X-Postfwd: seen\r\n/m);
      assert.match(await ask(port, '198.51.100.7', 'other@far.test'), /^250 /);
    });

    test('our greylisting answers several times as many questions as postgrey', async (t) => {
      const [ours, theirs] = [2525, 10023];
      for (const port of [ours, theirs]) await questionsPerSecond(port, 1, 50);
      await sleep(2_000);
      for (const port of [ours, theirs]) assert.equal(await lastAnswer(port), 'DUNNO', 'a known triplet');
      for (const connections of [1, 10]) {
        const best = { ours: 0, theirs: 0 };
        for (let round = 0; round < 2; round++) {
          best.ours = Math.max(best.ours, await questionsPerSecond(ours, connections, 250));
          best.theirs = Math.max(best.theirs, await questionsPerSecond(theirs, connections, 250));
        }
        const figures = `${best.ours} questions a second, postgrey ${best.theirs}`;
        t.diagnostic(`${connections} connections: ${figures}`);
        assert.ok(best.ours > LEAST_SPEED_UP * best.theirs, figures);
      }
    });

    test('a service that is killed counts as its default action until it is back', async () => {
      killPostfwd();
      await until(
        async () => !(await isListening(10040)),
        () => 'postfwd does not die',
      );
      assert.match(await ask(ports.braces, '198.51.100.7', 'good@far.test'), /^450 4\.7\.0 .*come back$/);
      assert.match(
        await ask(ports.postfwd, '198.51.100.7', 'good@far.test'),
        /^451 4\.3\.5 .*Server configuration problem$/,
      );
      await gateway.logged(/problem talking to server inet:127\.0\.0\.1:10040: /);
      startPostfwd();
      await listens(10040);
      assert.match(
        await ask(ports.postfwd, '198.51.100.7', 'bad@far.test'),
        /^554 5\.7\.1 .*postfwd says no$/,
      );
      assert.match(
        await deliver(ports.braces, '198.51.100.7', 'good@far.test'),
        /^X-Postfwd: seen\r\nX-Then: asked\r\n/m,
      );
    });
  });
}

const KNOWN = { client_address: '198.51.100.20', sender: 'fast@far.test', instance: '' };

/** Each connection asks the next question when it has heard the answer. */
async function questionsPerSecond(port: number, connections: number, forMs: number): Promise<number> {
  const began = performance.now();
  let answers = 0;
  const ask = async () => {
    const asker = new PolicyAsker({ host: '127.0.0.1', port });
    for (; performance.now() - began < forMs; answers++) await asker.ask(KNOWN);
    asker.close();
  };
  await Promise.all(Array.from({ length: connections }, ask));
  return Math.round((answers * 1000) / (performance.now() - began));
}

/** Twice, because the first one may be told how long it was made to wait. */
async function lastAnswer(port: number): Promise<string> {
  const asker = new PolicyAsker({ host: '127.0.0.1', port });
  await asker.ask(KNOWN);
  const answer = await asker.ask(KNOWN);
  asker.close();
  return answer;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function listens(port: number): Promise<void> {
  await until(
    () => isListening(port),
    () => `nobody listens on ${port}`,
  );
}

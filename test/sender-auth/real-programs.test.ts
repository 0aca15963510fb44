/**
 * Senders and signatures between real programs: swaks logs in at our submission ports, a real Postfix takes the signed mail
 * on its way, opendkim and dkimpy verify it at the other end; and mail that opendkim has signed is verified by us.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { PasswordEditor } from '../../src/accounts/password-editor.ts';
import { DnsServer } from '../../src/demo/dns-server.ts';
import { testCertificate, testKey } from '../smtp/certificate.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { mountAt, ownNetwork } from '../support/own-network.ts';
import { noPostfix, RealPostfix } from '../support/real-postfix.ts';
import { ServedGateway } from '../support/served-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';
import { edPem, edRecord, rsaPem, rsaRecord } from './signed-message.ts';

const GATEWAY = '192.0.2.1';
/** The mail server of far.example: the same Postfix, with opendkim as its milter. */
const FAR = '203.0.113.10';
const MILTER_PORT = 8891;
const LAPTOP = '198.51.100.7';
const WORLD_PORT = 2600;

/** Both keys of home.example, and far.example, which signs with opendkim and wants to see forgeries refused. */
const ZONE = [
  `rsa._domainkey.home.example TXT ${rsaRecord}`,
  `ed._domainkey.home.example TXT ${edRecord}`,
  `far._domainkey.far.example TXT ${rsaRecord}`,
  'far.example TXT v=spf1 ip4:203.0.113.10 -all',
  '_dmarc.far.example TXT v=DMARC1; p=reject',
];

const STRANGER = '198.51.100.66';

const MAIN = `
compatibility_level = 3.6
myhostname = mx.home.example
mydestination =
local_recipient_maps =
relay_domains = home.example
inet_interfaces = ${GATEWAY}, 127.0.0.1
mynetworks = 127.0.0.1
smtpd_proxy_filter = 127.0.0.1:10026
smtpd_peername_lookup = no
dns_servers = 127.0.0.1:53
data_directory = $config_directory/data
state_store = sqlite:$config_directory/data/state.db
worker_processes = 1
dmarc_policy = enforce
smtpd_tls_security_level = may
smtpd_tls_cert_file = $config_directory/cert.pem
smtpd_tls_key_file = $config_directory/key.pem
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions = permit_mynetworks, permit_correspondent, check_greylist
dkim_signing_maps = inline:{ { home.example = home.example:rsa:rsa.pem, home.example:ed:ed.pem } }
greylist_whitelist = inline:{ ${STRANGER}=trusted }
smtpd_sender_login_maps = inline:{ ann@home.example=ann }
`;
const SUBMISSION = `
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_sender_restrictions=reject_sender_login_mismatch
  -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject
  -o always_add_missing_headers=yes
  -o smtpd_hide_client_session=yes
  -o dkim_sign=yes
  -o learn_correspondents=yes
`;
const POSTFIX = `
127.0.0.1:10026 inet n - n - - smtpd
  -o smtpd_authorized_xforward_hosts=127.0.0.0/8
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
${FAR}:25 inet n - n - - smtpd
  -o mynetworks=0.0.0.0/0
  -o smtpd_milters=inet:127.0.0.1:${MILTER_PORT}
  -o content_filter=far:[${GATEWAY}]:25
far unix - - n - - smtp
  -o smtp_bind_address=${FAR}
  -o smtp_helo_name=mx.far.example
`;
const OPENDKIM = `
Syslog no
Socket inet:${MILTER_PORT}@127.0.0.1
Mode s
Domain far.example
Selector far
KeyFile /etc/postfix/far.pem
SignatureAlgorithm rsa-sha256
Canonicalization relaxed/simple
OversignHeaders From
InternalHosts csl:0.0.0.0/0
RequireSafeKeys no
`;
const MASTER = `
smtp inet n - n - - smtpd
submission inet n - n - - smtpd
  -o smtpd_tls_security_level=encrypt${SUBMISSION}
submissions inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes${SUBMISSION}
127.0.0.1:9025 inet n - n - - smtpd
  -o smtpd_recipient_restrictions=permit_mynetworks,reject
  -o dkim_sign=yes
`;

const missing = ['swaks', 'opendkim', 'opendkim-testmsg', 'dkimverify'].find(
  (program) => spawnSync('which', [program]).status !== 0,
);

const network = ownNetwork();
if (network) {
  describe('senders and signatures between real programs', {
    skip: network.skip || noPostfix || (missing !== undefined && `${missing} is not installed`),
  }, () => {
    const directory = mkdtempSync(join(tmpdir(), 'signed-'));
    const dns = new DnsServer(ZONE);
    let world: FakeBackend;
    let postfix: RealPostfix;
    let gateway: ServedGateway;
    let opendkim: ChildProcess;

    before(async () => {
      chmodSync(directory, 0o755);
      await dns.listen(53);
      write('resolv.conf', 'nameserver 127.0.0.1\n');
      mountAt(join(directory, 'resolv.conf'), '/etc/resolv.conf');
      mkdirSync(join(directory, 'gateway'));
      const files = { 'main.cf': MAIN, 'master.cf': MASTER, 'cert.pem': testCertificate, 'key.pem': testKey };
      for (const [name, text] of Object.entries(files)) write(`gateway/${name}`, text);
      write('gateway/rsa.pem', rsaPem, 0o600);
      write('gateway/ed.pem', edPem, 0o600);
      await new PasswordEditor(join(directory, 'gateway/passwd')).set('ann', 'secret');
      world = await FakeBackend.start({}, { port: WORLD_PORT });
      postfix = await RealPostfix.start({
        main: `myhostname = in.home.example\nmydestination = home.example\nrelayhost = [127.0.0.1]:${WORLD_PORT}\n`,
        master: POSTFIX,
        files: { 'far.pem': rsaPem },
      });
      write('opendkim.conf', OPENDKIM);
      opendkim = spawn('opendkim', ['-f', '-x', join(directory, 'opendkim.conf')], { stdio: 'ignore' });
      gateway = await ServedGateway.start(join(directory, 'gateway'));
    });
    after(async () => {
      await gateway?.stop();
      opendkim?.kill();
      postfix?.stop();
      await world?.stop();
      await dns.close();
      rmSync(directory, { recursive: true, force: true });
    });

    function write(name: string, text: string, mode = 0o644): void {
      writeFileSync(join(directory, name), text, { mode });
    }

    /** Runs a program; what it printed. */
    async function run(program: string, args: readonly string[], input = '') {
      const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
      let text = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (bytes) => {
          text += bytes.toString('latin1');
        });
      }
      child.stdin.on('error', () => {}); // a program that does not read to the end
      child.stdin.end(Buffer.from(input, 'latin1'));
      const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return { status, text };
    }

    async function swaks(to: string, data: string, ...more: readonly string[]) {
      const { status, text } = await run('swaks', [
        ...['--server', GATEWAY, '--local-interface', LAPTOP, '--ehlo', 'laptop.secret.example'],
        ...['--from', 'ann@home.example', '--to', to, '--data', data, ...more],
      ]);
      return { status, text };
    }

    const login = ['--auth-user', 'ann', '--auth-password', 'secret'];

    /** The mail with this text as the world has got it. */
    async function arrived(text: string): Promise<string> {
      const found = () => world.received.find(({ wire }) => wire.includes(text));
      const { wire } = await until(
        found,
        () => `no "${text}"\n${postfix.log()}\n${gateway.output.slice(-4000)}`,
      );
      return wire.toString('latin1').replace(/^\.\./gm, '.');
    }

    /** Two programs that know nothing of us find both of our signatures good. */
    async function assertSigned(mail: string): Promise<void> {
      assert.equal(mail.match(/^DKIM-Signature: /gm)?.length, 2, mail);
      const found = await Promise.all(['0', '1'].map((index) => dkimpy(mail, index)));
      assert.deepEqual(found, ['signature ok', 'signature ok']);
      assert.deepEqual(await run('opendkim-testmsg', [], mail), { status: 0, text: '' });
    }

    async function dkimpy(mail: string, index: string): Promise<string> {
      return (await run('dkimverify', ['--index', index], mail)).text.trim();
    }

    for (const [port, mechanism, how] of [
      ['587', 'PLAIN', '--tls'],
      ['587', 'LOGIN', '--tls'],
      ['465', 'PLAIN', '--tls-on-connect'],
    ] as const) {
      test(`swaks logs in with ${mechanism} at port ${port}, and the mail is signed with both keys`, async () => {
        const name = `${port} ${mechanism}`;
        const data = `From: Ann <ann@home.example>\\nTo: pen@far.example\\nSubject: ${name}\\nBcc: x@far.example\\n\\n.hidden ${name}\\n`;
        const door = ['--port', port, how, '--auth', mechanism];
        const { status, text } = await swaks('pen@far.example', data, ...door, ...login);
        assert.equal(status, 0, text);
        const mail = await arrived(`.hidden ${name}`);
        await assertSigned(mail);
        assert.doesNotMatch(mail, /^Bcc:/im);
        assert.match(mail, /^Date: \w{3}, /m);
        assert.match(mail, /^Message-Id: <[\w.]+@mx\.home\.example>\r$/m);
        for (const secret of ['laptop.secret.example', LAPTOP]) assert.ok(!mail.includes(secret), mail);
      });
    }

    test('nobody gets in without a login, without TLS or under another name', async () => {
      const from = (...more: string[]) => swaks('pen@far.example', 'Subject: x\\n\\nx\\n', ...more);
      const said = async (...more: string[]) => (await from(...more)).text;
      assert.match(
        await said('--port', '587', '--tls'),
        /\* 553 5\.7\.1 .*Sender address rejected: not logged in/,
      );
      assert.match(
        await said('--port', '587', '--auth', 'PLAIN', ...login),
        /Host did not advertise authentication/,
      );
      const wrong = ['--auth-user', 'ann', '--auth-password', 'wrong'];
      assert.match(await said('--port', '587', '--tls', '--auth', 'PLAIN', ...wrong), /\* 535 5\.7\.8 /);
      const other = ['--from', 'boss@home.example', '--auth', 'PLAIN', ...login];
      assert.match(
        await said('--port', '587', '--tls', ...other),
        /\* 553 5\.7\.1 <boss@home\.example>: Sender address rejected: not /,
      );
    });

    test('local tools at 9025 are signed for without a login', async () => {
      const data = 'From: <ann@home.example>\\nTo: pen@far.example\\nSubject: report\\n\\nnightly\\n';
      const local = ['--server', '127.0.0.1', '--local-interface', '127.0.0.1', '--port', '9025'];
      const { status, text } = await swaks('pen@far.example', data, ...local);
      assert.equal(status, 0, text);
      const mail = await arrived('nightly');
      await assertSigned(mail);
      const changed = mail.replace(/^Subject: /m, 'Subject: no ');
      assert.equal(await dkimpy(changed, '0'), 'signature verification failed', 'they do look');
      assert.notEqual((await run('opendkim-testmsg', [], changed)).status, 0);
    });

    /** The answer to a mail that somebody brings, or to its recipient when that is refused. */
    async function deliver(client: string, sender: string, message: string): Promise<string> {
      const smtp = new SmtpClient(25, client, GATEWAY);
      try {
        const said = await smtp.dialogue(
          'EHLO there.example',
          `MAIL FROM:<${sender}>`,
          'RCPT TO:<ann@home.example>',
        );
        if (!said.startsWith('250')) return said;
        await smtp.say('DATA');
        return await smtp.say(`${message}.`);
      } finally {
        smtp.close();
      }
    }

    const PEN = 'pen@far.example';

    test('the answer of a correspondent passes greylisting at once, and the signature of opendkim is good', async () => {
      assert.match(await deliver(FAR, 'other@far.example', ''), /^450 4\.2\.0 .*Greylisting in action/);
      const data = `From: Pen <${PEN}>\\nTo: ann@home.example\\nSubject: answer\\n\\nhello from afar\\n`;
      const server = ['--server', FAR, '--port', '25', '--from', PEN];
      const { status, text } = await swaks('ann@home.example', data, ...server);
      assert.equal(status, 0, text);
      const mail = await postfix.mail('ann@home.example', 'hello from afar');
      const [results = ''] = /^Authentication-Results: mx\.home\.example;.*\n(?:\t.*\n)+/m.exec(mail) ?? [];
      assert.match(results, /spf=pass .*dkim=pass \(2048-bit key\)\s+header\.d=far\.example.*dmarc=pass/s);
    });

    test('a forged answer does not: not without proof, and not against the policy of its domain', async () => {
      const mail = await postfix.mail('ann@home.example', 'hello from afar');
      const signed = mail.slice(mail.indexOf('DKIM-Signature:')).replaceAll('\n', '\r\n');
      assert.match(await deliver('198.51.100.67', PEN, signed), /^450 4\.2\.0 .*Greylisting in action/);
      const forged = signed.replace('hello from afar', 'send money');
      assert.match(
        await deliver(STRANGER, 'x@elsewhere.example', forged),
        /^550 5\.7\.26 Refused as the DMARC policy of far\.example asks: /,
      );
      assert.match(await deliver(STRANGER, 'x@elsewhere.example', signed), /^250 /, 'forwarded as it was');
    });
  });
}

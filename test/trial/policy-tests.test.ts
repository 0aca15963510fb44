/** The tests beside a configuration: `check` runs them, and a reload that they speak against is not taken into use. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Complaint } from '../../src/settings/complaint.ts';
import { readConfiguration } from '../../src/settings/configuration.ts';
import { readTests } from '../../src/trial/test-file.ts';
import { runTests } from '../../src/trial/test-run.ts';
import { Served } from '../accounts/served.ts';
import { portcullis } from '../support/program.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

const directory = mkdtempSync(join(tmpdir(), 'policy-tests-'));
after(() => rmSync(directory, { recursive: true }));

const FILES: Readonly<Record<string, string>> = {
  'main.cf': `
compatibility_level = 3.6
myhostname = mx.ours.test
mydestination =
relay_domains = ours.test
mynetworks = 10.0.0.0/8
relayhost = [127.0.0.1]:2599
data_directory = $config_directory/data
smtpd_relay_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
smtpd_recipient_restrictions =
    permit_mynetworks
    reject_unknown_client_hostname
    reject_unknown_sender_domain
    check_recipient_access texthash:$config_directory/recipients
    reject_rbl_client list.test
    check_greylist
header_checks = regexp:$config_directory/header_checks
`,
  'master.cf':
    'smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n',
  recipients:
    'gone@ours.test 550 5.1.1 moved away\nheld@ours.test HOLD have a look\nhole@ours.test DISCARD\n',
  header_checks: '/^Subject: spam/ REJECT no spam\n',
  'spam.eml': 'Subject: spam\n\nhello\n',
  'ham.eml': 'Subject: hello\n\nhello\n',
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(directory, name), text);

/** What all mails below have in common. */
const COMMON = `
dns 192.0.2.7 PTR mail.far.test
dns mail.far.test A 192.0.2.7
dns far.test MX 10 mail.far.test
dns dead.test SERVFAIL
client 192.0.2.7
helo mail.far.test
from ann@far.test
to joe@ours.test
`;

async function complaintsAbout(tests: string): Promise<string[]> {
  writeFileSync(join(directory, 'tests'), tests);
  const { complaints } = await runTests(readConfiguration(directory));
  return complaints.map(({ source, problem }) => `${source.line}: ${problem}`);
}

describe('a test says what must become of a mail', () => {
  const cases: [name: string, lines: string][] = [
    ['good mail arrives', 'expect accept'],
    [
      'a stranger to the greylist waits',
      'known no\nexpect defer\nby check_greylist\nreply 450 4.2.0 * 300 seconds',
    ],
    ['a client without a name', 'client 192.0.2.8\nexpect defer\nby reject_unknown_client_hostname'],
    ['a client with a name that is said', 'client 192.0.2.8 other.test\nexpect accept'],
    [
      'a listed client',
      'dns 192.0.2.7@list.test A 127.0.0.2\nexpect reject\nby reject_rbl_client list.test\nreply 554 5.7.1',
    ],
    ['a list that refuses us lists nobody', 'dns 192.0.2.7@list.test A 127.255.255.254\nexpect accept'],
    ['a sender of nowhere', 'from ann@nowhere.test\nexpect defer\nreply 450 4.1.8'],
    ['a domain in trouble', 'from ann@dead.test\nexpect defer\nreply 450 4.1.8'],
    ['bounces', 'from <>\nexpect accept'],
    ['our network', 'client 10.1.2.3\nto bob@far.test\nexpect accept'],
    ['no relay', 'to bob@far.test\nexpect reject\nby main.cf:9'],
    ['several recipients', 'to ann@ours.test, <bob@ours.test>\nexpect accept'],
    ['held', 'to held@ours.test\nmessage ham.eml\nexpect quarantine'],
    ['swallowed', 'to hole@ours.test\nmessage ham.eml\nexpect discard'],
    ['spam', 'message spam.eml\nexpect reject\nby header_checks\nreply 550 5.7.1 no spam'],
    ['a user', 'service submission\nuser ann\nto bob@far.test\nmessage ham.eml\nexpect accept'],
    ['nobody', 'service submission\nexpect reject\nby reject'],
  ];
  test('all of these are passed', async () => {
    const tests = COMMON + cases.map(([name, lines]) => `test ${name}\n${lines}\n`).join('\n');
    assert.deepEqual(await complaintsAbout(tests), []);
  });

  test('and none with another verdict', async () => {
    for (const verdict of ['accept', 'reject', 'defer'] as const) {
      const wrong = cases
        .filter(([, lines]) => !lines.includes(`expect ${verdict}`))
        .map(([name, lines]) => `test ${name}\n${lines.replace(/expect \w+/, `expect ${verdict}`)}\n`);
      const failed = (await complaintsAbout(COMMON + wrong.join('\n'))).length;
      assert.equal(failed, wrong.length, verdict);
    }
  });

  test('a failure names the line, what was wanted and what came', async () => {
    const [only, ...more] = await complaintsAbout(
      `${COMMON}\ntest no mail for the dead\nto gone@ours.test\nexpect accept\n`,
    );
    assert.equal(more.length, 0);
    assert.match(
      only ?? '',
      /^11: test "no mail for the dead" failed: expected accept, but got reject at RCPT by check_recipient_access \S+recipients \(main\.cf:\d+\) with "550 5\.1\.1 <gone@ours\.test>: Recipient address rejected: moved away"$/,
    );
  });

  test('a service or message that is not there', async () => {
    const found = await complaintsAbout(
      `${COMMON}\ntest a\nservice smtps\nexpect accept\ntest b\nmessage none.eml\nexpect accept\n`,
    );
    assert.equal(found.length, 2);
    assert.match(found[0] ?? '', /no SMTP service "smtps" in master\.cf; there are: smtp, submission/);
    assert.match(found[1] ?? '', /none\.eml: ENOENT/);
  });
});

test('mistakes in the file are told with their lines', () => {
  const complaints: Complaint[] = [];
  const text =
    'test\ntest one\nclient here\nexpect maybe\nto a@b\ncolour red\nhelo\ntls perhaps\ndns a B c\ntest two\n';
  readTests(text, 'tests', (complaint) => complaints.push(complaint));
  const found = complaints.map(({ source, problem, remedy }) => `${source.line}: ${problem}; ${remedy}`);
  for (const pattern of [
    /^1: "test" without a name/,
    /^3: client here; "here" is no IP address/,
    /^4: expect maybe; expect accept, reject/,
    /^6: unknown word "colour"; use test, dns, client/,
    /^7: helo; there is nothing behind it/,
    /^8: tls perhaps; it should be yes or no/,
    /^9: dns a B c; unknown type "B"/,
    /^10: test "two" has no client, no to, no expect/,
  ])
    assert.ok(
      found.some((line) => pattern.test(line)),
      `${pattern}\n${found.join('\n')}`,
    );
});

test('check runs them', async () => {
  writeFileSync(join(directory, 'tests'), `${COMMON}\ntest good\nexpect accept\n`);
  const good = await portcullis('check', '-c', directory, '--quiet');
  assert.match(good.out, /; 1 policy test passed$/m);
  writeFileSync(join(directory, 'tests'), `${COMMON}\ntest bad\nexpect reject\n`);
  const bad = await portcullis('check', '-c', directory, '--quiet');
  assert.equal(bad.status, 1);
  assert.match(bad.out, /errors:\n {2}tests:11: test "bad" failed: expected reject, but got accept at DATA/);
});

test('a reload that the tests speak against is not taken into use', async (t) => {
  const gateway = new Served();
  t.after(() => gateway.stop());
  const policy = (action: string) =>
    `smtpd_relay_restrictions =\nsmtpd_recipient_restrictions = check_sender_access inline:{{bad@far.test=${action}}}, reject_unauth_destination\n`;
  await gateway.prepare(policy('REJECT no'));
  gateway.write(
    'tests',
    'test the bad are kept out\nclient 192.0.2.1\nfrom bad@far.test\nto a@mx.home.test\nexpect reject\nby check_sender_access\n',
  );
  await gateway.start();
  const main = readFileSync(join(gateway.directory, 'main.cf'), 'utf8');
  gateway.write('main.cf', main.replace('REJECT no', 'DUNNO'));
  gateway.signal('SIGHUP');
  await gateway.logged(/test "the bad are kept out" failed/);
  await gateway.logged(/the new configuration cannot be used; the old one stays in force/);
  const refusal = async () => {
    const client = new SmtpClient(gateway.port);
    const reply = await client.dialogue(
      'EHLO a.test',
      'MAIL FROM:<bad@far.test>',
      'RCPT TO:<a@mx.home.test>',
    );
    client.close();
    return reply;
  };
  assert.match(await refusal(), /554 5\.7\.1 <bad@far\.test>: Sender address rejected: no/);
  gateway.write('main.cf', main.replace('REJECT no', 'REJECT never'));
  gateway.signal('SIGHUP');
  await until(
    async () => /rejected: never/.test(await refusal()),
    () => 'the good configuration is not in force',
  );
});

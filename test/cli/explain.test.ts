/** `history` and `explain`, with the real program: what was recorded is found and told, what might come is judged. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Attempt } from '../../src/record/attempt.ts';
import { Served } from '../accounts/served.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { portcullis } from '../support/program.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';

describe('a mail that might come', () => {
  let gateway: RunningGateway;
  before(async () => {
    gateway = await RunningGateway.start({
      mainCf: `
smtpd_recipient_restrictions =
    check_sender_access texthash:{dir}/senders,
    reject_unauth_destination,
    reject_rbl_client list.test,
    check_greylist
smtpd_restriction_classes = strict
strict = reject_unknown_sender_domain, reject
header_checks = regexp:{dir}/header_checks
state_store = sqlite:{dir}/state.db
`,
      masterCf:
        'smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd -o smtpd_recipient_restrictions=permit_sasl_authenticated,reject\n',
      files: {
        senders: '# whom we know\nbad@far.test REJECT go away\nodd.test strict\n',
        header_checks: '/^Subject: spam/ REJECT no spam\n',
        'good.eml': 'Subject: hello\n\nhello\n',
        'spam.eml': 'Subject: spam\n\nhello\n',
      },
      zone: [
        '9.2.0.192.list.test A 127.0.0.2',
        '2.0.0.127.list.test A 127.0.0.2',
        '7.2.0.192.in-addr.arpa PTR mail.far.test',
        'mail.far.test A 192.0.2.7',
        'odd.test A 192.0.2.8',
      ],
    });
  });
  after(() => gateway.stop());

  const explain = (...args: string[]) => portcullis('explain', '-c', gateway.directory, ...args);
  const mail = [
    '--client',
    '192.0.2.7',
    '--helo',
    'mail.far.test',
    '--from',
    'ann@far.test',
    '--to',
    'joe@ours.test',
  ];

  test('every restriction is told, with its place, what it asked and what it said', async () => {
    const { status, out } = await explain(...mail.with(1, '192.0.2.9'));
    assert.equal(status, 1);
    assert.match(out, /^\w+ {2}rejected at RCPT {2}/);
    assert.match(out, /client +unknown\[192\.0\.2\.9\]/);
    assert.match(out, /^ {2}recipient +check_sender_access texthash:\S+ +no opinion +main\.cf:\d+/m);
    assert.match(out, /^ {2}recipient +reject_rbl_client list\.test +REFUSES +main\.cf:\d+, \d/m);
    assert.match(out, /^ +9\.2\.0\.192\.list\.test -> 127\.0\.0\.2$/m);
    assert.doesNotMatch(out, /check_greylist/);
    assert.match(out, /^decided by +reject_rbl_client list\.test \(main\.cf:\d+\)$/m);
    assert.match(
      out,
      /^the client +heard: 554 5\.7\.1 Service unavailable; Client host \[192\.0\.2\.9\] blocked using list\.test$/m,
    );
  });

  test('the row of a table, and a class that it names', async () => {
    const row = await explain(...mail.with(5, 'bad@far.test'));
    assert.match(row.out, /bad@far\.test -> REJECT go away \(senders:2\)/);
    const inClass = await explain(...mail.with(5, 'x@odd.test'));
    assert.match(inClass.out, /odd\.test -> strict \(senders:3\)/);
    assert.match(inClass.out, /^ {2}strict +reject_unknown_sender_domain +no opinion/m);
    assert.match(inClass.out, /^ {2}strict +reject +REFUSES/m);
  });

  test('names come from the DNS, or as said', async () => {
    const asked = await explain(...mail);
    assert.match(asked.out, /client +mail\.far\.test\[192\.0\.2\.7\]/);
    const said = await explain(...mail, '--client-name', 'other.test');
    assert.match(said.out, /client +other\.test\[192\.0\.2\.7\]/);
  });

  test('memory does not change, unless it shall', async () => {
    const seconds = async (...more: string[]) => {
      const { out } = await explain(...mail, ...more);
      assert.match(out, /deferred at RCPT/);
      return Number(/(\d+) seconds/.exec(out)?.[1] ?? assert.fail(out));
    };
    assert.equal(await seconds(), 300);
    assert.equal(await seconds('--learn'), 300);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    assert.ok((await seconds()) < 300);
  });

  test('a message is looked into, and nothing is delivered', async () => {
    const submission = ['--service', 'submission', '--sasl-user', 'ann', '--message'];
    const good = await explain(...mail, ...submission, join(gateway.directory, 'good.eml'));
    assert.equal(good.status, 0, good.out);
    assert.match(good.out, /accepted at END-OF-MESSAGE/);
    assert.match(good.out, /^ {2}content +header_checks +no opinion/m);
    assert.match(good.out, /^next hop +127\.0\.0\.1:\d+$/m);
    const spam = await explain(...mail, ...submission, join(gateway.directory, 'spam.eml'));
    assert.equal(spam.status, 1);
    assert.match(spam.out, /header_checks +REFUSES +header_checks:1, .*\n +Subject: spam -> REJECT no spam/);
    assert.match(spam.out, /^the client +heard: 550 5\.7\.1 no spam$/m);
    assert.deepEqual(gateway.backend.received, []);
  });

  test('as JSON, a record', async () => {
    const { out } = await explain(...mail.with(5, 'bad@far.test'), '--json');
    const attempt = JSON.parse(out) as Attempt;
    assert.equal(attempt.verdict, 'reject');
    assert.equal(attempt.trace.at(-1)?.verdict, 'reject');
  });

  test('bad usage', async () => {
    for (const [args, problem] of [
      [[], /name the id of an attempt, or say with --client/],
      [['--client', 'x'], /--client x: it should be an IP address/],
      [['--client', '192.0.2.1', '--to', 'a@b'], /--to needs --from/],
      [['--client', '192.0.2.1', '--service', 'smtps'], /no SMTP service "smtps".*smtp, submission/],
    ] as const) {
      const { status, err } = await explain(...args);
      assert.equal(status, 2, err);
      assert.match(err, problem);
    }
  });
});

test('what a running gateway has recorded is found and told', async (t) => {
  const backend = await FakeBackend.start();
  const gateway = new Served();
  t.after(async () => {
    await gateway.stop();
    await backend.stop();
  });
  await gateway.prepare(`smtpd_proxy_filter = 127.0.0.1:${backend.port}
smtpd_relay_restrictions =
smtpd_recipient_restrictions = check_sender_access texthash:$config_directory/senders, permit_mynetworks, reject
mynetworks = 127.0.0.0/8
smtpd_reject_footer = \\c; see $ledger_id
`);
  gateway.write('senders', 'late@far.test 450 come back\n');
  await gateway.start();
  const say = async (sender: string) => {
    const client = new SmtpClient(gateway.port);
    const lines = [
      'EHLO a.test',
      `MAIL FROM:<${sender}>`,
      'RCPT TO:<joe@ours.test>',
      'DATA',
      'Subject: x\r\n\r\nx\r\n.',
      'QUIT',
    ];
    await client.reply();
    const replies: string[] = [];
    for (const line of lines) replies.push(await client.say(line));
    client.close();
    return replies;
  };
  const [, , refusal = ''] = await say('late@far.test');
  await say('late@far.test');
  gateway.write('senders', 'nobody@far.test 450 come back\n');
  await new Promise((resolve) => setTimeout(resolve, 4_000)); // the changed table is seen
  await say('late@far.test');
  await new Promise((resolve) => setTimeout(resolve, 500)); // it is written
  const id = /see (\w+)$/.exec(refusal)?.[1] ?? assert.fail(refusal);

  const list = await portcullis('history', '-c', gateway.directory, '--from', 'LATE@', '--since', '1h');
  assert.equal(list.status, 0, list.err);
  assert.match(list.out, /accepted +unknown\[127\.0\.0\.1\] {2}<late@far\.test> to <joe@ours\.test>/);
  assert.match(list.out, /deferred 2 times before, first at .*450 4\.7\.1 <late@far\.test>: .* come back/);
  assert.equal(list.out.trim().split('\n').length, 3, list.out);

  const story = await portcullis('explain', '-c', gateway.directory, id);
  assert.equal(story.status, 0, story.err);
  assert.match(story.out, new RegExp(`^${id} {2}deferred at RCPT`));
  assert.match(story.out, /late@far\.test -> 450 come back \(senders:1\)/);
  assert.match(story.out, /other attempts with this sender and recipient\n.*deferred.*\n.*accepted/);

  const records = await portcullis('history', '-c', gateway.directory, '--json', '--verdict', 'defer');
  assert.equal(records.out.trim().split('\n').length, 2);
  assert.ok(
    records.out
      .trim()
      .split('\n')
      .every((line) => (JSON.parse(line) as Attempt).verdict === 'defer'),
  );
  const unknown = await portcullis('explain', '-c', gateway.directory, 'nobody');
  assert.equal(unknown.status, 1);
  assert.match(unknown.err, /there is no attempt nobody/);
});

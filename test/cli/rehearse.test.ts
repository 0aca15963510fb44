/** `rehearse`: what was recorded is judged again under another configuration, with the DNS of the time. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { portcullis } from '../support/program.ts';
import { RunningGateway } from '../support/running-gateway.ts';
import { SmtpClient } from '../support/smtp-client.ts';

interface Facts {
  readonly attempts: number;
  readonly changes: number;
  readonly undecided: number;
  readonly missing: Readonly<Record<string, number>>;
  readonly groups: readonly {
    readonly kind: string;
    readonly restriction: string;
    readonly rule: string;
    readonly count: number;
    readonly correspondents: number;
    readonly examples: readonly {
      readonly sender: string;
      readonly recipient: string;
      readonly correspondent: boolean;
    }[];
  }[];
}

describe('rehearse', () => {
  let gateway: RunningGateway;
  let candidate: string;

  before(async () => {
    gateway = await RunningGateway.start({
      keepsLedger: true,
      mainCf: `
smtpd_recipient_restrictions =
    reject_unauth_destination,
    reject_unknown_sender_domain,
    check_sender_access texthash:$config_directory/senders,
    reject_rbl_client list.test,
    check_greylist
greylist_whitelist = inline:{known.test=OK}
state_store = sqlite:{dir}/state.db
`,
      files: { senders: 'bad@known.test REJECT no\n' },
      zone: [
        'known.test A 192.0.2.1',
        'other.test A 192.0.2.2',
        '3.0.0.127.list.test A 127.0.0.2',
        '2.0.0.127.list.test A 127.0.0.2',
      ],
    });
    const mails: [client: string, sender: string, ...recipients: string[]][] = [
      ['127.0.0.4', 'ann@known.test', 'joe@ours.test', 'sue@ours.test'],
      ['127.0.0.4', 'bob@known.test', 'joe@ours.test'],
      ['127.0.0.4', 'bad@known.test', 'joe@ours.test'],
      ['127.0.0.4', 'new@other.test', 'joe@ours.test'],
      ['127.0.0.3', 'ann@known.test', 'joe@ours.test'],
    ];
    for (const [client, sender, ...recipients] of mails) await send(client, sender, recipients);
    await portcullis(
      'correspondents',
      'add',
      'ann@known.test',
      '--user',
      'sue@ours.test',
      '-c',
      gateway.directory,
    );
    await pause(600); // the ledger is written
    candidate = `${gateway.directory}/candidate`;
  });
  after(() => gateway.stop());

  async function send(client: string, sender: string, recipients: readonly string[]): Promise<void> {
    const talk = new SmtpClient(gateway.port(), client);
    const rcpts = recipients.map((to) => `RCPT TO:<${to}>`);
    await talk.dialogue(
      'EHLO client.test',
      `MAIL FROM:<${sender}>`,
      ...rcpts,
      'DATA',
      'Subject: x\r\n\r\nx\r\n.',
      'QUIT',
    );
    talk.close();
  }

  /** The running configuration, changed. */
  function change(...edits: [from: string, to: string][]): void {
    for (const name of ['main.cf', 'master.cf', 'senders'])
      cpSync(join(gateway.directory, name), join(candidate, name), { recursive: true });
    let text = readFileSync(join(candidate, 'main.cf'), 'utf8');
    for (const [from, to] of edits) {
      assert.ok(text.includes(from), from);
      text = text.replace(from, to);
    }
    writeFileSync(join(candidate, 'main.cf'), text);
  }

  async function facts(...more: string[]): Promise<Facts> {
    const { out, err } = await portcullis('rehearse', candidate, '-c', gateway.directory, '--json', ...more);
    assert.equal(err, '');
    return JSON.parse(out) as Facts;
  }

  const told = ({ groups }: Facts) =>
    groups.map(({ kind, restriction, count, correspondents }) => [
      kind,
      restriction.split(' ')[0],
      count,
      correspondents,
    ]);

  test('the same configuration changes nothing', async () => {
    change();
    const found = await facts();
    assert.equal(found.attempts, 5);
    assert.deepEqual(found.groups, []);
    assert.deepEqual(found.missing, {});
    const { status, out } = await portcullis('rehearse', candidate, '-c', gateway.directory);
    assert.equal(status, 0);
    assert.match(out, /^5 attempts judged again: nothing would change$/m);
  });

  test('a rule more refuses more; those whom our users write to come first', async () => {
    change([
      'check_sender_access',
      'check_sender_access inline:{ { known.test = REJECT spam } }, check_sender_access',
    ]);
    const found = await facts();
    assert.deepEqual(told(found), [['refused', 'check_sender_access', 3, 1]]);
    assert.match(found.groups[0]?.rule ?? '', /^main\.cf:\d+$/);
    const [first] = found.groups[0]?.examples ?? [];
    assert.deepEqual(
      [first?.sender, first?.recipient, first?.correspondent],
      ['ann@known.test', 'sue@ours.test', true],
    );
    const { status, out } = await portcullis('rehearse', candidate, '-c', gateway.directory);
    assert.equal(status, 1);
    assert.match(out, /3 would be refused, and came through; 1 from people your users write to/);
    assert.match(out, /\* .*<ann@known\.test> to <sue@ours\.test>/);
  });

  test('a rule less lets more in; a list, the greylist', async () => {
    change(['reject_rbl_client list.test,\n', '']);
    assert.deepEqual(told(await facts()), [['accepted', 'reject_rbl_client', 1, 0]]);
    change(['reject_rbl_client list.test,\n    check_greylist', 'reject_rbl_client list.test']);
    assert.deepEqual(told(await facts()), [['accepted', 'check_greylist', 1, 0]]);
    change(['greylist_whitelist', '#greylist_whitelist'], ['check_greylist', 'check_greylist, permit']);
    assert.deepEqual(told(await facts()), []); // what was recorded of the greylist counts
  });

  test('softer and harder answers', async () => {
    change([
      'check_sender_access texthash',
      'check_sender_access inline:{ { bad@known.test = 450 wait } }, check_sender_access texthash',
    ]);
    assert.deepEqual(told(await facts()), [['softer', 'check_sender_access', 1, 0]]);
    change(['check_greylist', 'check_sender_access inline:{ { other.test = REJECT no } }']);
    assert.deepEqual(told(await facts()), [['harder', 'check_sender_access', 1, 0]]);
  });

  test('a list that nobody asked is not held against anybody, unless it is asked now', async () => {
    change(['reject_rbl_client list.test', 'reject_rbl_client list.test, reject_unknown_helo_hostname']);
    const found = await facts();
    assert.equal(found.changes, 0);
    assert.ok((found.missing['A client.test'] ?? 0) > 0, JSON.stringify(found.missing));
    const { out } = await portcullis('rehearse', candidate, '-c', gateway.directory);
    assert.match(out, /changes are not counted: they may come of DNS answers that nobody had asked for/);
    assert.deepEqual(told(await facts('--ask-dns')), [['refused', 'reject_unknown_helo_hostname', 3, 1]]);
  });

  test('a broken candidate is told, and nothing is judged', async () => {
    change(['relay_domains = ours.test', 'relay_domains = ours.test\nbroken line']);
    writeFileSync(
      join(candidate, 'main.cf'),
      `${readFileSync(join(candidate, 'main.cf'), 'utf8')}\nworker_processes = many\n`,
    );
    const { status, err } = await portcullis('rehearse', candidate, '-c', gateway.directory);
    assert.equal(status, 1);
    assert.match(err, /worker_processes/);
  });
});

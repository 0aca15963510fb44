/** Mail with viruses through the whole gateway, with a real clamd where there is one, else with a fake. */
import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { assemble } from '../../../src/main.ts';
import { silentLog } from '../../../src/record/log.ts';
import { LocalCounters } from '../../../src/server/counters.ts';
import { complaintLine } from '../../../src/settings/complaint.ts';
import { readConfiguration } from '../../../src/settings/configuration.ts';
import { RunningGateway } from '../../support/running-gateway.ts';
import { FakeClamd } from './fake-clamd.ts';
import { until } from './pieces.ts';
import { EICAR, mailWith, noClamd, RealClamd } from './real-clamd.ts';
import { SmtpTalk } from './smtp-talk.ts';

if (noClamd) console.log(`# no mail past a real clamd: ${noClamd}`);

const RELAY = 'smtpd_relay_restrictions = reject_unauth_destination\nworker_processes = 1\n';

async function house(t: TestContext, socket: string, mainCf = '', masterCf?: string) {
  const gateway = await RunningGateway.start({
    mainCf: `${RELAY}clamav_socket = ${socket}\n${mainCf}`,
    ...(masterCf === undefined ? {} : { masterCf }),
  });
  t.after(() => gateway.stop());
  await mkdir(join(gateway.directory, 'data', 'spool'), { recursive: true });
  const send = async (text: string | Buffer) => {
    const talk = await SmtpTalk.open(gateway.port());
    try {
      return await talk.mail('ann@far.test', ['joe@ours.test'], Buffer.from(text));
    } finally {
      talk.close();
    }
  };
  const delivered = () => gateway.backend.received.map(({ wire }) => wire.toString('latin1'));
  return { gateway, send, delivered };
}

async function fake(t: TestContext): Promise<FakeClamd> {
  const clamd = await new FakeClamd().start();
  t.after(() => clamd.stop());
  return clamd;
}

test('clean mail says so, infected mail is refused, forged fields are gone', async (t) => {
  const clamd = await fake(t);
  const { send, delivered, gateway } = await house(t, clamd.address);
  const forged =
    'X-Virus-Scanned: nobody\r\nSubject: x\r\nX-VIRUS-Infected: no\r\n\r\nhello\r\nX-Virus-Infected: text\r\n';
  assert.match(await send(forged), /^250 /);
  assert.match(
    delivered()[0] ?? '',
    /^X-Virus-Scanned: ClamAV using Portcullis\r\nReceived: [\s\S]*\r\nSubject: x\r\n\r\nhello\r\nX-Virus-Infected: text\r\n$/,
  );
  assert.match(
    await send('Subject: v\r\n\r\nVIRUS:Evil.Thing\r\n'),
    /^550 5\.7\.1 Content rejected: virus Evil\.Thing FOUND/,
  );
  assert.equal(delivered().length, 1);
  assert.match(
    gateway.log.join('\n'),
    /: reject: END-OF-MESSAGE from \S+: 550 5\.7\.1 Content rejected: virus Evil\.Thing FOUND;/,
  );
});

for (const [action, answer, count] of [
  ['discard', /^250 2\.0\.0 Ok: queued as/, 0],
  ['quarantine', /^250 2\.0\.0 Ok: queued as/, 0],
  ['tag', /^250 /, 1],
] as const) {
  test(`clamav_action = ${action}`, async (t) => {
    const clamd = await fake(t);
    const { send, delivered, gateway } = await house(t, clamd.address, `clamav_action = ${action}\n`);
    assert.match(await send('Subject: v\r\n\r\nVIRUS:Evil\r\n'), answer);
    assert.equal(delivered().length, count);
    if (count) assert.match(delivered()[0] ?? '', /^X-Virus-Infected: Evil\r\nX-Virus-Scanned: /);
    if (action === 'discard') assert.match(gateway.log.join('\n'), /discard: clamav_action Evil from/);
    if (action === 'quarantine')
      assert.match(gateway.log.join('\n'), /held in quarantine as \w+: clamav_action Evil/);
  });
}

test('behind a queue nothing bounces: what would be refused is held', async (t) => {
  const clamd = await fake(t);
  const { send, delivered, gateway } = await house(t, clamd.address, 'after_queue = yes\n');
  assert.match(await send('Subject: v\r\n\r\nVIRUS:Evil\r\n'), /^250 /);
  assert.equal(delivered().length, 0);
  assert.match(gateway.log.join('\n'), /held in quarantine/);
});

test('no scanner: 451, or on without our field', async (t) => {
  const clamd = await fake(t);
  clamd.manner = 'error';
  const closed = await house(t, clamd.address);
  assert.match(await closed.send('Subject: x\r\n\r\nx\r\n'), /^451 4\.3\.0 /);
  const open = await house(t, clamd.address, 'clamav_failure_action = accept\n');
  assert.match(await open.send('X-Virus-Scanned: forged\r\n\r\nx\r\n'), /^250 /);
  assert.doesNotMatch(open.delivered()[0] ?? '', /X-Virus/);
});

test('the command runs, and finds the mail in quarantine', async (t) => {
  const clamd = await fake(t);
  const { gateway, send } = await house(t, clamd.address);
  const script = join(gateway.directory, 'notice.sh');
  const out = join(gateway.directory, 'notice');
  await writeFile(
    script,
    `#!/bin/sh\n{ echo "$VIRUS for $RECIPIENTS from $SENDER"; cat "$EMAIL"; } > ${out}.new\nmv ${out}.new ${out}\n`,
  );
  await chmod(script, 0o755);
  const noticing = await house(
    t,
    clamd.address,
    `clamav_action = quarantine\nclamav_virus_command = ${script}\n`,
  );
  assert.match(await noticing.send('Subject: v\r\n\r\nVIRUS:Evil\r\n'), /^250 /);
  let said = '';
  await until(() => {
    void readFile(out, 'utf8').then(
      (text) => {
        said = text;
      },
      () => {},
    );
    return said !== '';
  });
  assert.match(
    said,
    /^Evil for joe@ours\.test from ann@far\.test\nX-Virus-Infected: Evil\r\n[\s\S]*VIRUS:Evil\r\n$/,
  );
  assert.match(await send('Subject: x\r\n\r\nx\r\n'), /^250 /);
});

test('wrong settings are told', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'clamav-'));
  t.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'master.cf'), 'smtp inet n - n - - smtpd\n');
  const wrong: readonly [string, RegExp][] = [
    [
      'clamav_socket = clamd',
      /main\.cf:\d+: clamav_socket: "clamd" is no address of a clamd; it should be inet:/,
    ],
    ['clamav_socket = inet:h:1\nclamav_header = no colon', /clamav_header: "no colon" is no header/],
    ['clamav_socket = inet:h:1\nclamav_virus_command = notice.sh', /there is no program "notice.sh"/],
  ];
  for (const [mainCf, problem] of wrong) {
    await writeFile(join(directory, 'main.cf'), `${RELAY}data_directory = ${directory}\n${mainCf}\n`);
    const runtime = { log: silentLog, counters: new LocalCounters(60_000), ledger: undefined };
    const assembly = await assemble(readConfiguration(directory), runtime);
    await assembly.close();
    assert.match(assembly.complaints.map(complaintLine).join('\n'), problem);
  }
});

test('a real clamd: mails that arrive in pieces', { skip: noClamd ?? false }, async (t) => {
  const clamd = await RealClamd.start();
  t.after(() => clamd.remove());
  const { send, delivered } = await house(t, clamd.unix, 'message_size_limit = 60000000\n');
  assert.match(await send(mailWith(EICAR)), /^550 5\.7\.1 .*Eicar-Test-Signature/);
  const long = `${'line of text\r\n'.repeat(300_000)}`;
  assert.match(await send(`Subject: long\r\n\r\n${long}`), /^250 /);
  assert.equal(delivered().length, 1);
});

const ROUNDS = 100;

test('figures', { skip: noClamd ?? false }, async (t) => {
  const clamd = await RealClamd.start();
  t.after(() => clamd.remove());
  const rest = 'message_size_limit = 60000000\nmaillog_format = postfix\n';
  const mail =
    Buffer.from(`Subject: x\r\n\r\n${'m'.repeat(78)}\r\n`.padEnd(80)).toString() +
    `${'m'.repeat(78)}\r\n`.repeat(50);
  const measured: Record<string, number> = {};
  for (const [name, socket] of Object.entries({ without: '', with: clamd.unix })) {
    const { gateway } = await house(t, socket, rest);
    const talk = await SmtpTalk.open(gateway.port());
    for (let i = 0; i < 100; i++)
      await talk.mail('a@far.test', ['joe@ours.test'], Buffer.from(`X: ${i}\r\n${mail}`));
    const before = process.cpuUsage();
    for (let i = 0; i < ROUNDS; i++)
      await talk.mail('a@far.test', ['joe@ours.test'], Buffer.from(`X: ${name} ${i}\r\n${mail}`));
    const { user, system } = process.cpuUsage(before);
    measured[name] = (user + system) / 1000 / ROUNDS;
    talk.close();
    if (name === 'without') continue;
    gateway.backend.keepBodies = false;
    const big = Buffer.concat(
      Array.from({ length: 20 }, () => Buffer.from(`${'b'.repeat(78)}\r\n`.repeat(12_500))),
    );
    globalThis.gc?.();
    const memory = process.memoryUsage.rss();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, process.memoryUsage.rss());
    }, 10);
    const begun = performance.now();
    const second = await SmtpTalk.open(gateway.port());
    assert.match(await second.mail('a@far.test', ['joe@ours.test'], big), /^250 /);
    second.close();
    clearInterval(watch);
    const took = performance.now() - begun;
    console.log(
      `# 20 MB through gateway and clamd: ${took.toFixed(0)} ms, memory +${((most - memory) / 1e6).toFixed(0)} MB (client, gateway and next hop in one process)`,
    );
  }
  console.log(
    `# CPU of client, gateway and next hop for a mail of 4 KB: ${measured.without?.toFixed(2)} ms, with clamd ${measured.with?.toFixed(2)} ms`,
  );
});

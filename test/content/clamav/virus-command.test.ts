import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { VirusCommand, type VirusCommandOptions } from '../../../src/content/clamav/virus-command.ts';
import { address } from '../../../src/mail/address.ts';
import { silentLog } from '../../../src/record/log.ts';
import { newMail } from './mail.ts';
import { until } from './pieces.ts';

async function commandOf(t: TestContext, script: string, options: Partial<VirusCommandOptions> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'virus-command-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const program = join(directory, 'notice.sh');
  const out = join(directory, 'out');
  await writeFile(program, `#!/bin/sh\n${script}\n`);
  await chmod(program, 0o755);
  const warnings: string[] = [];
  const command = new VirusCommand({
    command: [program, out],
    server: '[127.0.0.1]:10026',
    keptAt: async (id) => `/held/${id}.eml`,
    log: { ...silentLog, warn: (sentence) => warnings.push(sentence) },
    ...options,
  });
  const lines = async () => (await readFile(out, 'utf8').catch(() => '')).split('\n').filter((line) => line);
  return { command, lines, warnings, directory };
}

test('the command gets the variables of clamsmtp', async (t) => {
  const { command, lines } = await commandOf(t, 'env | sort > "$1.new"; mv "$1.new" "$1"');
  const { session, envelope } = newMail(['joe@example.com', 'a b@example.com']);
  const forwarded = {
    address: '203.0.113.9',
    name: 'a',
    port: '1',
    helo: 'real',
    protocol: 'ESMTP',
    ident: '',
  };
  const mail = { envelope, session: { ...session, forwarded: { ...forwarded, domain: 'remote' as const } } };
  command.run(mail, 'Eicar-Test', true);
  let seen: string[] = [];
  await until(() => {
    void lines().then((all) => {
      seen = all;
    });
    return seen.length > 0;
  });
  const expected = [
    'CLIENT=198.51.100.7',
    `EMAIL=/held/${envelope.id}.eml`,
    'RECIPIENTS=joe@example.com',
    '"a b"@example.com',
    'REMOTE=203.0.113.9',
    'REMOTE_HELO=real',
    'SENDER=ann@far.example',
    'SERVER=[127.0.0.1]:10026',
    `TMP=${tmpdir()}`,
    `TMPDIR=${tmpdir()}`,
    'VIRUS=Eicar-Test',
  ];
  for (const line of expected) assert.ok(seen.includes(line), `${line} in\n${seen.join('\n')}`);
});

test('no shell reads what a sender wrote, and no line of it becomes another', async (t) => {
  const { command, lines, directory } = await commandOf(t, 'printf "%s\\n" "$SENDER" "$RECIPIENTS" > "$1"');
  const { session, envelope } = newMail(['x\ny@example.com']);
  const sender = address(`$(touch ${directory}/broken)\`id\`;'"\nVIRUS=none@far.example`);
  command.run({ session, envelope: { ...envelope, sender } }, 'Evil', false);
  let seen: string[] = [];
  await until(() => {
    void lines().then((all) => {
      seen = all;
    });
    return seen.length > 0;
  });
  assert.equal(seen.length, 2, seen.join('\n'));
  assert.match(seen[0] ?? '', /touch .*\?VIRUS=none/);
  await assert.rejects(readFile(join(directory, 'broken')));
});

test('without quarantine there is no EMAIL', async (t) => {
  const { command, lines } = await commandOf(t, 'echo "${EMAIL-none}" > "$1"');
  command.run(newMail(), 'Evil', false);
  let seen: string[] = [];
  await until(() => {
    void lines().then((all) => {
      seen = all;
    });
    return seen.length > 0;
  });
  assert.deepEqual(seen, ['none']);
});

test('only a few run at a time, and a flood is cut off', async (t) => {
  const { command, lines, warnings } = await commandOf(t, 'echo x >> "$1"; sleep 0.4');
  for (let i = 0; i < 150; i++) command.run(newMail(), 'Evil', false);
  assert.equal(warnings.length, 46); // four run, a hundred wait
  await new Promise((resolve) => setTimeout(resolve, 300));
  const started = (await lines()).length;
  assert.ok(started >= 1 && started <= 4, `${started}`);
});

test('a command that does not end is ended, with what it has started', async (t) => {
  const { command, warnings } = await commandOf(t, 'sleep 60 & sleep 60', { timeoutMs: 200 });
  command.run(newMail(), 'Evil', false);
  assert.ok(await until(() => warnings.length === 1));
  assert.match(warnings[0] ?? '', /ran longer than 0.2 s and was ended/);
});

for (const [what, program, script] of [
  ['that is not there', ['/no/such/program'], ''],
  ['that fails', undefined, 'exit 3'],
] as const) {
  test(`a command ${what} is told in the log`, async (t) => {
    const options = program ? { command: program as unknown as [string] } : {};
    const { command, warnings } = await commandOf(t, script, options);
    command.run(newMail(), 'Evil', false);
    assert.ok(await until(() => warnings.length === 1));
    assert.match(warnings[0] ?? '', program ? /cannot be run/ : /ended with status 3/);
  });
}

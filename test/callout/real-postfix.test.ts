import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Prober } from '../../src/callout/prober.ts';
import { address } from '../../src/mail/address.ts';
import { transportSettings } from '../../src/relay/client-settings.ts';
import { deliveringHop } from '../../src/relay/next-hop.ts';
import { freePort } from '../support/free-port.ts';
import { zone } from './mail-hosts.ts';

const reason =
  process.getuid?.() !== 0
    ? 'needs root'
    : spawnSync('postfix', ['-c', '/', 'status']).error
      ? 'Postfix is not installed'
      : false;

async function untilItListens(port: number): Promise<void> {
  for (let i = 0; i < 200; i++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Postfix does not listen');
}

/** A private instance that knows one user. Gives how to stop it. */
async function startPostfix(port: number): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'postfix-'));
  const [queue, data] = [join(directory, 'queue'), join(directory, 'data')];
  spawnSync('chmod', ['755', directory]);
  mkdirSync(queue);
  mkdirSync(data);
  const owner = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postfix:'))
    ?.split(':');
  chownSync(data, Number(owner?.[2]), Number(owner?.[3]));
  const settings = {
    compatibility_level: '3.6',
    queue_directory: queue,
    data_directory: data,
    maillog_file: join(directory, 'log'),
    maillog_file_prefixes: directory,
    myhostname: 'mx.post.example',
    mydestination: 'post.example',
    inet_interfaces: '127.0.0.1',
    inet_protocols: 'ipv4',
    local_recipient_maps: 'inline:{ joe=x, jörg=x }',
    smtpd_relay_restrictions: 'reject_unauth_destination',
    smtpd_recipient_restrictions:
      'check_sender_access inline:{ { no@probe.example = 550 5.7.1 go } }, permit',
    smtpd_peername_lookup: 'no',
    smtputf8_enable: 'yes',
  };
  writeFileSync(
    join(directory, 'main.cf'),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(''),
  );
  const services = [
    'rewrite unix - - n - - trivial-rewrite',
    'cleanup unix n - n - 0 cleanup',
    'anvil unix - - n - 1 anvil',
    'proxymap unix - - n - - proxymap',
    'qmgr unix n - n 300 1 qmgr',
    'postlog unix-dgram n - n - 1 postlogd',
    'bounce unix - - n - 0 bounce',
    'defer unix - - n - 0 bounce',
    'pickup unix n - n 60 1 pickup',
    'error unix - - n - - error',
    'local unix - n n - - local',
  ];
  writeFileSync(
    join(directory, 'master.cf'),
    [`127.0.0.1:${port} inet n - n - - smtpd`, ...services, ''].join('\n'),
  );
  const started = spawnSync('postfix', ['-c', directory, 'start'], { encoding: 'utf8' });
  assert.equal(started.status, 0, started.stderr + started.stdout);
  await untilItListens(port);
  return () => {
    spawnSync('postfix', ['-c', directory, 'stop']);
    rmSync(directory, { recursive: true, force: true });
  };
}

test('a real Postfix says who exists', { skip: reason, timeout: 60_000 }, async () => {
  const port = await freePort();
  const stop = await startPostfix(port);
  let sender = 'double-bounce@probe.example';
  const prober = new Prober({
    dns: zone(['post.example MX 10 mx.post.example', 'mx.post.example A 127.0.0.1']),
    sources: {},
    budget: undefined,
    target: 'rcpt',
    sender: () => address(sender),
  });
  try {
    const settings = transportSettings({ name: 'smtp', heloName: 'probe.example' });
    const hop = deliveringHop(
      'smtp:',
      settings,
      [{ kind: 'host', host: 'post.example', port, mx: true }],
      port,
    );
    const ask = (who: string) => prober.probe(hop, address(who), true);
    const all = await Promise.all(
      ['joe', 'nobody', 'JOE', 'no such', 'jörg'].map((local) => ask(`${local}@post.example`)),
    );
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ['deliverable', 'undeliverable', 'deliverable', 'undeliverable', 'deliverable'],
      JSON.stringify(all),
    );
    assert.match(
      all[1]?.text ?? '',
      /^host mx\.post\.example\[127\.0\.0\.1\] said: 550 5\.1\.1 <nobody@post\.example>: Recipient address rejected: User unknown in local recipient table \(in reply to RCPT TO command\)$/,
    );
    assert.equal((await ask('x@elsewhere.example')).kind, 'unknown', 'relaying denied is a policy');
    sender = 'no@probe.example';
    assert.equal((await ask('joe@post.example')).kind, 'unknown');
    const began = performance.now();
    sender = 'double-bounce@probe.example';
    await Promise.all(Array.from({ length: 200 }, (_, i) => ask(`u${i}@post.example`)));
    console.log(`    200 addresses in ${(performance.now() - began).toFixed(0)} ms`);
  } finally {
    prober.close();
    stop();
  }
});

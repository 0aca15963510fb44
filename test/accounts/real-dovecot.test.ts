/** The same against Dovecot itself, where it is installed and may be started: over its unix socket, with four mechanisms. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DovecotConnection } from '../../src/accounts/dovecot-connection.ts';
import { DovecotSaslServer } from '../../src/accounts/dovecot-server.ts';
import { keptLog, outcome, session, speak } from './login-parts.ts';

const PROGRAM = '/usr/sbin/dovecot';
const skip = existsSync(PROGRAM)
  ? process.getuid?.() === 0
    ? false
    : 'Dovecot can be started by root only'
  : 'Dovecot is not installed';

const directory = mkdtempSync(join(tmpdir(), 'dovecot-'));
const socket = join(directory, 'auth');
const log = keptLog();
const connection = new DovecotConnection({
  endpoint: { kind: 'unix', path: socket },
  shown: socket,
  log,
  timeoutMs: 10_000,
});
const server = new DovecotSaslServer({
  connection,
  service: 'smtp',
  security: { plain: ['noanonymous', 'noplaintext'], tls: ['noanonymous'] },
  isWanted: () => true,
  log,
});
let dovecot: ChildProcess | undefined;

before(async () => {
  if (skip) return;
  execFileSync('chmod', ['755', directory]);
  writeFileSync(join(directory, 'users'), 'joe:{PLAIN}secret\n');
  writeFileSync(join(directory, 'dovecot.conf'), configuration());
  dovecot = spawn(PROGRAM, ['-F', '-c', join(directory, 'dovecot.conf')], { stdio: 'ignore' });
  for (let i = 0; i < 100 && !existsSync(socket); i++)
    await new Promise((resolve) => setTimeout(resolve, 100));
});

after(async () => {
  connection.close();
  if (dovecot?.kill()) await new Promise((resolve) => dovecot?.once('exit', resolve));
  rmSync(directory, { recursive: true, force: true });
});

function configuration(): string {
  return `base_dir = ${directory}/run
log_path = ${directory}/log
protocols =
ssl = no
auth_mechanisms = plain login cram-md5 scram-sha-256
auth_failure_delay = 0
passdb {
  driver = passwd-file
  args = ${directory}/users
}
userdb {
  driver = static
  args = uid=65534 gid=65534 home=/tmp
}
service auth {
  unix_listener ${socket} {
    mode = 0666
  }
}
`;
}

test('Dovecot: mechanisms, without and with TLS', { skip }, async () => {
  assert.deepEqual(await server.mechanisms(session()), ['CRAM-MD5', 'SCRAM-SHA-256']);
  assert.deepEqual(await server.mechanisms(session({ tls: 'TLSv1.3' })), [
    'PLAIN',
    'LOGIN',
    'CRAM-MD5',
    'SCRAM-SHA-256',
  ]);
});

test('Dovecot: PLAIN, LOGIN and CRAM-MD5', { skip }, async () => {
  const said = async (speech: Parameters<typeof speak>[1]) => outcome(await speak(server, speech));
  assert.equal(await said({ mechanism: 'PLAIN', initial: '\0joe\0secret' }), 'success joe');
  assert.equal(await said({ mechanism: 'PLAIN', answers: ['\0joe\0secret'] }), 'success joe');
  assert.equal(await said({ mechanism: 'PLAIN', initial: '\0joe\0wrong' }), '535  (joe)');
  assert.equal(await said({ mechanism: 'LOGIN', answers: ['joe', 'secret'] }), 'success joe');
  assert.equal(await said({ mechanism: 'LOGIN', initial: 'joe', answers: ['secret'] }), 'success joe');
  assert.equal(await said({ mechanism: 'LOGIN', initial: '', answers: ['joe', 'secret'] }), 'success joe');
  const md5 = (challenge: string) => `joe ${createHmac('md5', 'secret').update(challenge).digest('hex')}`;
  assert.equal(await said({ mechanism: 'CRAM-MD5', answers: [md5] }), 'success joe');
  assert.deepEqual(log.lines, []);
});

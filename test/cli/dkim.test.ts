import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findServingUser, isRoot } from '../../src/process/privileges.ts';
import { readKeyRecord } from '../../src/sender-auth/dkim-key.ts';
import { recordOf } from '../../src/sender-auth/dkim-keygen.ts';
import { PROGRAM } from '../support/gateway-program.ts';

const directory = mkdtempSync(join(tmpdir(), 'dkim-command-'));
after(() => rmSync(directory, { recursive: true }));
writeFileSync(join(directory, 'main.cf'), 'myhostname = mx.home.example\n');
writeFileSync(join(directory, 'master.cf'), '127.0.0.1:2525 inet n - n - - smtpd\n');

function dkim(words: string): { status: number | null; out: string; problem: string } {
  const args = [PROGRAM, 'dkim', ...words.split(' '), '-c', directory];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, out: stdout, problem: stderr };
}

test('a key is made, its record printed, and nobody but the one who serves can read it', () => {
  const { status, out } = dkim('keygen --domain Bücher.example --selector Mail --json');
  assert.equal(status, 0);
  const made = JSON.parse(out);
  const file = join(directory, 'keys/mail.xn--bcher-kva.example.pem');
  assert.deepEqual(
    [made.domain, made.selector, made.type, made.file, made.name, made.signing_key],
    [
      'xn--bcher-kva.example',
      'mail',
      'rsa',
      file,
      'mail._domainkey.xn--bcher-kva.example',
      'xn--bcher-kva.example:mail:keys/mail.xn--bcher-kva.example.pem',
    ],
  );
  const answer = readKeyRecord(made.record);
  assert.equal(answer.kind === 'key' && answer.record.bits, 2048);
  assert.equal(recordOf('rsa', createPrivateKey(readFileSync(file))), made.record);
  assert.match(made.zone_line, /^mail\._domainkey\.xn--bcher-kva\.example\. IN TXT \( "v=DKIM1; k=rsa; p=/);
  const { mode, uid } = statSync(file);
  assert.equal(mode & 0o777, 0o600);
  assert.equal(uid, isRoot() ? findServingUser('postfix').uid : process.getuid?.());
});

test('in words; a file that is there stays as it is', () => {
  const file = join(directory, 'other/ed.pem');
  const words = `keygen --domain example.com --selector ed --type ed25519 --file ${file}`;
  const { status, out } = dkim(words);
  assert.equal(status, 0);
  const key = readFileSync(file, 'utf8');
  const record = recordOf('ed25519', createPrivateKey(key));
  assert.match(out, /^The key is in .*\/other\/ed\.pem/);
  assert.ok(out.includes(`\ned._domainkey.example.com. IN TXT ( "${record}" )\n`), out);
  assert.match(out, /\nexample\.com example\.com:ed:other\/ed\.pem\n$/);
  assert.deepEqual(dkim(words), {
    status: 1,
    out: '',
    problem: `portcullis dkim: ${file} is there already; take another selector or another --file\n`,
  });
  assert.equal(readFileSync(file, 'utf8'), key);
});

test('bad usage is told', () => {
  for (const [words, pattern] of [
    ['sing', /say what to do: keygen/],
    ['keygen --domain example.com', /name the domain and a selector/],
    ['keygen --domain example.com --selector a/b', /no names for the DNS/],
    ['keygen --domain example.com --selector s --type dsa', /it should be rsa or ed25519/],
  ] as const) {
    const { status, problem } = dkim(words);
    assert.equal(status, 2);
    assert.match(problem, pattern);
  }
});

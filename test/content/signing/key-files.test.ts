import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KeyFiles, KeyProblem } from '../../../src/content/signing/key-files.ts';
import { RecordingLog } from '../../tables/opened.ts';

const newKey = () =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

function keyFile(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'keys-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'mail.pem');
  const write = (text: string, mode = 0o600) => {
    rmSync(file, { force: true });
    writeFileSync(file, text);
    chmodSync(file, mode);
  };
  const log = new RecordingLog();
  return { file, write, log, keys: new KeyFiles(log), name: { domain: 'a.test', selector: 's', file } };
}

test('a new version is taken up, a broken one is complained of once, and the one before stays', (t) => {
  const { write, log, keys, name } = keyFile(t);
  write(newKey());
  const first = keys.key(name, 100_000);
  write(newKey());
  assert.equal(keys.key(name, 104_000), first, 'files are looked at every few seconds');
  const second = keys.key(name, 105_000);
  assert.notEqual(second, first);
  write('nothing');
  assert.equal(keys.key(name, 110_000), second);
  assert.equal(keys.key(name, 115_000), second);
  assert.equal(log.lines.length, 1);
  assert.match(log.lines[0] ?? '', /^error: DKIM key file ".*mail\.pem": .*; the key before stays in use$/);
});

test('a key that cannot be used is a problem, with its reason, and no word of the key', (t) => {
  const { write, keys, name, file } = keyFile(t);
  assert.throws(() => keys.key(name, 100_000), { name: 'Error', message: /ENOENT/ });
  assert.throws(() => keys.key(name, 100_000), KeyProblem);
  write('secret');
  const said = () => keys.key(name, 105_000);
  assert.throws(said, (error: Error) => error.message.startsWith(`DKIM key file "${file}": `));
  assert.throws(said, (error: Error) => !error.message.includes('secret'));
});

test('a key that everybody can read is in use, with a warning', (t) => {
  const { write, log, keys, name } = keyFile(t);
  write(newKey(), 0o644);
  keys.key(name);
  assert.match(log.lines[0] ?? '', /^warn: .* can be read by everybody on this machine; chmod o= it$/);
});

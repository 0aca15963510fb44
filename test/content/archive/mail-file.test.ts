import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keysOf, keysWith, noise, program } from '../attachment-look.ts';
import { zip } from './zip-builder.ts';

const base64 = (data: Buffer) => data.toString('base64').replace(/(.{76})/g, '$1\r\n');
const inner = zip([{ name: 'hidden.scr', data: program }]);

const attached = (name: string, data: Buffer) =>
  `--b\r\nContent-Type: application/octet-stream; name="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(data)}\r\n`;

function mail(...parts: string[]): Buffer {
  const head =
    'From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n';
  return Buffer.from(`${head}--b\r\n\r\nHello, begin here\r\n${parts.join('')}--b--\r\n`);
}

test('a mail as a file: its attachments, archives in them, and mails in it', async () => {
  const deep = `--b\r\nContent-Type: message/rfc822; name=deep.eml\r\n\r\n${mail(attached('deep.exe', program)).toString().replaceAll('boundary=b', 'boundary=c').replaceAll('--b', '--c')}`;
  const bytes = mail(attached('update.exe', program), attached('in.zip', inner), deep);
  for (const name of ['forward.eml', 'forward.dat']) {
    const keys = await keysOf(name, bytes);
    for (const path of ['update.exe', 'in.zip/hidden.scr', 'deep.exe', 'deep.eml']) {
      assert.ok(keys.includes(`${name}/${path}`), `${keys} has ${path}`);
    }
    assert.ok(keys.includes('type=mail') && keys.includes('type=exe'));
    assert.deepEqual(keysWith('flag=', keys), []);
    assert.ok(!keys.some((key) => key.includes('unnamed')), 'what people read is no file');
  }
});

test('a mail in an archive', async () => {
  const keys = await keysOf(
    'a.zip',
    zip([{ name: 'x/forward.eml', data: mail(attached('update.exe', program)) }]),
  );
  assert.ok(keys.includes('a.zip/x/forward.eml/update.exe'));
});

test('a part that names two encodings is read in both', async () => {
  const both = `--b\r\nContent-Type: application/x; name=a.bin\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64(program)}\r\n`;
  assert.ok((await keysOf('a.eml', mail(both, attached('b.exe', program)))).includes('a.eml/b.exe'));
  assert.ok((await keysOf('a.eml', mail(both))).includes('type=exe'));
});

test('mails that nest without an end', async () => {
  const nested = 'From: a@b\r\nSubject: x\r\nContent-Type: message/rfc822\r\n\r\n'.repeat(10_000);
  assert.ok((await keysOf('a.eml', Buffer.from(nested))).includes('type=archive-bomb'));
});

test('a thousand mails in one another, each in base64, stop at the depth that is allowed', async () => {
  let bytes = mail(attached('update.exe', program));
  for (let i = 0; i < 12; i++) bytes = mail(attached(`${i}.eml`, bytes));
  const keys = await keysOf('a.eml', bytes);
  assert.ok(keys.includes('type=archive-bomb') && !keys.includes('update.exe'));
});

test('noise that begins like a mail', async () => {
  const bytes = Buffer.concat([Buffer.from('From: a\r\nSubject: b\r\n\r\n'), noise(100_000)]);
  await keysOf('a.eml', bytes);
});

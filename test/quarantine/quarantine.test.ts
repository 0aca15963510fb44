import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from '../../src/mail/refused.ts';
import { detained, place } from './held.ts';

const refusedWith = (code: number) => (error: unknown) =>
  error instanceof Refused && error.reply.code === code;

async function bytesOf(chunks: AsyncIterable<Buffer>): Promise<string> {
  const all: Buffer[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString('latin1');
}

test('a mail comes back as it went in, with its story', async (t) => {
  const { quarantine, directory, lines } = await place(t);
  const text = Buffer.from('Subject: \xe4\r\n\r\n\xff\x00 hello\r\n', 'latin1');
  const recipients = [
    'joe@home.example',
    ['ann@home.example', { notify: 'NEVER', orcpt: 'rfc822;a@b' }],
  ] as const;
  const mail = detained({ text, recipients, sender: 'odd \udcff"@far.example', why: 'looks "bad"\r\n' });
  const kept = await quarantine.keep(mail);
  const found = await quarantine.shelf.find(kept.id);
  assert.deepEqual(found, JSON.parse(JSON.stringify({ ...kept })));
  assert.deepEqual(found?.envelope.recipients, mail.envelope.recipients);
  assert.equal(found?.envelope.sender.text, mail.envelope.sender.text);
  assert.equal(found?.session.client.address, '198.51.100.7');
  assert.equal(await bytesOf(quarantine.shelf.message(kept.id)), text.toString('latin1'));
  assert.deepEqual((await readdir(directory)).sort(), [`${kept.id}.eml`, `${kept.id}.json`]);
  for (const name of await readdir(directory)) {
    assert.equal((await stat(join(directory, name))).mode & 0o777, 0o600, name);
  }
  assert.equal((await stat(directory)).mode & 0o777, 0o700);
  assert.match(lines.join('\n'), /held in quarantine as/);
});

test('the same message held for several recipients gets several names', async (t) => {
  const { quarantine } = await place(t);
  const ids = await Promise.all(
    ['a@x.example', 'b@x.example', 'c@x.example'].map(async (to) => {
      const { id } = await quarantine.keep(detained({ recipients: [to] }));
      return id;
    }),
  );
  const { id } = detained().envelope;
  assert.deepEqual(ids.sort(), [id, `${id}-2`, `${id}-3`]);
  assert.equal((await quarantine.shelf.ids()).length, 3);
});

test('an id leads to no other directory', async (t) => {
  const { quarantine, directory } = await place(t);
  await quarantine.keep(detained());
  await writeFile(join(directory, '..', 'outside.json'), '{}');
  for (const id of ['../outside', '..', '', 'a/b', '/etc/passwd', 'x\0', '.', 'a.json']) {
    assert.equal(await quarantine.shelf.find(id), undefined);
    assert.equal(await quarantine.shelf.remove(id), false);
  }
  assert.ok(await stat(join(directory, '..', 'outside.json')));
});

test('a full quarantine refuses for now, and takes nothing away', async (t) => {
  const { quarantine } = await place(t, { sizeLimitBytes: 50_000 });
  const text = 'x'.repeat(15_000);
  for (const id of ['a1', 'a2']) await quarantine.keep(detained({ id, text }));
  await assert.rejects(quarantine.keep(detained({ id: 'a3', text })), refusedWith(452));
  assert.deepEqual((await quarantine.shelf.ids()).sort(), ['a1', 'a2']);
  await quarantine.keep(detained({ id: 'a4', text: 'small' }));
});

test('what others hold counts, too; many at once do not go far beyond the limit', async (t) => {
  const { quarantine, directory } = await place(t, { sizeLimitBytes: 100_000 });
  const other = await place(t, { directory, sizeLimitBytes: 100_000 });
  await quarantine.keep(detained({ id: 'a1', text: 'x'.repeat(80_000) }));
  await assert.rejects(
    other.quarantine.keep(detained({ id: 'a2', text: 'x'.repeat(80_000) })),
    refusedWith(452),
  );
  const fresh = await place(t, { sizeLimitBytes: 100_000 });
  const many = await Promise.allSettled(
    Array.from({ length: 30 }, (_, i) =>
      fresh.quarantine.keep(detained({ id: `b${i}`, text: 'x'.repeat(10_000) })),
    ),
  );
  const kept = many.filter(({ status }) => status === 'fulfilled').length;
  assert.equal(kept, 6); // three blocks and one for the story each
});

test('when their time is over, mails go; room is made of them', async (t) => {
  const { quarantine, lines } = await place(t, { retentionMs: 1_000, sizeLimitBytes: 50_000 });
  const old = await quarantine.keep(detained({ id: 'old1', text: 'x'.repeat(30_000) }));
  const claimed = await quarantine.keep(detained({ id: 'old2', text: 'y' }));
  const letGo = await quarantine.shelf.claim(claimed.id);
  await sleep(1_100);
  await quarantine.keep(detained({ id: 'new1', text: 'x'.repeat(30_000) }));
  assert.equal(await quarantine.shelf.find(old.id), undefined);
  assert.ok(await quarantine.shelf.find(claimed.id), 'it is being released');
  await letGo?.();
  await quarantine.sweep();
  assert.deepEqual(await quarantine.shelf.ids(), ['new1']);
  assert.match(lines.join('\n'), /old1: deleted from quarantine: quarantine_retention is over/);
});

test('retention 0 is for ever', async (t) => {
  const { quarantine } = await place(t, { retentionMs: 0 });
  await quarantine.keep(detained());
  await quarantine.sweep(Date.now() + 1e12);
  assert.equal((await quarantine.shelf.ids()).length, 1);
});

test('what a crash leaves behind is no mail, and is swept away later', async (t) => {
  const { quarantine, directory } = await place(t);
  const { id } = await quarantine.keep(detained());
  const rubbish = ['half.eml', 'abc.new', 'gone.lock'];
  for (const name of rubbish) await writeFile(join(directory, name), 'x');
  await writeFile(join(directory, 'fresh.new'), 'x');
  assert.deepEqual(await quarantine.shelf.ids(), [id]);
  const earlier = new Date(Date.now() - 7_200_000);
  for (const name of rubbish) await utimes(join(directory, name), earlier, earlier);
  await quarantine.sweep();
  assert.deepEqual((await readdir(directory)).sort(), [`${id}.eml`, `${id}.json`, 'fresh.new']);
});

test('a broken story is told, and does not disturb the others', async (t) => {
  const { quarantine, directory } = await place(t);
  await quarantine.keep(detained());
  for (const [name, text] of Object.entries({
    b1: '{',
    b2: '{}',
    b3: '{"version":2}',
    b4: '{"version":1,"id":"x"}',
  })) {
    await writeFile(join(directory, `${name}.json`), text);
    await assert.rejects(quarantine.shelf.find(name));
  }
  await quarantine.sweep();
  assert.equal((await quarantine.shelf.ids()).length, 5);
});

test('a disk that fails: 451, a disk that is full: 452, nothing is left behind', async (t) => {
  const { quarantine, directory, lines } = await place(t);
  const broken = { ...detained(), message: { ...detained().message, chunks: () => failing() } };
  await assert.rejects(quarantine.keep(broken), refusedWith(451));
  const short = { ...detained(), message: { ...detained().message, sizeBytes: 5 } };
  await assert.rejects(quarantine.keep(short), refusedWith(451));
  assert.deepEqual(await readdir(directory), []);
  assert.match(lines.join('\n'), /the disk is gone/);
  const nowhere = await place(t, { directory: '/dev/null/quarantine' });
  await assert.rejects(nowhere.quarantine.keep(detained()), refusedWith(451));
});

test('a small disk', async (t) => {
  const { directory } = await place(t);
  await mkdir(directory, { recursive: true });
  const script = `mount -t tmpfs -o size=300k none ${directory} && exec ${process.execPath} test/quarantine/keeper.ts ${directory} k`;
  const { stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (/unshare|mount:/.test(stderr)) {
    console.log(`# no small disk: ${stderr.split('\n')[0]}`);
    t.skip('needs unshare -m as root');
    return;
  }
  assert.match(stderr, /ENOSPC/);
  assert.equal(stdout, '');
});

async function* failing(): AsyncGenerator<Buffer> {
  yield Buffer.from('Subj');
  throw new Error('the disk is gone');
}

test('only one at a time may claim a mail; a dead one does not count', async (t) => {
  const { quarantine, directory } = await place(t);
  const { id } = await quarantine.keep(detained());
  const claims = await Promise.all([1, 2, 3, 4].map(() => quarantine.shelf.claim(id)));
  assert.equal(claims.filter((one) => one !== undefined).length, 1);
  assert.equal(await quarantine.shelf.isClaimed(id), true);
  for (const letGo of claims) await letGo?.();
  const dead = spawnSync('true').pid;
  await writeFile(join(directory, `${id}.lock`), String(dead));
  assert.equal(await quarantine.shelf.isClaimed(id), false);
  assert.ok(await quarantine.shelf.claim(id));
});

test('whoever waits for a mail hears where it is', async (t) => {
  const { quarantine, directory } = await place(t);
  const waiting = quarantine.whenKept('w1', 2_000);
  await sleep(20);
  await quarantine.keep(detained({ id: 'w1' }));
  assert.equal(await waiting, join(directory, 'w1.eml'));
  assert.equal(await quarantine.whenKept('w1', 100), join(directory, 'w1.eml'));
  assert.equal(await quarantine.whenKept('w2', 50), undefined);
});

test('processes that are killed while they hold mail lose nothing that was safe, and leave no half mail', async (t) => {
  const { quarantine, directory } = await place(t);
  await mkdir(directory, { recursive: true });
  let safe = 0;
  for (let round = 0; round < 4; round++) {
    const keepers = ['p', 'q'].map((name) =>
      spawn(process.execPath, ['test/quarantine/keeper.ts', directory, `${name}${round}`], { stdio: 'pipe' }),
    );
    const said: string[] = [];
    for (const { stdout } of keepers) stdout.on('data', (bytes) => said.push(String(bytes)));
    await Promise.all(keepers.map(({ stdout }) => once(stdout, 'data')));
    await sleep(50 + round * 37);
    for (const keeper of keepers) keeper.kill('SIGKILL');
    await Promise.all(keepers.map((keeper) => once(keeper, 'close')));
    const acknowledged = said.join('').split('\n').slice(0, -1);
    safe += acknowledged.length;
    const ids = new Set(await quarantine.shelf.ids());
    for (const id of acknowledged) assert.ok(ids.has(id), `${id} was safe`);
  }
  for (const id of await quarantine.shelf.ids()) {
    const held = await quarantine.shelf.find(id);
    assert.equal((await stat(quarantine.shelf.messagePath(id))).size, held?.sizeBytes, id);
  }
  console.log(`# ${safe} mails were safe before eight processes were killed`);
});

test('figures', async (t) => {
  const { quarantine } = await place(t, { sizeLimitBytes: 1e9 });
  const text = 'x'.repeat(4_096);
  const begun = performance.now();
  for (let i = 0; i < 100; i++) await quarantine.keep(detained({ id: `f${i}`, text }));
  const one = (performance.now() - begun) / 100;
  const many = performance.now();
  await Promise.all(Array.from({ length: 400 }, (_, i) => quarantine.keep(detained({ id: `g${i}`, text }))));
  const rate = 400_000 / (performance.now() - many);
  const piece = Buffer.alloc(65_536, 'y');
  const chunks = () => Array.from({ length: 800 }, () => piece);
  const large = performance.now();
  const mail = detained({ id: 'h1' });
  await quarantine.keep({ ...mail, message: { ...mail.message, sizeBytes: 800 * 65_536, chunks } });
  console.log(
    `# a mail of 4 KB is safe after ${one.toFixed(1)} ms, ${rate.toFixed(0)} a second at once; 52 MB after ${(performance.now() - large).toFixed(0)} ms`,
  );
  const listing = performance.now();
  for (const id of await quarantine.shelf.ids()) await quarantine.shelf.find(id);
  console.log(`# 501 stories are read in ${(performance.now() - listing).toFixed(0)} ms`);
});

test('root can read what it holds', { skip: process.getuid?.() !== 0 && 'not root' }, async (t) => {
  const { quarantine, directory } = await place(t);
  const { id } = await quarantine.keep(detained());
  await chmod(directory, 0o700);
  const { chown } = await import('node:fs/promises');
  await chown(directory, 65_534, 65_534);
  const held = await quarantine.shelf.find(id);
  if (held) await quarantine.shelf.replace(held);
  assert.equal(
    (await stat(join(directory, `${id}.json`))).uid,
    65_534,
    'the owner of the directory can read it',
  );
  assert.match(await readFile(join(directory, `${id}.json`), 'utf8'), /"version": 1/);
});

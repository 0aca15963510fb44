import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directory, keysOf, keysWith, noise, program } from '../attachment-look.ts';
import { compound } from './compound-builder.ts';
import { fixed, zip } from './zip-builder.ts';

const utf16 = (text: string) => Buffer.from(text, 'utf16le');
const inner = zip([{ name: 'hidden.scr', data: program }]);

/** The records of a workbook: type, length, bytes. */
const records = (...all: (readonly [type: number, bytes: Buffer])[]) =>
  Buffer.concat(
    all.map(([type, bytes]) =>
      Buffer.concat([
        fixed('', [
          [2, type],
          [2, bytes.length],
        ]),
        bytes,
      ]),
    ),
  );
const sheet = (kind: number) => [0x85, Buffer.from([0, 0, 0, 0, 0, kind, 1, 0, 65])] as const;
const end = [0x0a, Buffer.alloc(0)] as const;

const packaged = Buffer.concat([
  fixed('', [
    [4, 999],
    [2, 2],
  ]),
  Buffer.from('update.exe\0C:\\temp\\update.exe\0', 'latin1'),
  fixed('', [
    [4, 0x30000],
    [4, 8],
  ]),
  Buffer.from('C:\\x.ex\0'),
  fixed('', [[4, program.length]]),
  program,
]);

const cases: Record<
  string,
  { streams: Record<string, Buffer>; types: string[]; flags: string[]; paths?: string[]; classId?: string }
> = {
  'an encrypted document': {
    streams: { WordDocument: Buffer.alloc(5_000, 1) },
    types: ['doc', 'document'],
    flags: ['encrypted'],
  },
  'a document that is open to all': {
    streams: { WordDocument: Buffer.alloc(5_000) },
    types: ['doc'],
    flags: [],
  },
  'a document with macros': {
    streams: { WordDocument: Buffer.alloc(500), 'Macros/VBA/_VBA_PROJECT': noise(50) },
    ...{ types: ['doc'], flags: ['macro'] },
  },
  'a workbook': { streams: { Workbook: records(sheet(0), end) }, types: ['xls'], flags: [] },
  'a workbook with the macros of 1992': {
    streams: { Workbook: records(sheet(1), end) },
    types: ['xls'],
    flags: ['macro'],
  },
  'an encrypted workbook': {
    streams: { Book: records([0x2f, noise(6)], sheet(0), end) },
    ...{ types: ['xls'], flags: ['encrypted'] },
  },
  slides: { streams: { 'PowerPoint Document': noise(100) }, types: ['ppt'], flags: [] },
  'an encrypted document of today': {
    streams: { EncryptionInfo: noise(100), EncryptedPackage: noise(9_000) },
    ...{ types: [], flags: ['encrypted'] },
  },
  'an installer': {
    streams: { x: noise(10) },
    classId: '84100c0000000000c000000000000046',
    types: ['msi', 'executable'],
    flags: [],
  },
  'a document with a file in it': {
    streams: { WordDocument: Buffer.alloc(500), 'ObjectPool/_1/\x01Ole10Native': packaged },
    ...{ types: ['doc', 'exe'], flags: ['embedded'], paths: ['update.exe', 'C:\\temp\\update.exe'] },
  },
  'an Outlook message with attachments': {
    streams: {
      '__properties_version1.0': noise(32),
      '__attach_version1.0_#00000000/__substg1.0_3707001F': utf16('update.exe'),
      '__attach_version1.0_#00000000/__substg1.0_3704001F': utf16('UPDATE~1.EXE'),
      '__attach_version1.0_#00000000/__substg1.0_37010102': program,
      '__attach_version1.0_#00000001/__substg1.0_3707001E': Buffer.from('in.zip'),
      '__attach_version1.0_#00000001/__substg1.0_37010102': inner,
    },
    ...{
      types: ['msg', 'message', 'exe'],
      flags: [],
      paths: ['update.exe', 'UPDATE~1.EXE', 'in.zip', 'in.zip/hidden.scr'],
    },
  },
};

for (const [name, { streams, types, flags, paths = [], classId }] of Object.entries(cases)) {
  test(`compound files: ${name}`, async () => {
    const keys = await keysOf('a.doc', compound(streams, classId));
    const found = keysWith('type=', keys);
    for (const type of ['ole', ...types]) assert.ok(found.includes(type), `${found} has ${type}`);
    assert.deepEqual(keysWith('flag=', keys), flags);
    for (const path of paths) assert.ok(keys.includes(`a.doc/${path}`), `${keys} has ${path}`);
    if (paths.length === 0)
      assert.deepEqual(keysWith('a.doc/', keys), [], 'names of streams are nobody’s business');
  });
}

test('the builder builds what 7-Zip reads', (t) => {
  const file = join(directory, 'built.doc');
  writeFileSync(
    file,
    compound({ WordDocument: noise(5_000), 'Macros/VBA/dir': noise(50), big: noise(100_000) }),
  );
  const { status, stdout } = spawnSync('7z', ['l', '-ba', file], { encoding: 'utf8' });
  if (status === null) return t.skip('7z is not installed');
  assert.equal(status, 0);
  for (const name of ['WordDocument', 'Macros/VBA/dir', 'big']) assert.ok(stdout.includes(name), stdout);
});

test('chains without an end, and tables that lead nowhere', async () => {
  const good = compound({ WordDocument: Buffer.alloc(500), big: noise(50_000) });
  for (let sector = 0; sector < good.length / 512 - 1; sector += 7) {
    for (const value of [0, sector, 5, 0x00ff_ffff]) {
      const bad = Buffer.from(good);
      for (let at = 0; at < 512; at += 4) bad.writeUInt32LE(value, (sector + 1) * 512 + at);
      await keysOf('a.doc', bad);
    }
  }
  const loop = Buffer.from(good);
  const table = 512 * (1 + loop.readUInt32LE(76));
  const first = loop.readUInt32LE(48);
  loop.writeUInt32LE(first, table + first * 4);
  assert.deepEqual(keysWith('flag=', await keysOf('a.doc', loop)), ['broken']);
});

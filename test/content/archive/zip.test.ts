import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { keysOf, keysWith, noise, program } from '../attachment-look.ts';
import { fixed, zip } from './zip-builder.ts';

const text = (bytes = 1_000) => Buffer.alloc(bytes, 'some words\n');

async function look(bytes: Buffer, options: Parameters<typeof keysOf>[2] = {}) {
  const keys = await keysOf('a.zip', bytes, options);
  return {
    keys,
    paths: keysWith('a.zip/', keys),
    types: keysWith('type=', keys),
    flags: keysWith('flag=', keys),
  };
}

test('stored, deflated, zstd; names and types of members; an honest archive has no flags', async () => {
  const bytes = zip([
    { name: 'a.exe', data: program, method: 0 },
    { name: 'docs/b.txt', data: text() },
    { name: 'c.bin', data: noise(300_000), method: 93 },
    { name: 'docs/' },
  ]);
  const { paths, types, flags } = await look(bytes);
  assert.deepEqual(paths, ['a.exe', 'docs/b.txt', 'c.bin']);
  assert.ok(types.includes('exe'));
  assert.deepEqual(flags, []);
});

test('keys of a member: path, name with directories, bare name, extensions', async () => {
  const keys = await keysOf('a.zip', zip([{ name: 'x/y.tar.gz', data: text() }]));
  const member = keys.slice(keys.indexOf('a.zip/x/y.tar.gz'), keys.indexOf('a.zip/x/y.tar.gz') + 5);
  assert.deepEqual(member, ['a.zip/x/y.tar.gz', 'x/y.tar.gz', 'y.tar.gz', '~.tar.gz', '~.gz']);
});

test('archives in archives, to the depth that is allowed', async () => {
  let bytes = zip([{ name: 'x.exe', data: program }]);
  for (let i = 6; i >= 0; i--) bytes = zip([{ name: `${i}.zip`, data: bytes, method: i % 2 ? 8 : 0 }]);
  const all = await look(bytes);
  assert.ok(all.paths.includes('0.zip/1.zip/2.zip/3.zip/4.zip/5.zip/6.zip/x.exe'), String(all.paths));
  assert.ok(!all.types.includes('archive-bomb'));
  const less = await look(bytes, { limits: { depth: 7 } });
  assert.ok(!less.keys.includes('x.exe') && less.types.includes('archive-bomb'), String(less.keys));
});

test('names of the local header and of the directory are both asked about', async () => {
  const { paths, flags } = await look(zip([{ name: 'a.txt', localName: 'a.exe', data: text() }]));
  assert.ok(paths.includes('a.txt') && paths.includes('a.exe'));
  assert.deepEqual(flags, ['ambiguous']);
});

test('a member that only the local headers know, and one that only the directory knows', async () => {
  const hidden = await look(
    zip([
      { name: 'a.txt', data: text() },
      { name: 'b.exe', data: program, hidden: true },
    ]),
  );
  assert.ok(hidden.paths.includes('b.exe') && hidden.types.includes('exe'));
  assert.deepEqual(hidden.flags, ['ambiguous']);
  const nowhere = await look(
    zip([
      { name: 'a.txt', data: text() },
      { name: 'b.exe', headerAt: 5, data: text() },
    ]),
  );
  assert.ok(nowhere.paths.includes('b.exe'));
  assert.deepEqual(nowhere.flags.toSorted(), ['ambiguous', 'broken']);
});

test('a member between others that nothing points to', async () => {
  const inner = zip([{ name: 'b.exe', data: program }], { noDirectory: true });
  const gap = Buffer.concat([Buffer.from('some bytes that are nothing'), inner]);
  const first = zip([{ name: 'a.txt', data: text() }], { noDirectory: true });
  const bytes = zip([{ name: 'c.txt', data: text() }], {
    prefix: Buffer.concat([first, gap]),
    countPrefix: true,
  });
  const { paths, flags } = await look(bytes);
  assert.deepEqual(paths.toSorted(), ['a.txt', 'b.exe', 'c.txt']);
  assert.deepEqual(flags, ['ambiguous']);
});

test('sizes that follow the data, with a directory and without', async () => {
  const pieces = [
    { name: 'a.exe', data: program, streamed: true },
    { name: 'b.txt', data: text(100_000), streamed: true },
    { name: 'c.exe', data: program },
  ];
  const whole = await look(zip(pieces));
  assert.deepEqual(whole.paths, ['a.exe', 'b.txt', 'c.exe']);
  assert.deepEqual(whole.flags, []);
  const cut = await look(zip(pieces, { noDirectory: true }));
  assert.deepEqual(cut.paths, ['a.exe', 'b.txt', 'c.exe']);
  assert.deepEqual(cut.flags, ['broken']);
});

test('bytes in front and behind: counted or not, under any name', async () => {
  const pieces = [{ name: 'b.exe', data: program }];
  for (const countPrefix of [true, false]) {
    const bytes = zip(pieces, { prefix: program, countPrefix, comment: noise(20_000) });
    const keys = await keysOf('setup.exe', bytes);
    assert.ok(keys.includes('setup.exe/b.exe'), String(keys));
    assert.deepEqual(keysWith('flag=', keys), []);
  }
  const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), noise(5_000)]);
  const picture = await keysOf('photo.png', zip(pieces, { prefix: png }));
  assert.ok(picture.includes('photo.png/b.exe') && picture.includes('type=png'));
  const words = await keysOf('a.zip', zip(pieces, { prefix: text() }));
  assert.ok(words.includes('a.zip/b.exe'));
});

test('ZIP64', async () => {
  const extra = Buffer.concat([
    fixed('', [
      [2, 1],
      [2, 16],
    ]),
    fixed('', [
      [8, program.length],
      [8, deflateRawSync(program).length],
    ]),
  ]);
  const piece = { name: 'a.exe', data: program, packedBytes: 0xffff_ffff, plainBytes: 0xffff_ffff, extra };
  const { paths, types, flags } = await look(zip([piece], { zip64: true }));
  assert.deepEqual(paths, ['a.exe']);
  assert.ok(types.includes('exe'));
  assert.deepEqual(flags, []);
});

test('encrypted members: their names, and that they are', async () => {
  const { paths, flags } = await look(zip([{ name: 'a.exe', data: noise(100), method: 0, flags: 1 }]));
  assert.deepEqual(paths, ['a.exe']);
  assert.deepEqual(flags, ['encrypted']);
});

test('names in other charsets, and the Unicode path field', async () => {
  const unicode = Buffer.concat([
    fixed('', [
      [2, 0x7075],
      [2, 10],
    ]),
    Buffer.from('\x01\0\0\0\0'),
    Buffer.from('b.exe'),
  ]);
  const { paths } = await look(zip([{ name: 'a.txt', data: text(), extra: unicode }]));
  assert.deepEqual(paths.toSorted(), ['a.txt', 'b.exe']);
});

test('a directory that has bytes is a file', async () => {
  const { paths, types } = await look(zip([{ name: 'a.exe/', data: program }]));
  assert.ok(
    paths.some((path) => path.startsWith('a.exe')),
    String(paths),
  );
  assert.ok(types.includes('exe'));
});

const documents: Record<
  string,
  { files: Record<string, Buffer>; types: string[]; flags: string[]; paths: string[] }
> = {
  'a document': {
    files: { '[Content_Types].xml': text(), 'word/document.xml': text(), 'word/media/a.png': noise(50) },
    ...{ types: ['docx', 'document'], flags: [], paths: [] },
  },
  'a document with macros': {
    files: { '[Content_Types].xml': text(), 'word/document.xml': text(), 'word/vbaProject.bin': noise(50) },
    ...{ types: ['docx'], flags: ['macro'], paths: [] },
  },
  'a workbook with the macros of 1992': {
    files: { '[Content_Types].xml': text(), 'xl/workbook.xml': text(), 'xl/macrosheets/sheet1.xml': text() },
    ...{ types: ['xlsx'], flags: ['macro'], paths: [] },
  },
  'a document with a program among its own files': {
    files: { '[Content_Types].xml': text(), 'word/document.xml': text(), 'word/media/a.exe': program },
    ...{ types: ['docx', 'exe'], flags: [], paths: ['word/media/a.exe'] },
  },
  'a document with a program disguised as a picture': {
    files: { '[Content_Types].xml': text(), 'word/document.xml': text(), 'word/media/a.png': program },
    ...{ types: ['docx', 'exe'], flags: ['disguised'], paths: [] },
  },
  'an archive that plays a document': {
    files: { '[Content_Types].xml': text(), 'word/document.xml': text(), 'invoice.js': text() },
    ...{ types: ['docx'], flags: [], paths: ['invoice.js'] },
  },
  'an OpenDocument text with macros': {
    files: {
      mimetype: text(20),
      'META-INF/manifest.xml': text(),
      'content.xml': text(),
      'Basic/a.xml': text(),
    },
    ...{ types: ['odf'], flags: ['macro'], paths: [] },
  },
  'a Java program': {
    files: { 'META-INF/MANIFEST.MF': text(), 'A.class': Buffer.from('cafebabe00000034', 'hex') },
    ...{
      types: ['jar', 'executable', 'class'],
      flags: [],
      paths: ['META-INF/MANIFEST.MF', 'A.class'],
    },
  },
};

for (const [name, { files, types, flags, paths }] of Object.entries(documents)) {
  test(`what a ZIP archive is besides: ${name}`, async () => {
    const found = await look(zip(Object.entries(files).map(([path, data]) => ({ name: path, data }))));
    for (const type of ['zip', ...types]) assert.ok(found.types.includes(type), `${found.types} has ${type}`);
    assert.deepEqual(found.flags, flags);
    assert.deepEqual(found.paths, paths);
  });
}

test('a member that is not what its sizes say', async () => {
  const short = await look(zip([{ name: 'a.txt', data: text(), plainBytes: 5 }]));
  assert.deepEqual(short.flags, ['broken']);
});

test('damaged data: the member breaks off, the others are looked at', async () => {
  const good = zip([
    { name: 'a.txt', data: noise(500) },
    { name: 'b.exe', data: program },
  ]);
  const bad = Buffer.from(good);
  bad.fill(0xff, 60, 300);
  const { paths, types, flags } = await look(bad);
  assert.deepEqual(paths, ['a.txt', 'b.exe']);
  assert.ok(types.includes('exe'));
  assert.deepEqual(flags, ['broken']);
});

/** Archives as real programs make them. What is not installed is skipped, with its name. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { directory, keysOf, keysWith, noise, program } from '../attachment-look.ts';
import { rar4, rar5 } from './rar-builder.ts';
import { zip } from './zip-builder.ts';

const files = join(directory, 'files');
mkdirSync(join(files, 'docs'), { recursive: true });
const inner = zip([{ name: 'hidden.scr', data: program }]);
writeFileSync(join(files, 'update.exe'), program);
writeFileSync(join(files, 'docs', 'letter.txt'), 'Dear Madam or Sir,\n'.repeat(500));
writeFileSync(join(files, 'docs', 'inner.zip'), inner);
writeFileSync(join(files, 'docs', 'noise.bin'), noise(200_000));

const is = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Runs a command among the files; `$OUT` is what it is to make. */
function made(name: string, command: string): Buffer {
  const out = join(directory, name);
  const { status, stderr } = spawnSync('sh', ['-c', command], {
    cwd: files,
    env: { ...process.env, OUT: out },
  });
  assert.equal(status, 0, `${command}: ${stderr}`);
  return readFileSync(out);
}

interface RealCase {
  readonly needs: string;
  readonly command: string;
  readonly types: readonly string[];
  readonly flags?: readonly string[];
  /** Only names can be known. */
  readonly closed?: true;
  /** Not even names can. */
  readonly sealed?: true;
}

const cases: Record<string, RealCase> = {
  'a.zip': { needs: 'zip', command: 'zip -qr $OUT .', types: ['zip'] },
  'stored.zip': { needs: 'zip', command: 'zip -qr0 $OUT .', types: ['zip'] },
  'piped.zip': { needs: 'zip', command: 'zip -qr - . | cat > $OUT', types: ['zip'] },
  'bzip2.zip': { needs: 'zip', command: 'zip -qr -Z bzip2 $OUT .', types: ['zip'] },
  'encrypted.zip': {
    needs: 'zip',
    command: 'zip -qr -P x $OUT .',
    types: ['zip'],
    flags: ['encrypted'],
    closed: true,
  },
  'aes.zip': {
    needs: '7z',
    command: '7z a -bd -tzip -px -mem=AES256 $OUT . >&2',
    ...{ types: ['zip'], flags: ['encrypted'], closed: true },
  },
  'lzma.zip': { needs: '7z', command: '7z a -bd -tzip -mm=LZMA $OUT . >&2', types: ['zip'] },
  'ppmd.zip': { needs: '7z', command: '7z a -bd -tzip -mm=PPMd $OUT . >&2', types: ['zip'] },
  'deflate64.zip': { needs: '7z', command: '7z a -bd -tzip -mm=Deflate64 $OUT . >&2', types: ['zip'] },
  'a.7z': { needs: '7z', command: '7z a -bd $OUT . >&2', types: ['7z'] },
  'ppmd.7z': { needs: '7z', command: '7z a -bd -m0=PPMd $OUT . >&2', types: ['7z'] },
  'encrypted.7z': {
    needs: '7z',
    command: '7z a -bd -px $OUT . >&2',
    types: ['7z'],
    flags: ['encrypted'],
    closed: true,
  },
  'sealed.7z': {
    needs: '7z',
    command: '7z a -bd -px -mhe=on $OUT . >&2',
    ...{ types: ['7z'], flags: ['encrypted'], sealed: true },
  },
  'a.wim': { needs: '7z', command: '7z a -bd -twim $OUT . >&2', types: ['wim', 'archive'] },
  'a.tar': { needs: 'tar', command: 'tar cf $OUT .', types: ['tar'] },
  'pax.tar': { needs: 'tar', command: 'tar cf $OUT --format=pax .', types: ['tar'] },
  'v7.tar': { needs: 'tar', command: 'tar cf $OUT --format=v7 .', types: ['tar'] },
  'a.tar.gz': { needs: 'tar', command: 'tar czf $OUT .', types: ['gz', 'tar'] },
  'a.tgz': { needs: 'tar', command: 'tar czf $OUT .', types: ['gz', 'tar'] },
  'a.tar.bz2': { needs: 'bzip2', command: 'tar cjf $OUT .', types: ['bz2', 'tar'] },
  'a.tar.xz': { needs: 'xz', command: 'tar cJf $OUT .', types: ['xz', 'tar'] },
  'a.tar.lzma': { needs: 'xz', command: 'tar c . | xz --format=lzma > $OUT', types: ['lzma', 'tar'] },
  'a.tar.zst': { needs: 'zstd', command: 'tar c . | zstd -q > $OUT', types: ['zst', 'tar'] },
  'a.cpio': { needs: 'bsdtar', command: 'bsdtar cf $OUT --format cpio .', types: ['cpio'] },
  'a.xar': { needs: 'bsdtar', command: 'bsdtar cf $OUT --format xar .', types: ['xar'] },
  'joliet.iso': {
    needs: 'genisoimage',
    command: 'genisoimage -quiet -J -o $OUT .',
    types: ['iso', 'disk-image'],
  },
  'rock.iso': { needs: 'genisoimage', command: 'genisoimage -quiet -R -o $OUT .', types: ['iso'] },
  'udf.iso': { needs: 'genisoimage', command: 'genisoimage -quiet -udf -o $OUT .', types: ['iso'] },
  'xorriso.iso': { needs: 'xorriso', command: 'xorriso -outdev $OUT -map . / >&2', types: ['iso'] },
  'a.img': {
    needs: 'mcopy',
    command: 'mformat -C -f 1440 -i $OUT :: && mcopy -s -i $OUT update.exe docs ::/',
    types: ['img', 'disk-image'],
  },
  'a.arj': { needs: 'arj', command: 'arj a -r $OUT . >&2', types: ['arj'] },
};

for (const [name, { needs, command, types, flags = [], closed, sealed }] of Object.entries(cases)) {
  test(`real archives: ${name}`, { skip: is(needs) ? false : `${needs} is not installed` }, async () => {
    const keys = await keysOf(name, made(name, command));
    const paths = keysWith(`${name}/`, keys).map((path) => path.replace(/^\.\//, '').toLowerCase());
    const found = { types: keysWith('type=', keys), flags: keysWith('flag=', keys) };
    for (const type of types) assert.ok(found.types.includes(type), `${found.types} has ${type}`);
    assert.deepEqual(found.flags, flags);
    assert.equal(paths.includes('update.exe'), !sealed, String(paths));
    assert.equal(found.types.includes('exe'), !closed && !sealed, 'the program is seen');
    assert.equal(
      paths.some((path) => path.endsWith('inner.zip/hidden.scr')),
      !closed && !sealed,
      String(paths),
    );
  });
}

test('a packed file alone: named by its packer, and after the archive', async (t) => {
  writeFileSync(join(files, 'single.exe'), program);
  const gz = await keysOf('other.gz', made('other.gz', 'gzip -c single.exe > $OUT'));
  assert.ok(gz.includes('other.gz/single.exe') && gz.includes('other.gz/other') && gz.includes('type=exe'));
  for (const [tool, ending] of [
    ['bzip2', 'bz2'],
    ['xz', 'xz'],
    ['zstd', 'zst'],
    ['compress', 'Z'],
  ] as const) {
    if (!is(tool)) t.diagnostic(`${tool} is not installed`);
    else {
      const keys = await keysOf(`single.exe.${ending}`, made(`x.${ending}`, `${tool} -c single.exe > $OUT`));
      assert.ok(keys.includes(`single.exe.${ending}/single.exe`), String(keys));
      assert.ok(keys.includes('type=exe'), String(keys));
    }
  }
});

for (const [kind, build] of [
  ['rar4', rar4],
  ['rar5', rar5],
] as const) {
  test(`${kind}: members, archives inside, encryption`, async () => {
    const open = await keysOf(
      'a.rar',
      build([
        { name: 'update.exe', data: program },
        { name: 'inner.zip', data: inner },
      ]),
    );
    for (const key of ['a.rar/update.exe', 'a.rar/inner.zip/hidden.scr', 'type=rar', 'type=exe']) {
      assert.ok(open.includes(key), `${open} has ${key}`);
    }
    assert.deepEqual(keysWith('flag=', open), []);
    const closed = await keysOf('a.rar', build([{ name: 'update.exe', data: noise(64), encrypted: true }]));
    assert.ok(closed.includes('a.rar/update.exe'), String(closed));
    assert.deepEqual(keysWith('flag=', closed), ['encrypted']);
  });
}

test('rar with encrypted headers', async () => {
  const keys = await keysOf('a.rar', Buffer.concat([rar4([], { encryptedHeaders: true }), noise(200)]));
  assert.deepEqual(keysWith('flag=', keys), ['encrypted']);
});

test('archives by a name that lies, and by none', async () => {
  const bytes = rar5([{ name: 'update.exe', data: program }]);
  assert.ok((await keysOf('picture.jpg', bytes)).includes('picture.jpg/update.exe'));
  const unnamed = { number: '2', type: 'application/x', encoding: 'base64', fields: [] };
  assert.ok((await keysOf(unnamed, bytes)).includes('unnamed.rar/update.exe'));
  const text = await keysOf('a.rar', Buffer.from('this is no archive\n'.repeat(10)));
  assert.deepEqual(keysWith('flag=', text), ['broken']);
});

test('archives that nothing here can open say so', async () => {
  const ace = Buffer.concat([Buffer.alloc(7), Buffer.from('**ACE**'), noise(500)]);
  const keys = await keysOf('a.ace', ace);
  assert.ok(keys.includes('type=ace') && keys.includes('type=archive'));
  assert.deepEqual(keysWith('flag=', keys), ['unreadable']);
});

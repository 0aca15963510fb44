/** Archives that are made to cost something: each is answered in time, without a crash, and others can work meanwhile. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { directory, keysWith, type LookOptions, noise, program } from '../attachment-look.ts';
import { lookInThread } from './look-thread.ts';
import { fixed, zip } from './zip-builder.ts';

/** The loop may be busy for so long. */
const BUSY_MS = 50;
const MIB = 1024 * 1024;

interface Looked {
  readonly keys: readonly string[];
  readonly types: readonly string[];
  readonly flags: readonly string[];
  readonly ms: number;
}

/** Looks at it, and holds that nobody else had to wait. */
async function look(name: string, bytes: Buffer, options: LookOptions = {}): Promise<Looked> {
  await lookInThread('warm.zip', zip([{ name: 'a.txt', data: noise(10) }]), options);
  const began = performance.now();
  const { keys, longestMs } = await lookInThread(name, bytes, options);
  const ms = performance.now() - began;
  console.log(`${name}: ${Math.round(ms)} ms, the loop was busy for ${longestMs.toFixed(1)} ms at most`);
  assert.ok(longestMs < BUSY_MS, `${longestMs} ms`);
  return { keys, types: keysWith('type=', keys), flags: keysWith('flag=', keys), ms };
}

const is7z = spawnSync('sh', ['-c', 'command -v 7z']).status === 0 ? false : '7z is not installed';
const zeros = (bytes: number) => Buffer.alloc(bytes);

test('bombs in many layers', async () => {
  let layer = zip([{ name: 'zeros.bin', data: zeros(40 * MIB) }]);
  for (let depth = 0; depth < 5; depth++) {
    layer = zip(Array.from({ length: 16 }, (_, i) => ({ name: `lib ${i}.zip`, data: layer })));
  }
  assert.ok(layer.length < 100_000);
  const { types, keys, ms } = await look('42.zip', layer);
  assert.ok(types.includes('archive-bomb'));
  assert.ok(keys.includes('42.zip/lib 0.zip'));
  assert.ok(ms < 10_000);
});

test('one layer: gzip, zip and others of zeros; what others are sent is still looked at', async () => {
  const packed = gzipSync(zeros(120 * MIB));
  assert.ok((await look('zeros.gz', packed)).types.includes('archive-bomb'));
  const member = { name: 'zeros.bin', data: zeros(120 * MIB) };
  assert.ok((await look('zeros.zip', zip([member]))).types.includes('archive-bomb'));
  const lying = { ...member, plainBytes: 10 };
  assert.ok((await look('lying.zip', zip([lying]))).types.includes('archive-bomb'));
  const small = await look('small.gz', gzipSync(zeros(20 * MIB)));
  assert.deepEqual(
    keysWith('type=', small.keys),
    ['gz', 'archive', 'application/gzip'],
    'not everything is a bomb',
  );
});

test('members that share their bytes: one place for all, and data that quotes the next header', async () => {
  const shared = Array.from({ length: 50 }, (_, i) => ({
    name: `${i}.bin`,
    data: i === 0 ? zeros(MIB) : Buffer.alloc(0),
  }));
  const full = await look('full.zip', zip(shared.map((piece) => ({ ...piece, headerAt: 0 }))));
  assert.ok(full.types.includes('archive-bomb'));
  const quoted = await look('quoted.zip', quotedOverlap(200, deflateRawSync(zeros(MIB))));
  assert.ok(quoted.types.includes('archive-bomb'));
  assert.ok(quoted.keys.includes('quoted.zip/199'), 'all names are asked about');
});

/** Each member begins with a stored block that holds the next local header, and goes on with the next member. */
function quotedOverlap(count: number, kernel: Buffer): Buffer {
  const entries: Buffer[] = [];
  let data = kernel;
  let plain = MIB;
  const sizes: number[] = [];
  for (let i = count - 1; i >= 0; i--) {
    const header = localHeader(String(i), data.length, plain);
    sizes.unshift(data.length);
    if (i === 0) {
      data = Buffer.concat([header, data]);
      break;
    }
    const block = fixed('', [
      [1, 0],
      [2, header.length],
      [2, ~header.length & 0xffff],
    ]);
    data = Buffer.concat([block, header, data]);
    plain += header.length;
  }
  let at = 0;
  for (let i = 0; i < count; i++) {
    entries.push(
      Buffer.concat([
        fixed('PK\x01\x02', [
          [2, 20],
          [2, 20],
          [2, 0],
          [2, 8],
          [8, 0],
          [4, sizes[i] ?? 0],
          [4, plain],
        ]),
        fixed('', [
          [2, String(i).length],
          [2, 0],
          [2, 0],
          [2, 0],
          [2, 0],
          [4, 0],
          [4, at],
        ]),
        Buffer.from(String(i)),
      ]),
    );
    at += 30 + String(i).length + 5;
  }
  const listed = Buffer.concat(entries);
  const end = fixed('PK\x05\x06', [
    [4, 0],
    [2, count],
    [2, count],
    [4, listed.length],
    [4, data.length],
    [2, 0],
  ]);
  return Buffer.concat([data, listed, end]);
}

function localHeader(name: string, packed: number, plain: number): Buffer {
  const head = fixed('PK\x03\x04', [
    [2, 20],
    [2, 0],
    [2, 8],
    [8, 0],
    [4, packed],
    [4, plain],
    [2, name.length],
    [2, 0],
  ]);
  return Buffer.concat([head, Buffer.from(name)]);
}

test('a million members', async () => {
  const [local, entry] = [Buffer.alloc(37), Buffer.alloc(53)];
  localHeader('0000000', 0, 0).copy(local);
  fixed('PK\x01\x02', [
    [2, 20],
    [2, 20],
    [2, 0],
    [2, 0],
    [8, 0],
    [8, 0],
    [2, 7],
  ]).copy(entry);
  local.writeUInt16LE(0, 8);
  const count = 1_000_000;
  const bytes = Buffer.alloc(count * (local.length + entry.length) + 22);
  for (let i = 0; i < count; i++) {
    const name = String(i).padStart(7, '0');
    local.write(name, 30);
    entry.write(name, 46);
    entry.writeUInt32LE(i * local.length, 42);
    local.copy(bytes, i * local.length);
    entry.copy(bytes, count * local.length + i * entry.length);
  }
  const sizes = [count * entry.length, count * local.length] as const;
  fixed('PK\x05\x06', [
    [8, 0],
    [4, sizes[0]],
    [4, sizes[1]],
    [2, 0],
  ]).copy(bytes, count * 90);
  const { types, keys } = await look('million.zip', bytes);
  assert.ok(types.includes('archive-bomb'));
  assert.ok(keys.includes('million.zip/0009999') && !keys.includes('million.zip/0010001'));
});

test('many members of a 7z archive', { skip: is7z }, async () => {
  const folder = join(directory, 'many');
  mkdirSync(folder);
  for (let i = 0; i < 2_500; i++) writeFileSync(join(folder, `${i}.txt`), `${i}`);
  const out = join(directory, 'many.7z');
  assert.equal(spawnSync('7z', ['a', '-bd', '-mx=1', out, '.'], { cwd: folder }).status, 0);
  const { types, keys } = await look('many.7z', readFileSync(out), { limits: { members: 2_000 } });
  assert.ok(types.includes('archive-bomb'));
  assert.ok(keys.includes('many.7z/0.txt'), 'names are told as far as they go');
});

test('a packed file that wants a gigabyte of memory', async (t) => {
  const { status, stdout } = spawnSync('xz', ['--format=lzma', '-c'], { input: noise(100_000) });
  if (status !== 0) return t.skip('xz is not installed');
  stdout.writeUInt32LE(0x4000_0000, 1);
  const before = process.memoryUsage().rss;
  const { types } = await look('dictionary.lzma', stdout);
  assert.ok(types.includes('lzma') && types.includes('archive-bomb'), String(types));
  assert.ok(process.memoryUsage().rss - before < 300 * MIB);
});

test('an archive that takes too long is given up, and the next one is opened', { skip: is7z }, async () => {
  const out = join(directory, 'slow.7z');
  writeFileSync(join(directory, 'slow.bin'), noise(5 * MIB));
  spawnSync('7z', ['a', '-bd', '-mx=1', '-m0=PPMd', out, 'slow.bin'], { cwd: directory });
  const options = { limits: { timeMs: 300 } };
  const slow = await look('slow.7z', readFileSync(out), options);
  assert.ok(slow.types.includes('archive-bomb'));
  assert.ok(slow.ms < 5_000, `${slow.ms} ms`);
  const next = join(directory, 'next.7z');
  writeFileSync(join(directory, 'update.exe'), program);
  spawnSync('7z', ['a', '-bd', next, 'update.exe'], { cwd: directory });
  const found = await look('next.7z', readFileSync(next), { ...options, limits: { timeMs: 20_000 } });
  assert.ok(found.keys.includes('next.7z/update.exe') && found.types.includes('exe'));
});

test('gzip in gzip in gzip', async () => {
  let bytes = Buffer.from('the end');
  for (let i = 0; i < 50; i++) bytes = gzipSync(bytes);
  const { types } = await look('deep.gz', bytes);
  assert.ok(types.includes('archive-bomb'));
});

test('a text that writes out a hundred thousand files', async () => {
  const { types } = await look('body.txt', Buffer.from('begin 644 a.txt\nend\n'.repeat(100_000)));
  assert.ok(types.includes('archive-bomb'));
});

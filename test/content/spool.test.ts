import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BlockList } from '../../src/content/block-list.ts';
import { Spool, SpoolError } from '../../src/content/spool.ts';
import { replyText } from '../../src/mail/reply.ts';

const directory = mkdtempSync(join(tmpdir(), 'spool-'));
after(() => rmSync(directory, { recursive: true }));

const spoolOf = (memoryLimitBytes: number) => new Spool({ directory, memoryLimitBytes });

async function all(chunks: Iterable<Buffer> | AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}

function noise(bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) buffer[i] = (i * 7 + (i >> 8) * 13 + (i >> 16)) & 0xff;
  return buffer;
}

async function filled(spool: Spool, message: Buffer, chunkBytes: () => number): Promise<void> {
  for (let at = 0; at < message.length; ) {
    const size = chunkBytes();
    await spool.append(message.subarray(at, at + size));
    at += size;
  }
}

const limits = { 'all in memory': 10_000_000, 'all in the file': 0, 'half and half': 500_000 };

for (const [name, limit] of Object.entries(limits)) {
  test(`what goes in comes out, as often as one likes, from any offset: ${name}`, async () => {
    const message = noise(1_000_003);
    const spool = spoolOf(limit);
    await filled(spool, message, () => 1 + Math.floor(Math.random() ** 4 * 100_000));
    assert.equal(spool.sizeBytes, message.length);
    for (const from of [0, 1, 499_999, 500_000, 500_001, 777_777, 1_000_002, 1_000_003, 2_000_000]) {
      assert.ok((await all(spool.chunks(from))).equals(message.subarray(from)), `from ${from}`);
    }
    const both = await Promise.all([all(spool.chunks()), all(spool.chunks(3))]);
    assert.ok(both[0]?.equals(message) && both[1]?.equals(message.subarray(3)), 'two readers at once');
    assert.equal(Symbol.iterator in spool.chunks(), limit === 10_000_000, 'in memory it is there at once');
    await spool.close();
  });
}

test('an empty message', async () => {
  const spool = spoolOf(0);
  assert.equal((await all(spool.chunks())).length, 0);
  await spool.append(Buffer.alloc(0));
  assert.equal(spool.sizeBytes, 0);
  await spool.close();
});

test('byte by byte costs bytes, not a Buffer each', async (t) => {
  const spool = spoolOf(8_000_000);
  const byte = Buffer.from('x');
  const from = performance.now();
  for (let i = 0; i < 1_000_000; i++) {
    const wait = spool.append(byte);
    if (wait) await wait;
  }
  const blocks = [...(spool.chunks() as Iterable<Buffer>)];
  t.diagnostic(`a million bytes in ${(performance.now() - from).toFixed(0)} ms, ${blocks.length} blocks`);
  assert.ok(blocks.length < 30, `${blocks.length} blocks`);
  assert.equal(Buffer.concat(blocks).length, 1_000_000);
  await spool.close();
});

test('large and small chunks in turn waste little', () => {
  const list = new BlockList();
  let bytes = 0;
  for (let i = 0; i < 1_000; i++) {
    for (const size of [10, 2_048, 3]) {
      list.push(Buffer.alloc(size, 'x'));
      bytes += size;
    }
  }
  const blocks = list.blocks();
  const held = new Map(blocks.map((block) => [block.buffer, block.buffer.byteLength]));
  const heldBytes = [...held.values()].reduce((sum, size) => sum + size, 0);
  assert.equal(Buffer.concat(blocks).length, bytes);
  assert.equal(list.sizeBytes, bytes);
  assert.ok(heldBytes < 2.2 * bytes, `${heldBytes} bytes of memory for ${bytes}`);
});

test('a small chunk may be a piece of a buffer that is used again', async () => {
  const spool = spoolOf(1_000);
  const buffer = Buffer.from('abc');
  await spool.append(buffer);
  buffer.fill('?');
  assert.equal((await all(spool.chunks())).toString(), 'abc');
  await spool.close();
});

test('nobody else sees the file, and nothing is left of it', async () => {
  const spool = spoolOf(0);
  for (let i = 0; i < 20; i++) await spool.append(noise(100_000));
  assert.deepEqual(readdirSync(directory), []);
  assert.equal(openFiles(), 1);
  await spool.close();
  await spool.close();
  assert.equal(openFiles(), 0);
});

test('closed in the middle of a write', async () => {
  const spool = spoolOf(0);
  const writing = spool.append(noise(3_000_000));
  const closing = spool.close();
  await Promise.allSettled([writing, closing]);
  assert.equal(openFiles(), 0);
  assert.throws(() => spool.append(Buffer.from('x')), SpoolError);
  assert.throws(() => spool.chunks(), SpoolError);
});

test('closed while somebody reads', async () => {
  const spool = spoolOf(0);
  for (let i = 0; i < 5; i++) await spool.append(noise(300_000));
  await assert.rejects(async () => {
    for await (const _ of spool.chunks()) await spool.close();
  }, SpoolError);
  assert.equal(openFiles(), 0);
});

test('no disk: 452 4.3.1, before and after', async () => {
  const spool = new Spool({ directory: join(directory, 'absent'), memoryLimitBytes: 10 });
  await spool.append(Buffer.from('fits'));
  const isFull = (error: unknown) =>
    error instanceof SpoolError && replyText(error.reply) === '452 4.3.1 Insufficient system storage';
  await assert.rejects(async () => spool.append(noise(300_000)), isFull);
  assert.throws(() => spool.append(Buffer.from('x')), isFull);
  assert.throws(() => spool.chunks(), isFull);
  await spool.close();
});

test('a disk that takes a part of it and no more', (t) => {
  const module = new URL('../../src/content/spool.ts', import.meta.url).href;
  const program = `
    import { Spool, SpoolError } from ${JSON.stringify(module)};
    const spool = new Spool({ directory: ${JSON.stringify(directory)}, memoryLimitBytes: 0 });
    try {
      for (let i = 0; i < 50; i++) await spool.append(Buffer.alloc(100_001));
    } catch (error) {
      console.log(error instanceof SpoolError, error.message);
    }
    await spool.close();`;
  const shell = [
    '-c',
    'ulimit -f 1000 && exec "$@"',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    program,
  ];
  const { stdout, error } = spawnSync('/bin/sh', shell, { encoding: 'utf8' });
  if (error) return t.skip(`no shell: ${error.message}`);
  assert.match(stdout, /^true spool file in .*: EFBIG/);
});

test('50 MB in less than 20 MB of memory', async (t) => {
  const spool = spoolOf(1_000_000);
  const before = process.memoryUsage().rss;
  let peak = 0;
  const look = () => {
    peak = Math.max(peak, process.memoryUsage().rss - before);
  };
  const from = performance.now();
  for (let i = 0; i < 800; i++) {
    const wait = spool.append(Buffer.alloc(65_536, i & 0xff));
    if (wait) await wait;
    if (i % 10 === 0) look();
  }
  const written = performance.now();
  let bytes = 0;
  for await (const chunk of spool.chunks()) {
    bytes += chunk.length;
    if (bytes % 1_048_576 === 0) look();
  }
  assert.equal(bytes, 800 * 65_536);
  t.diagnostic(
    `${(peak / 1e6).toFixed(1)} MB more; written in ${(written - from).toFixed(0)} ms, read in ${(performance.now() - written).toFixed(0)} ms`,
  );
  assert.ok(peak < 40e6, `${(peak / 1e6).toFixed(1)} MB`);
  await spool.close();
});

/** Spool files that this process holds open. */
function openFiles(): number {
  let count = 0;
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(join('/proc/self/fd', name)).includes(`/spool-${process.pid}-`)) count++;
    } catch {
      // gone meanwhile
    }
  }
  return count;
}

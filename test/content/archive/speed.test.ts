/** What looking costs: printed, and bounded loosely, for machines differ. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { processorMs } from '../../support/processor-time.ts';
import { directory, keysOf, noise, part } from '../attachment-look.ts';
import { busiest } from './busy.ts';
import { samples } from './samples.ts';
import { zip } from './zip-builder.ts';

const MB = 1e6;
const letter = Buffer.from('The quick brown fox jumps over the lazy dog, and so on.\r\n'.repeat(400));
const picture = Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), noise(10 * MB)]);
const words = Array.from({ length: 4_000 }, (_, i) => `word ${(i * 7_919) % 1_000}, `).join('');
const text = Buffer.alloc(20 * MB, words);

/** Mails come over the network: others have their turn between them. */
async function later(work: Promise<unknown>): Promise<void> {
  await work;
  await setImmediate();
}

interface Cost {
  readonly rate: number;
  readonly longestMs: number;
}

async function cost(what: string, bytes: number, work: () => Promise<unknown>): Promise<Cost> {
  await work();
  const began = processorMs();
  const start = performance.now();
  const { longestMs } = await busiest(work);
  const ms = performance.now() - start;
  const cpuMs = processorMs() - began;
  const rate = bytes / MB / (ms / 1_000);
  const perCore = Math.round(bytes / MB / (cpuMs / 1_000));
  console.log(
    `${what}: ${Math.round(rate)} MB/s, ${perCore} MB/s of this thread, busy for ${longestMs.toFixed(1)} ms at most`,
  );
  return { rate, longestMs };
}

test('attachments of all kinds', async () => {
  const body = part({}, 'text/plain');
  const bodies = async () => {
    for (let i = 0; i < 200; i++) await later(keysOf(body, letter));
  };
  const cheap = await cost('200 bodies of 23 kB', 200 * letter.length, bodies);
  const large = await cost('a picture of 10 MB', picture.length, () => keysOf('a.jpg', picture));
  const packed = zip([{ name: 'a.txt', data: text }]);
  const unpacked = await cost('20 MB of text out of a zip', text.length, () => keysOf('a.zip', packed));
  const document = samples['a.docx'] ?? Buffer.alloc(0);
  const documents = async () => {
    for (let i = 0; i < 200; i++) await later(keysOf('a.docx', document));
  };
  const small = await cost('200 small documents', 200 * document.length, documents);
  for (const { longestMs } of [cheap, large, unpacked, small]) assert.ok(longestMs < 50, `${longestMs} ms`);
  assert.ok(cheap.rate > 20 && large.rate > 20 && unpacked.rate > 20);
});

test('a 7z archive of 20 MB', async (t) => {
  const [from, to] = [join(directory, 'text.txt'), join(directory, 'text.7z')];
  writeFileSync(from, text);
  if (spawnSync('7z', ['a', '-bd', '-mx=1', to, from]).status !== 0) return t.skip('7z is not installed');
  const packed = readFileSync(to);
  const { longestMs } = await cost('20 MB of text out of a 7z', text.length, () => keysOf('a.7z', packed));
  assert.ok(longestMs < 50, `${longestMs} ms`);
});

test('50 MB of attachments take little memory', () => {
  const archive = join(directory, 'large.zip');
  writeFileSync(archive, zip([{ name: 'a.bin', data: noise(50 * MB) }]));
  const { stdout } = spawnSync(process.execPath, [join(import.meta.dirname, 'memory-probe.ts'), archive], {
    encoding: 'utf8',
  });
  const growth = Number(/grew by (\d+) MiB/.exec(stdout)?.[1]);
  console.log(`50 MB of attachments: ${growth} MiB more memory at most`);
  assert.ok(growth < 100, stdout);
});

/** The thread that opens rare archives, and those who wait for it. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BrokenArchive, Budget, OverBudget } from '../../../src/content/archive/budget.ts';
import { SevenZip } from '../../../src/content/archive/seven-zip.ts';
import type { Opened } from '../../../src/content/archive/unpacker.ts';
import { Refused } from '../../../src/mail/refused.ts';
import { replyText } from '../../../src/mail/reply.ts';
import { limits, noise, program } from '../attachment-look.ts';
import { rar5 } from './rar-builder.ts';

const sevenZip = new SevenZip({ memoryBytes: 64 * 1024 * 1024 });
after(() => sevenZip.close());
const unpack = sevenZip.unpacker();

const sourceOf = (bytes: Buffer) => ({
  sizeBytes: bytes.length,
  read: async (offset: number, length: number) => bytes.subarray(offset, offset + length),
});

interface Watched extends Opened {
  readonly names: string[];
  readonly flags: string[];
}

/** Whoever opens an archive; `write`: what its readers do. */
function watch(write: () => void | Promise<void> = () => {}, timeMs = 20_000): Watched {
  const names: string[] = [];
  const flags: string[] = [];
  return {
    ...{ name: 'a.rar', names, flags, budget: new Budget({ ...limits, timeMs }) },
    member: ([name = '']) => {
      names.push(name);
      return { write, end() {} };
    },
    isA() {},
    flag: (flag) => flags.push(flag),
  };
}

const archive = rar5([
  { name: 'a.exe', data: program },
  { name: 'b/c.txt', data: noise(500_000) },
]);

test('many at once are opened one after the other', async () => {
  let [running, most] = [0, 0];
  const seen = Array.from({ length: 8 }, () =>
    watch(async () => {
      running++;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    }),
  );
  await Promise.all(seen.map((one) => one.budget.timed(() => unpack(sourceOf(archive), one))));
  for (const { names } of seen) assert.deepEqual(names, ['a.exe', 'b/c.txt']);
  assert.equal(most, 1);
});

test('who waits for longer than an archive may take is refused for now; waiting costs no time of its own', async () => {
  const slow = watch(() => new Promise((resolve) => setTimeout(resolve, 600)));
  const first = slow.budget.timed(() => unpack(sourceOf(archive), slow));
  const patient = watch(undefined, 10_000);
  const second = patient.budget.timed(() => unpack(sourceOf(archive), patient));
  const hasty = watch(undefined, 100);
  await assert.rejects(
    hasty.budget.timed(() => unpack(sourceOf(archive), hasty)),
    (error: unknown) => {
      assert.ok(error instanceof Refused);
      assert.equal(replyText(error.reply), '451 4.3.0 Error: content inspection takes too long');
      return true;
    },
  );
  await Promise.all([first, second]);
  assert.deepEqual(patient.names, ['a.exe', 'b/c.txt']);
  assert.ok(patient.budget.leftMs > 9_000, `${patient.budget.leftMs} ms are left`);
});

test('a reader that fails ends the archive with its error, and nothing else', async () => {
  const failing = watch(() => {
    throw new Error('the disk is full');
  });
  await assert.rejects(unpack(sourceOf(archive), failing), /the disk is full/);
  const budgeted = watch(() => {
    throw new OverBudget('enough');
  });
  await assert.rejects(unpack(sourceOf(archive), budgeted), OverBudget);
  const next = watch();
  await unpack(sourceOf(archive), next);
  assert.deepEqual(next.names, ['a.exe', 'b/c.txt']);
});

test('an archive whose bytes cannot be read', async () => {
  const broken = { sizeBytes: archive.length, read: () => Promise.reject(new Error('gone')) };
  await assert.rejects(unpack(broken, watch()), /gone/);
  await assert.rejects(
    unpack({ sizeBytes: 1_000_000, read: async () => Buffer.alloc(0) }, watch()),
    BrokenArchive,
  );
});

test('names that talk about passwords are not passwords', async () => {
  const bytes = rar5([
    { name: 'Enter password (encrypted).txt', data: program },
    { name: 'Encrypted = +', data: program },
  ]);
  const one = watch();
  await unpack(sourceOf(bytes), one);
  assert.equal(one.names.length, 2);
  assert.deepEqual(one.flags, []);
});

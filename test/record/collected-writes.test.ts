/** Lines on their way to a file: none is lost, whoever ends the process, and their order stays. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CollectedWrites } from '../../src/record/collected-writes.ts';

function file(t: TestContext): { path: string; fd: number } {
  const directory = mkdtempSync(join(tmpdir(), 'lines-'));
  const path = join(directory, 'log');
  const fd = openSync(path, 'a');
  t.after(() => {
    closeSync(fd);
    rmSync(directory, { recursive: true });
  });
  return { path, fd };
}

const line = (i: number) => `line ${i} of many, with an \u00e4\n`;
const lines = (count: number) => Array.from({ length: count }, (_, i) => line(i));

test('lines come in their order, however many and in whatever moments', async (t) => {
  const { path, fd } = file(t);
  const writes = new CollectedWrites(fd);
  for (const [i, one] of lines(20_000).entries()) {
    writes.write(one);
    if (i % 1_000 === 0) await sleep(1);
  }
  await sleep(500);
  assert.equal(readFileSync(path, 'utf8'), lines(20_000).join(''));
});

test('a single line waits a moment, and not at all when it is asked for', async (t) => {
  const { path, fd } = file(t);
  const writes = new CollectedWrites(fd);
  writes.write(line(0));
  assert.equal(readFileSync(path, 'utf8'), '');
  await sleep(400);
  assert.equal(readFileSync(path, 'utf8'), line(0));
  writes.write(line(1));
  writes.flushSync();
  assert.equal(readFileSync(path, 'utf8'), line(0) + line(1));
});

const WRITER = `
  import { CollectedWrites } from '${join(import.meta.dirname, '../../src/record/collected-writes.ts')}';
  const writes = new CollectedWrites(1);
  for (let i = 0; i < 20000; i++) writes.write('line ' + i + '\\n');
  process.on('exit', () => writes.flushSync());
`;

test('a pipe that is read slowly gets all of it', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER]);
  child.stdout.pause();
  await sleep(300);
  let text = '';
  for await (const chunk of child.stdout) text += chunk;
  assert.equal(text, Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''));
});

test('a disk that is full ends nothing', () => {
  const script = `${WRITER}\nsetTimeout(() => console.error('still here'), 300);`;
  const out = execFileSync('sh', [
    '-c',
    'exec 3>&1; exec "$@" >/dev/full 2>&3',
    'sh',
    process.execPath,
    '--input-type=module',
    '-e',
    script,
  ]);
  assert.match(out.toString(), /still here/);
});

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { SqliteStore } from '../../src/memory/sqlite-store.ts';
import { silentLog } from '../../src/record/log.ts';

const ROUNDS = 8;
const WRITERS = 2;

/** Runs a writer and kills it with SIGKILL. Gives the last number it said. */
async function killedWriter(path: string, name: string, afterMs: number): Promise<number> {
  const writer = spawn(process.execPath, [join(import.meta.dirname, 'sqlite-writer.ts'), path, name], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  writer.stdout.on('data', (bytes) => {
    said += bytes;
  });
  await new Promise((resolve) => writer.stdout.once('data', resolve));
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  writer.kill('SIGKILL');
  await new Promise((resolve) => writer.once('close', resolve));
  const whole = said.slice(0, said.lastIndexOf('\n')).split('\n');
  return Number(whole.at(-1));
}

test('writers that are killed at any moment lose nothing that they have said', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'sqlite-crash-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'state.db');
  let written = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const names = Array.from({ length: WRITERS }, (_, i) => `writer-${round}-${i}`);
    const last = await Promise.all(names.map((name) => killedWriter(path, name, 20 + Math.random() * 150)));
    const tool = new DatabaseSync(path);
    assert.equal(tool.prepare('PRAGMA integrity_check').get()?.integrity_check, 'ok');
    tool.close();
    const store = new SqliteStore({ path, log: silentLog, housekeeping: false });
    for (const [i, name] of names.entries()) {
      const number = last[i] ?? -1;
      assert.ok(number >= 0);
      for (const n of [0, number >> 1, number]) {
        assert.equal((await store.get('greylist', `${name} ${n}`))?.value, String(n), `${name} ${n}`);
      }
      written += number;
    }
    await store.close();
  }
  console.log(
    `    ${ROUNDS} rounds of ${WRITERS} writers, ${written} entries written, none lost, integrity ok`,
  );
});

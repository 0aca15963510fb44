/** Room for unix sockets: what an earlier run left behind goes, what others use stays. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeRoom } from '../../src/process/unix-places.ts';

test('room is made for sockets, but nothing of others is taken away', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'places-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'queue/private/policy');
  await makeRoom([path, join(directory, 'queue/public/policy')], undefined);
  assert.equal(statSync(join(directory, 'queue/private')).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, 'queue/public')).mode & 0o777, 0o755);

  const server = createServer();
  await new Promise<void>((resolve) => server.listen(path, resolve));
  await assert.rejects(makeRoom([path], undefined), /another program listens there already$/);
  assert.ok(existsSync(path));

  const left = join(directory, 'left');
  const script = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 9))`;
  spawnSync(process.execPath, ['-e', script]);
  assert.ok(existsSync(left));
  await makeRoom([left], undefined);
  assert.ok(!existsSync(left));
  server.close();

  const file = join(directory, 'file');
  writeFileSync(file, 'precious');
  await assert.rejects(makeRoom([file], undefined), /it is a file, and no socket$/);
  assert.equal(readFileSync(file, 'utf8'), 'precious');
});

/** Commands of spawn lines: each is its connection's other end, under its own user, and not for ever. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpawnedService } from '../../src/process/spawned-service.ts';
import type { Spawn } from '../../src/settings/services.ts';
import { until } from '../support/until.ts';

const isRoot = process.getuid?.() === 0;
const user = isRoot ? 'nobody' : userInfo().username;

interface Served {
  readonly log: string[];
  open(): { socket: Socket; heard(): string; isOver(): boolean };
}

async function serve(t: TestContext, line: Partial<Spawn>): Promise<Served> {
  const log: string[] = [];
  const note = (sentence: string) => void log.push(sentence);
  const whole = {
    name: 'x',
    user,
    group: undefined,
    command: [],
    timeLimitMs: 60_000,
    maxConnections: 0,
    ...line,
  };
  const service = new SpawnedService(whole as unknown as Spawn, { info: note, warn: note, error: note });
  const directory = mkdtempSync(join(tmpdir(), 'spawn-'));
  const path = join(directory, 'socket');
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) =>
    service.take(socket),
  );
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => {
    server.close();
    service.stop();
    rmSync(directory, { recursive: true });
  });
  return {
    log,
    open() {
      const socket = connect(path);
      let [text, over] = ['', false];
      socket.on('data', (bytes) => {
        text += bytes;
      });
      socket.on('close', () => {
        over = true;
      });
      socket.on('error', () => {});
      t.after(() => socket.destroy());
      return { socket, heard: () => text, isOver: () => over };
    },
  };
}

const shell = (script: string) => ['/bin/sh', '-c', script];
const never = (what: string) => () => `${what} did not happen`;

test('a command is the other end of its connection, reads it as a file, and is who it should be', async (t) => {
  const { open, log } = await serve(t, {
    command: shell('id -un; echo "what?" >&2; while read -r line; do echo "$line $PATH $HOME"; done; exit 3'),
  });
  const one = open();
  one.socket.write('early\n');
  await until(() => one.heard().includes('early /usr/local/bin:'), never('an answer'));
  assert.equal(one.heard().split('\n')[0], user);
  await sleep(50);
  one.socket.write(`late\n`);
  await until(() => one.heard().includes('late '), never('a second answer'));
  assert.ok(!one.heard().includes(process.cwd()));
  one.socket.end();
  await until(one.isOver, never('an end'));
  await until(() => log.length === 2, never('a word about the exit status'));
  assert.deepEqual(log, ['spawn service x: what?', 'spawn service x: /bin/sh ended with status 3']);
});

test('only so many commands run at once; the others wait', async (t) => {
  const { open } = await serve(t, { command: ['/bin/cat'], maxConnections: 2 });
  const [first, second, third] = [open(), open(), open()];
  for (const { socket } of [first, second, third]) socket.write('hello\n');
  await until(() => first.heard() && second.heard(), never('an answer'));
  await sleep(50);
  assert.equal(third.heard(), '');
  first.socket.end();
  await until(() => third.heard() === 'hello\n', never('the turn of the third'));
});

test('a command that takes too long is ended with all that it has started', async (t) => {
  const { open, log } = await serve(t, { command: shell('sleep 100 & sleep 100'), timeLimitMs: 100 });
  const one = open();
  await until(one.isOver, never('an end'));
  assert.deepEqual(log, ['spawn service x: /bin/sh ran longer than 0.1 s and was ended']);
});

test('what cannot be run is said in the log, and the connection ends', async (t) => {
  const rows: [Partial<Spawn>, RegExp][] = [
    [{ command: ['/no/such/program'] }, /^spawn service x: \/no\/such\/program cannot be run: .*ENOENT/],
    [{ user: 'no-such-user' }, /^spawn service x: user=no-such-user: there is no such user or group$/],
    [{ group: 'no-such-group' }, /^spawn service x: user=.*:no-such-group: there is no such user or group$/],
    [{ user: 'root' }, /^spawn service x: user=root: commands are not run with the rights of root$/],
  ];
  if (!isRoot) rows.push([{ user: 'nobody' }, /only root can run commands as another user$/]);
  for (const [line, problem] of rows) {
    const { open, log } = await serve(t, { command: ['/bin/cat'], ...line });
    const one = open();
    await until(one.isOver, never('an end'));
    assert.equal(log.length, 1);
    assert.match(log[0] ?? '', problem);
  }
});

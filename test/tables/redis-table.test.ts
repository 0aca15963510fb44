import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { createClient } from 'redis';
import { LookupFailure } from '../../src/tables/table.ts';
import { freePort } from '../support/free-port.ts';
import { here, Workshop } from './opened.ts';

const noRedis =
  spawnSync('redis-server', ['--version']).status === 0 ? false : 'redis-server is not installed';

/** Starts a server that keeps nothing on disk; settles when it listens. */
async function startServer(port: number): Promise<ChildProcess> {
  const server = spawn('redis-server', [
    '--port',
    `${port}`,
    '--save',
    '',
    '--appendonly',
    'no',
    '--bind',
    '127.0.0.1',
  ]);
  await new Promise<void>((resolve) => {
    server.stdout?.on('data', (bytes) => /Ready to accept/.test(String(bytes)) && resolve());
  });
  return server;
}

function stop(server: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    server.on('exit', () => resolve());
    server.kill('SIGKILL');
  });
}

describe('redis', { skip: noRedis }, () => {
  const shop = new Workshop({ deadlineMs: 1000, pollMs: 20 });
  let port = 0;
  let server: ChildProcess;

  before(async () => {
    port = await freePort();
    server = await startServer(port);
    const client = await createClient({ url: `redis://127.0.0.1:${port}/2` }).connect();
    await client.set('access:example.com', 'REJECT');
    await client.set('bare', 'without prefix');
    await client.hSet('access:hash', 'a', 'b');
    client.destroy();
  });
  after(async () => {
    await shop.close();
    await stop(server);
  });

  test('a key behind a prefix', async () => {
    const table = shop.tables.open(`redis://127.0.0.1:${port}/2?prefix=access:`, here);
    assert.equal(await table.find('EXAMPLE.com'), 'REJECT');
    assert.equal(await table.find('absent'), undefined);
    assert.equal(await table.find('example.com', { partial: true }), 'REJECT');
  });

  test('without prefix', async () => {
    assert.equal(await shop.tables.open(`redis://127.0.0.1:${port}/2`, here).find('bare'), 'without prefix');
    assert.equal(await shop.tables.open(`redis://127.0.0.1:${port}/0`, here).find('bare'), undefined);
  });

  test('options in a file', async () => {
    const file = shop.file('redis.cf', `uri = redis://127.0.0.1:${port}/2\nprefix = access:\n`);
    assert.equal(await shop.tables.open(`redis:${file}`, here).find('example.com'), 'REJECT');
    shop.file('bad.cf', 'url = redis://127.0.0.1\n');
    await assert.rejects(
      async () => shop.tables.open('redis:bad.cf', here).find('x'),
      (error) => error instanceof LookupFailure && error.reason === 'config',
    );
    assert.match(shop.complaints.join('\n'), /bad\.cf:1: unknown option "url"; did you mean uri\?/);
  });

  test('a value of another type cannot be known', async () => {
    const table = shop.tables.open(`redis://127.0.0.1:${port}/2?prefix=access:`, here);
    await assert.rejects(async () => table.find('hash'), /WRONGTYPE/);
  });

  test('a server that goes away and comes back', async () => {
    const table = shop.tables.open(`redis://127.0.0.1:${port}/2?prefix=access:`, here);
    assert.equal(await table.find('example.com'), 'REJECT');
    await stop(server);
    const began = performance.now();
    await assert.rejects(
      async () => table.find('example.com'),
      (error) => error instanceof LookupFailure && error.reason === 'retry',
    );
    assert.ok(performance.now() - began < 1500);
    server = await startServer(port);
    for (let i = 0; i < 50; i++) {
      const answer = await Promise.resolve(table.find('example.com')).catch(() => 'cannot know');
      if (answer === undefined) return; // a fresh server: nothing is kept
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    assert.fail('the connection does not come back');
  });

  test('nobody there, from the start', async () => {
    const table = shop.tables.open(`redis://127.0.0.1:${await freePort()}/0`, here);
    await assert.rejects(async () => table.find('x'), /redis:\/\/127\.0\.0\.1:\d+\/0 lookup error for "x"/);
  });
});

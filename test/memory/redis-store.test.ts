import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { RedisStore } from '../../src/memory/redis-store.ts';
import { StoreFailure } from '../../src/memory/store.ts';
import { parseStoreAddress, type RedisAddress } from '../../src/memory/store-address.ts';
import type { Log } from '../../src/record/log.ts';
import { silentLog } from '../../src/record/log.ts';
import { freePort } from '../support/free-port.ts';
import { missing, RedisServer, startSentinel } from './redis-server.ts';
import { storeContract } from './store-contract.ts';

const HOUR = 3_600_000;
const skip = missing('redis-server');
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function open(url: string, log: Log = silentLog): RedisStore {
  return new RedisStore({ address: parseStoreAddress(url) as RedisAddress, log });
}

/** Tries until it works. Gives how long that took. */
async function untilItWorks(work: () => unknown, atMostMs: number): Promise<number> {
  const began = performance.now();
  for (;;) {
    try {
      await work();
      return performance.now() - began;
    } catch (error) {
      if (performance.now() - began > atMostMs) throw error;
      assert.ok(error instanceof StoreFailure, String(error));
      await pause(20);
    }
  }
}

describe('the store in Redis', { skip }, () => {
  const stores: RedisStore[] = [];
  let server: RedisServer;
  let url = '';
  let made = 0;
  before(async () => {
    server = await new RedisServer(await freePort()).start();
    url = `redis://127.0.0.1:${server.port}/3`;
  });
  after(async () => {
    for (const store of stores) await store.close();
    await server.kill();
  });
  const fresh = (more = '') => {
    const store = open(`${url}?prefix=test${made++}:${more}`);
    stores.push(store);
    return store;
  };

  storeContract(() => ({ store: fresh(), wait: pause }));

  test('two gateways share it', async () => {
    const [one, two] = [open(url), open(url)];
    await one.put('greylist', 'shared', { value: 'v', lifetimeMs: HOUR });
    assert.equal((await two.get('greylist', 'shared'))?.value, 'v');
    await Promise.all([one.close(), two.close()]);
  });

  test('what others have written under our keys is no entry, and is replaced', async () => {
    const store = fresh();
    const { createClient } = await import('redis');
    const client = await createClient({ url }).connect();
    await client.set(`test${made - 1}:greylist:k`, 'rubbish');
    assert.equal(await store.get('greylist', 'k'), undefined);
    await store.update('greylist', 'k', (now) => (now ? undefined : { value: 'ours', lifetimeMs: HOUR }));
    assert.equal((await store.get('greylist', 'k'))?.value, 'ours');
    client.destroy();
  });

  test('figures: one look-up, and many at once', async () => {
    const store = fresh();
    await store.put('greylist', 'k', { value: 'v', lifetimeMs: HOUR });
    const began = performance.now();
    for (let i = 0; i < 2_000; i++) await store.get('greylist', 'k');
    const one = ((performance.now() - began) / 2_000) * 1_000;
    const many = performance.now();
    await Promise.all(Array.from({ length: 1_000 }, () => store.get('greylist', 'k')));
    const each = ((performance.now() - many) / 1_000) * 1_000;
    console.log(`    one look-up: ${one.toFixed(0)} us; among 1000 at once: ${each.toFixed(0)} us`);
    assert.ok(one < 5_000);
  });
});

describe('a Redis that fails', { skip }, () => {
  test('killed and restarted under load: failures are quick and clear, and end by themselves', async () => {
    const port = await freePort();
    const server = await new RedisServer(port).start();
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const store = open(`redis://127.0.0.1:${port}`, { info: say, warn: say, error: say });
    let worked = 0;
    let failed = 0;
    let slowest = 0;
    let stop = false;
    const load = Array.from({ length: 20 }, async (_, worker) => {
      for (let i = 0; !stop; i++) {
        const began = performance.now();
        try {
          await store.update('clients', `${worker} ${i}`, () => ({ value: '1', lifetimeMs: HOUR }));
          worked++;
        } catch (error) {
          assert.ok(error instanceof StoreFailure);
          failed++;
        }
        slowest = Math.max(slowest, performance.now() - began);
        await pause(2);
      }
    });
    await pause(300);
    await server.kill();
    await pause(700);
    await server.start();
    const back = await untilItWorks(() => store.get('clients', 'x'), 5_000);
    await pause(300);
    stop = true;
    await Promise.all(load);
    console.log(
      `    ${worked} worked, ${failed} failed, slowest ${slowest.toFixed(0)} ms, back ${back.toFixed(0)} ms after the restart`,
    );
    assert.ok(failed > 0);
    assert.ok(slowest < 2_500);
    assert.equal(lines.length, 2, lines.join('\n'));
    assert.match(lines[1] ?? '', /works again/);
    await store.close();
    await server.kill();
  });

  test('one that hangs costs the timeout once in a while, not for every mail', async () => {
    const server = await new RedisServer(await freePort()).start();
    const store = open(`redis://127.0.0.1:${server.port}?timeout=200`);
    await store.put('greylist', 'k', { value: 'v', lifetimeMs: HOUR });
    server.signal('SIGSTOP');
    const began = performance.now();
    for (let i = 0; i < 50; i++) await assert.rejects(store.get('greylist', 'k'), StoreFailure);
    const took = performance.now() - began;
    assert.ok(took > 190 && took < 1_900, `${took}`);
    server.signal('SIGCONT');
    await untilItWorks(() => store.get('greylist', 'k'), 3_000);
    assert.equal((await store.get('greylist', 'k'))?.value, 'v');
    await store.close();
    await server.kill();
  });

  test('one that is not there at first is used when it comes', async () => {
    const port = await freePort();
    const store = open(`redis://127.0.0.1:${port}`);
    await assert.rejects(store.get('greylist', 'k'), StoreFailure);
    const server = await new RedisServer(port).start();
    await untilItWorks(() => store.put('greylist', 'k', { value: 'v', lifetimeMs: HOUR }), 5_000);
    await store.close();
    await server.kill();
  });
});

describe('ways to a Redis', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'redis-store-'));
  after(() => rmSync(directory, { recursive: true }));

  test('a password, in the address or in a file; a wrong one is a failure', async () => {
    const server = await new RedisServer(await freePort(), ['--requirepass', 'p@ss:word']).start();
    const file = join(directory, 'password');
    writeFileSync(file, 'p@ss:word\n');
    for (const url of [
      `redis://:p%40ss%3Aword@127.0.0.1:${server.port}`,
      `valkey://127.0.0.1:${server.port}?password_file=${file}`,
    ]) {
      const store = open(url);
      await store.put('greylist', 'k', { value: 'v', lifetimeMs: HOUR });
      assert.ok(!store.name.includes('p%40'));
      await store.close();
    }
    const wrong = open(`redis://:wrong@127.0.0.1:${server.port}`);
    await assert.rejects(wrong.get('greylist', 'k'), StoreFailure);
    await wrong.close();
    const nobody = open(`redis://127.0.0.1:${server.port}?password_file=${directory}/absent`);
    await assert.rejects(nobody.get('greylist', 'k'), /ENOENT/);
    await nobody.close();
    await server.kill();
  });

  test('TLS, the certificate checked', async () => {
    const [key, certificate] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
    const made = spawnSync('openssl', [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
      ],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost'],
      ...['-keyout', key, '-out', certificate],
    ]);
    assert.equal(made.status, 0, String(made.stderr));
    const port = await freePort();
    const tls = ['--tls-port', `${port}`, '--tls-cert-file', certificate, '--tls-key-file', key];
    const server = await new RedisServer(port, [
      ...tls,
      '--tls-ca-cert-file',
      certificate,
      '--tls-auth-clients',
      'no',
    ]).start();
    const good = open(`rediss://127.0.0.1:${port}?ca_file=${certificate}&timeout=2000`);
    await good.put('greylist', 'k', { value: 'v', lifetimeMs: HOUR });
    assert.equal((await good.get('greylist', 'k'))?.value, 'v');
    await good.close();
    const stranger = open(`rediss://127.0.0.1:${port}`);
    await assert.rejects(stranger.get('greylist', 'k'), StoreFailure);
    await stranger.close();
    await server.kill();
  });

  test('a cluster', async () => {
    const servers = await Promise.all(
      [0, 1, 2].map(async (i) => {
        const port = await freePort();
        const file = join(directory, `nodes-${i}.conf`);
        const more = [
          '--cluster-enabled',
          'yes',
          '--cluster-config-file',
          file,
          '--cluster-port',
          `${await freePort()}`,
        ];
        return new RedisServer(port, [...more, '--dir', directory]).start();
      }),
    );
    const nodes = servers.map(({ port }) => `127.0.0.1:${port}`);
    const created = spawnSync('redis-cli', ['--cluster', 'create', ...nodes, '--cluster-yes']);
    assert.equal(created.status, 0, String(created.stdout));
    const store = open(`redis+cluster://${nodes.join(',')}`);
    await untilItWorks(() => store.put('greylist', 'first', { value: 'v', lifetimeMs: HOUR }), 10_000);
    for (let i = 0; i < 60; i++) {
      await store.update('greylist', `k ${i}`, () => ({ value: `${i}`, lifetimeMs: HOUR }));
      assert.equal((await store.take('rates', `r ${i}`, { size: 1, fillMs: 60_000 })).kind, 'taken');
      assert.equal((await store.take('rates', `r ${i}`, { size: 1, fillMs: 60_000 })).kind, 'refused');
    }
    assert.equal(await store.count('greylist'), 61);
    const values: string[] = [];
    for await (const { value } of store.entries('greylist', 'k ')) values.push(value);
    assert.equal(new Set(values).size, 60);
    await store.close();
    for (const server of servers) await server.kill();
  });
});

describe('sentinels', { skip: skip || missing('redis-sentinel') }, () => {
  test('when the master dies, the new one is used', { timeout: 60_000 }, async () => {
    const master = await new RedisServer(await freePort()).start();
    const replica = await new RedisServer(await freePort(), [
      '--replicaof',
      '127.0.0.1',
      `${master.port}`,
    ]).start();
    const sentinel = await startSentinel(master.port, 'mymaster');
    const store = open(`redis+sentinel://127.0.0.1:${sentinel.port}/mymaster/0`);
    await untilItWorks(() => store.put('greylist', 'k', { value: 'before', lifetimeMs: HOUR }), 10_000);
    await untilReplicated(replica.port);
    await pause(1_500); // until the sentinel has found the replica
    await master.kill();
    const slowest = { ms: 0 };
    const took = await untilItWorks(async () => {
      const began = performance.now();
      try {
        await store.put('greylist', 'new', { value: 'after', lifetimeMs: HOUR });
      } finally {
        slowest.ms = Math.max(slowest.ms, performance.now() - began);
      }
    }, 40_000);
    assert.equal((await store.get('greylist', 'k'))?.value, 'before');
    console.log(
      `    writes work again ${(took / 1000).toFixed(1)} s after the master died; none waited longer than ${slowest.ms.toFixed(0)} ms`,
    );
    assert.ok(slowest.ms < 2_500);
    await store.close();
    await sentinel.stop();
    await replica.kill();
  });
});

async function untilReplicated(port: number): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const { stdout } = spawnSync('redis-cli', ['-p', `${port}`, 'dbsize']);
    if (Number(String(stdout).replace(/\D/g, '')) > 0) return;
    await pause(100);
  }
  throw new Error('nothing was replicated');
}

/** Whole gateways that remember together. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { PROGRAM } from '../support/gateway-program.ts';
import { missing, RedisServer } from './redis-server.ts';

interface Gateway {
  readonly port: number;
  readonly log: string[];
  stop(): Promise<void>;
}

async function startGateway(store: string, more = ''): Promise<Gateway> {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-'));
  chmodSync(directory, 0o755);
  const port = await freePort();
  writeFileSync(
    join(directory, 'main.cf'),
    `myhostname = mx.home.example
mydestination = home.example
data_directory = ${directory}/data
state_store = ${store || `sqlite:${directory}/data/state.db`}
worker_processes = 1
maillog_file = /dev/stdout
maillog_format = postfix
mynetworks =
smtpd_peername_lookup = no
smtpd_authorized_xclient_hosts = 127.0.0.1
local_recipient_maps =
local_transport = discard:
smtpd_relay_restrictions = reject_unauth_destination
smtpd_client_restrictions = check_client_rate inline:{{198.18 = 5/1h}}
smtpd_recipient_restrictions = check_greylist
greylist_key = network
greylist_delay = 1s
${more}`,
  );
  writeFileSync(join(directory, 'master.cf'), `127.0.0.1:${port} inet n - n - - smtpd\n`);
  const gateway: ChildProcess = spawn(process.execPath, [PROGRAM, 'serve', '-c', directory]);
  const log: string[] = [];
  for (const stream of [gateway.stdout, gateway.stderr])
    stream?.on('data', (bytes) => log.push(...String(bytes).trim().split('\n')));
  await untilItListens(port, log);
  return {
    port,
    log,
    async stop() {
      await new Promise((resolve) => {
        gateway.on('exit', resolve);
        gateway.kill('SIGTERM');
      });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function untilItListens(port: number, log: readonly string[]): Promise<void> {
  for (let i = 0; i < 600; i++) {
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      }).on('error', () => resolve(false));
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`the gateway does not listen: ${log.join('\n')}`);
}

/** What a client with this address hears at RCPT; undefined: the connection broke. */
async function rcpt(
  port: number,
  client: string,
  recipient = 'joe@home.example',
): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  const dialogue = new Dialogue(socket);
  try {
    await dialogue.reply();
    let last = '';
    for (const command of [
      'EHLO probe.example',
      `XCLIENT ADDR=${client} NAME=[UNAVAILABLE]`,
      'EHLO probe.example',
      'MAIL FROM:<ann@far.example>',
      `RCPT TO:<${recipient}>`,
    ]) {
      last = await dialogue.say(command);
    }
    return last;
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

class Dialogue {
  readonly #socket: Socket;
  #text = '';
  #wake: (() => void) | undefined;
  #isOver = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes) => {
      this.#text += bytes;
      this.#wake?.();
    });
    const over = () => {
      this.#isOver = true;
      this.#wake?.();
    };
    socket.on('close', over).on('error', over);
  }

  say(command: string): Promise<string> {
    this.#socket.write(`${command}\r\n`);
    return this.reply();
  }

  /** The last line of the next reply. */
  async reply(): Promise<string> {
    for (;;) {
      const match = /^(?:\d{3}-.*\r\n)*(\d{3} .*)\r\n/.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match[0].length);
        return match[1] ?? '';
      }
      if (this.#isOver) throw new Error('closed');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const WAIT =
  /^450 4\.2\.0 <joe@home\.example>: Recipient address rejected: Greylisting in action, please try later \(in 1 seconds\)$/;

/** The network with a limit. */
const LIMITED = '198.18.0.1';

/** How many of so many sessions the limit lets through, at all gateways in turn and all at once. */
async function letThrough(gateways: readonly Gateway[], sessions: number): Promise<number> {
  const ports = gateways.map(({ port }) => port);
  const said = await Promise.all(
    Array.from({ length: sessions }, (_, i) => rcpt(ports[i % ports.length] ?? 0, LIMITED)),
  );
  const refused = said.filter((text) => text?.startsWith('450 4.7.1'));
  for (const text of refused) assert.match(text ?? '', /Rate limit exceeded, try again in 7\d\d seconds$/);
  return sessions - refused.length;
}

describe('gateways', { timeout: 240_000 }, () => {
  test('with SQLite: the workers of one gateway remember together, also after a restart', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'shared-'));
    chmodSync(directory, 0o777);
    const store = `sqlite:${directory}/state.db`;
    const gateway = await startGateway(store, 'worker_processes = 2\n');
    assert.match((await rcpt(gateway.port, '192.0.2.5')) ?? '', WAIT);
    await pause(1_100);
    assert.match((await rcpt(gateway.port, '192.0.2.77')) ?? '', /^250 2\.1\.5/);
    for (let i = 0; i < 10; i++) assert.match((await rcpt(gateway.port, '192.0.2.5')) ?? '', /^250/);
    assert.match((await rcpt(gateway.port, '198.51.100.5')) ?? '', WAIT);
    assert.match((await rcpt(gateway.port, '192.0.2.5', 'postmaster@home.example')) ?? '', /^250/);
    assert.equal(await letThrough([gateway], 12), 5, 'one limit for all workers');
    await gateway.stop();
    const again = await startGateway(store);
    assert.match((await rcpt(again.port, '192.0.2.5')) ?? '', /^250/);
    await again.stop();
    rmSync(directory, { recursive: true });
  });

  test('with one Redis: greylisted at one, passed at the other', {
    skip: missing('redis-server'),
  }, async () => {
    const redis = await new RedisServer(await freePort()).start();
    const store = `redis://127.0.0.1:${redis.port}/0`;
    const [one, two] = await Promise.all([startGateway(store), startGateway(store)]);
    assert.match((await rcpt(one.port, '192.0.2.5')) ?? '', WAIT);
    await pause(1_100);
    assert.match((await rcpt(two.port, '192.0.2.5')) ?? '', /^250/);
    assert.match((await rcpt(one.port, '192.0.2.5')) ?? '', /^250/);
    assert.equal(await letThrough([one, two], 12), 5, 'one limit for both');
    await Promise.all([one.stop(), two.stop()]);
    await redis.kill();
  });

  test('a Redis that dies under load and comes back stops no mail', {
    skip: missing('redis-server'),
  }, async () => {
    const port = await freePort();
    const redis = await new RedisServer(port).start();
    const [accepting, deferring] = await Promise.all([
      startGateway(`redis://127.0.0.1:${port}/0`),
      startGateway(`redis://127.0.0.1:${port}/0`, 'greylist_failure_action = defer\n'),
    ]);
    const heard = new Map<string, number>();
    let stop = false;
    let slowest = 0;
    const load = [accepting, deferring].flatMap((gateway, which) =>
      Array.from({ length: 2 }, async (_, worker) => {
        for (let i = 0; !stop; i++) {
          const began = performance.now();
          const said = await rcpt(gateway.port, `10.${which}.${worker}.${i % 250}`);
          slowest = Math.max(slowest, performance.now() - began);
          const key = `${which ? 'defer' : 'dunno'}: ${said?.slice(0, 9)}`;
          heard.set(key, (heard.get(key) ?? 0) + 1);
          await pause(10); // some hundred sessions are enough
        }
      }),
    );
    await pause(1_000);
    await redis.kill();
    const unlimited = await letThrough([accepting], 8);
    await pause(1_000);
    await redis.start();
    await pause(1_500);
    stop = true;
    await Promise.all(load);
    console.log(
      `    ${[...heard].map(([key, count]) => `${key} ${count}`).join(', ')}; slowest session ${slowest.toFixed(0)} ms`,
    );
    assert.equal(unlimited, 8, 'no limit while the memory was away');
    assert.ok((heard.get('dunno: 250 2.1.5') ?? 0) > 0, 'let in while the memory was away');
    assert.ok((heard.get('defer: 450 4.3.0') ?? 0) > 0, 'told to come back while the memory was away');
    for (const key of heard.keys())
      assert.match(key, /^dunno: (250 2\.1\.5|450 4\.2\.0)$|^defer: (250 2\.1\.5|450 4\.[23]\.0)$/);
    assert.match((await rcpt(accepting.port, '203.0.113.5')) ?? '', WAIT, 'remembers again');
    await Promise.all([accepting.stop(), deferring.stop()]);
    await redis.kill();
  });
});

import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';
import { noPostfix, Postmap } from './postmap.ts';

/** A server that hands each connection to `serve`. */
class FakeServer {
  readonly sockets = new Set<Socket>();
  connections = 0;
  readonly #server: Server;

  constructor(serve: (socket: Socket) => void) {
    this.#server = createServer((socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.sockets.delete(socket));
      serve(socket);
    });
  }

  listen(where: number | string = 0): Promise<number> {
    return new Promise((resolve) => {
      const done = () => resolve((this.#server.address() as AddressInfo).port);
      if (typeof where === 'string') this.#server.listen(where, done);
      else this.#server.listen(where, '127.0.0.1', done);
    });
  }

  close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** Answers lines of the tcp protocol. */
function tcpServer(reply: (key: string, socket: Socket) => string | undefined): FakeServer {
  return new FakeServer((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
        const answer = reply(text.slice(0, end).replace(/^get /, ''), socket);
        text = text.slice(end + 1);
        if (answer !== undefined) socket.write(answer);
      }
    });
  });
}

async function failure(promise: unknown): Promise<LookupFailure> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof LookupFailure) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: 'there is an answer' });
}

const tcpReplies: Readonly<Record<string, string>> = {
  found: '200 value%20with%25\n',
  'with%20space': '200 a b\n',
  '%C3%A4': '200 %C3%A4\n',
  empty: '200 \n',
  absent: '500 not here\n',
  trouble: '400 try later\n',
  bare: '200\n',
  malformed: '200 bad%zz\n',
  strange: '300 what\n',
  nonsense: 'hello\n',
};

describe('tcp', () => {
  const shop = new Workshop({ deadlineMs: 300 });
  const server = tcpServer((key, socket) => {
    if (key === 'close') socket.destroy();
    if (key === 'long') return 'x'.repeat(5000);
    if (key === 'twice') return '200 one\n200 two\n';
    return tcpReplies[key];
  });
  const opened = server.listen().then((port) => shop.tables.openRaw(`tcp:127.0.0.1:${port}`, here));
  after(async () => {
    await shop.close();
    await server.close();
  });

  const expected: readonly [string, string | undefined][] = [
    ['found', 'value with%'],
    ['with space', 'a b'],
    ['ä', 'ä'],
    ['empty', ''],
    ['absent', undefined],
  ];
  for (const [key, value] of expected) {
    test(`${key} is ${value}`, async () => assert.equal(await (await opened).find(key), value));
  }

  for (const key of [
    'trouble',
    'bare',
    'malformed',
    'strange',
    'nonsense',
    'close',
    'long',
    'silence',
    'twice',
  ]) {
    test(`${key} cannot be known now`, async () => {
      const table = await opened;
      const { message, reason } = await failure(table.find(key));
      assert.equal(reason, 'retry');
      assert.ok(message.startsWith(`${table.name} lookup error for "${key}": `), message);
    });
  }

  test('like postmap', { skip: noPostfix }, async () => likePostmap((await opened).name, expected));

  test('it goes on after all that', async () =>
    assert.equal(await (await opened).find('found'), 'value with%'));
  test('partial keys are not sent', async () =>
    assert.equal((await opened).find('found', { partial: true }), undefined));

  test('many look-ups share few connections', async () => {
    const table = await opened;
    const before = server.connections;
    const answers = await Promise.all(Array.from({ length: 200 }, () => table.find('found')));
    assert.ok(answers.every((value) => value === 'value with%'));
    assert.ok(server.connections - before <= 4);
  });

  test('a connection that died while it was idle is replaced', async () => {
    const table = await opened;
    await table.find('found');
    for (const socket of server.sockets) socket.destroy();
    assert.equal(await table.find('found'), 'value with%');
  });

  test('nobody there', async () => {
    const gone = new FakeServer(() => {});
    const port = await gone.listen();
    await gone.close();
    const { message } = await failure(shop.tables.openRaw(`tcp:127.0.0.1:${port}`, here).find('x'));
    assert.match(message, /ECONNREFUSED/);
  });

  test('too many waiting look-ups are turned away at once', async () => {
    const silent = new FakeServer(() => {});
    const table = shop.tables.openRaw(`tcp:127.0.0.1:${await silent.listen()}`, here);
    const asked = Array.from({ length: 1100 }, () => failure(table.find('x')));
    const messages = (await Promise.all(asked)).map((error) => error.message);
    assert.equal(
      messages.filter((message) => /more than 1000 look-ups are waiting/.test(message)).length,
      96,
    );
    await silent.close();
  });
});

/** postmap's answers to the keys are ours. */
async function likePostmap(
  spec: string,
  expected: readonly (readonly [string, string | undefined])[],
): Promise<void> {
  const postmap = new Postmap();
  const theirs = await postmap.queryLater(
    spec,
    expected.map(([key]) => key),
  );
  for (const [key, value] of expected) assert.equal(theirs.get(key), value, key);
  postmap.close();
}

/** Answers netstrings of the socketmap protocol. */
function socketmapServer(reply: (map: string, key: string) => string | Buffer | undefined): FakeServer {
  return new FakeServer((socket) => {
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes.toString();
      const [whole, length, query] = /^(\d+):(.*),$/s.exec(text) ?? [];
      if (whole === undefined || Buffer.byteLength(query ?? '') !== Number(length)) return;
      text = '';
      const [map = '', ...key] = (query ?? '').split(' ');
      const answer = reply(map, key.join(' '));
      if (answer !== undefined) socket.write(answer);
    });
  });
}

function netstring(text: string): string {
  return `${Buffer.byteLength(text)}:${text},`;
}

const socketmapReplies: Readonly<Record<string, string>> = {
  found: netstring('OK value'),
  spaces: netstring('OK  a b '),
  ä: netstring('OK ä'),
  empty: netstring('OK '),
  bare: netstring('OK'),
  absent: netstring('NOTFOUND '),
  temp: netstring('TEMP later'),
  timeout: netstring('TIMEOUT slow'),
  perm: netstring('PERM never'),
  unknown: netstring('WHAT'),
  nocomma: '8:OK value;',
  nolength: ':OK,',
  notdigits: 'x:OK,',
  huge: '100001:',
  endless: '00000000000000000000',
};

describe('socketmap', () => {
  const shop = new Workshop({ deadlineMs: 300 });
  const server = socketmapServer((map, key) =>
    map === 'mymap' ? socketmapReplies[key] : netstring('PERM no such map'),
  );
  const path = join(shop.directory, 'socketmap');
  const local = socketmapServer((_map, key) => netstring(`OK ${key.length}`));
  const port = Promise.all([server.listen(), local.listen(path)]).then(([number]) => number);
  const opened = port.then((number) => shop.tables.openRaw(`socketmap:inet:127.0.0.1:${number}:mymap`, here));
  after(async () => {
    await shop.close();
    await server.close();
    await local.close();
  });

  const expected: readonly [string, string | undefined][] = [
    ['found', 'value'],
    ['spaces', ' a b '],
    ['ä', 'ä'],
    ['empty', ''],
    ['bare', undefined],
    ['absent', undefined],
  ];
  for (const [key, value] of expected) {
    test(`${key.slice(0, 20)} is ${value}`, async () => assert.equal(await (await opened).find(key), value));
  }

  for (const key of [
    'temp',
    'timeout',
    'unknown',
    'nocomma',
    'nolength',
    'notdigits',
    'huge',
    'endless',
    'silence',
  ]) {
    test(`${key} cannot be known now`, async () => {
      assert.equal((await failure((await opened).find(key))).reason, 'retry');
    });
  }

  test('like postmap', { skip: noPostfix }, async () => likePostmap((await opened).name, expected));

  test('a key that is too long is not found', async () => {
    assert.equal(await (await opened).find('x'.repeat(10_001)), undefined);
    assert.match(shop.log.lines.at(-1) ?? '', /query too large: "x+\.\.\.", returning 'not found'/);
  });

  test('a permanent error is one of the configuration', async () => {
    const { message, reason } = await failure((await opened).find('perm'));
    assert.equal(reason, 'config');
    assert.match(message, /socketmap server permanent error: "never"/);
  });

  test('over a unix socket', async () => {
    await port;
    assert.equal(await shop.tables.openRaw(`socketmap:unix:${path}:any`, here).find('four'), '4');
  });
});

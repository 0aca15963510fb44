import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '../../src/smtp/connection.ts';
import { type Step, uniformDeadlines } from '../../src/smtp/step.ts';
import { WireFault } from '../../src/smtp/wire-fault.ts';
import { FakeBackend, type Script } from './fake-backend.ts';

const deadlines = uniformDeadlines(2_000);

async function using(
  settings: Partial<FakeBackend>,
  body: (backend: FakeBackend) => Promise<void>,
): Promise<void> {
  const backend = await FakeBackend.start(settings);
  try {
    await body(backend);
  } finally {
    await backend.stop();
  }
}

async function greeted(backend: FakeBackend, limits = deadlines): Promise<Connection> {
  const connection = new Connection(
    'backend',
    { kind: 'tcp', address: '127.0.0.1', port: backend.port },
    limits,
  );
  assert.equal((await connection.greeting()).code, 220);
  return connection;
}

async function faultOf(promise: Promise<unknown>): Promise<WireFault> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof WireFault, String(error));
    return error;
  }
  throw new assert.AssertionError({ message: 'no fault' });
}

const conversation: readonly (readonly [lines: string[], steps: Step[]])[] = [
  [['EHLO me.test'], ['helo']],
  [
    ['MAIL FROM:<a@b.test>', 'RCPT TO:<c@d.test>', 'RCPT TO:<e@d.test>'],
    ['mail', 'rcpt', 'rcpt'],
  ],
  [['DATA'], ['data']],
];

for (const splitBytes of [0, 1, 7]) {
  test(`a whole mail, replies ${splitBytes === 0 ? 'whole' : `in pieces of ${splitBytes}`}`, () =>
    using({ splitBytes }, async (backend) => {
      const connection = await greeted(backend);
      const codes: number[] = [];
      for (const [lines, steps] of conversation) {
        codes.push(...(await connection.exchange(lines, steps)).map((reply) => reply.code));
      }
      assert.deepEqual(codes, [250, 250, 250, 250, 354]);
      const message = Buffer.from('Subject: x\r\n\r\n.dot\r\n');
      const [done] = await connection.sendMessage([message], message.length);
      assert.deepEqual([done?.code, done?.status, done?.lines], [250, '2.0.0', ['Ok: queued as 1']]);
      assert.equal(backend.received[0]?.wire.toString(), 'Subject: x\r\n\r\n..dot\r\n');
      assert.deepEqual(backend.received[0]?.recipients, ['RCPT TO:<c@d.test>', 'RCPT TO:<e@d.test>']);
      assert.deepEqual(backend.complaints, []);
      connection.quit();
      assert.equal(connection.usable, false);
    }));
}

test('a unix socket will do', async () => {
  const path = `/tmp/portcullis-test-${process.pid}.sock`;
  const backend = await FakeBackend.start({}, { path });
  const connection = new Connection('backend', { kind: 'unix', path }, deadlines);
  assert.equal((await connection.greeting()).code, 220);
  connection.destroy('end of test');
  await backend.stop();
});

test('no line end gets into a command, whoever tries', () =>
  using({}, async (backend) => {
    const connection = await greeted(backend);
    for (const line of ['MAIL FROM:<a>\r\nRSET', 'x\ny', 'x\ry', 'x\0y']) {
      assert.throws(() => connection.exchange([line], ['mail']), /must be one line/);
    }
    assert.equal((await connection.command('EHLO me.test', 'helo')).code, 250);
    assert.deepEqual(backend.commands, ['EHLO me.test']);
    connection.quit();
  }));

test('octets beyond ASCII go out as they came in', () =>
  using({}, async (backend) => {
    const connection = await greeted(backend);
    await connection.exchange(['EHLO grün.test', 'NOOP \udcff\udc80x'], ['helo', 'helo']);
    assert.deepEqual(backend.commands, ['EHLO gr\xc3\xbcn.test', 'NOOP \xff\x80x']);
    connection.quit();
  }));

const faults: [name: string, script: Script, kind: WireFault['kind'], step: Step][] = [
  ['hang', { mail: { hang: true } }, 'timeout', 'mail'],
  ['drop', { rcpt: { drop: true } }, 'lost', 'rcpt'],
  ['reset', { mail: { reset: true } }, 'lost', 'mail'],
  ['garbage', { rcpt: { reply: 'what?' } }, 'garbage', 'rcpt'],
  ['421', { rcpt: { reply: '421 4.3.2 going down' } }, 'refused', 'rcpt'],
  ['hang at DATA', { data: { hang: true } }, 'timeout', 'data'],
  ['half a reply', { data: { reply: '354-more to come', thenDrop: true } }, 'lost', 'data'],
];

for (const [name, script, kind, step] of faults) {
  test(`fault: ${name}`, () =>
    using({ script }, async (backend) => {
      const connection = await greeted(backend, uniformDeadlines(200));
      const fault = await faultOf(
        (async () => {
          for (const [lines, steps] of conversation) await connection.exchange(lines, steps);
        })(),
      );
      assert.deepEqual([fault.kind, fault.step, connection.usable], [kind, step, false]);
      const again = await faultOf(connection.command('QUIT', 'quit'));
      assert.deepEqual([again.kind, again.step], [kind, 'quit'], 'it stays broken');
    }));
}

test('nobody listens: the reason in the words of strerror', async () => {
  const backend = await FakeBackend.start();
  const { port } = backend;
  await backend.stop();
  const connection = new Connection('backend', { kind: 'tcp', address: '127.0.0.1', port }, deadlines);
  const fault = await faultOf(connection.greeting());
  assert.deepEqual([fault.kind, fault.step, fault.detail], ['connect', 'connect', 'Connection refused']);
});

test('no answer to the connection: time-out', async () => {
  const limits = { ...deadlines, connect: 150 };
  const connection = new Connection('backend', { kind: 'tcp', address: '192.0.2.1', port: 25 }, limits);
  const from = performance.now();
  const fault = await faultOf(connection.greeting());
  assert.equal(fault.kind, 'connect');
  assert.ok(performance.now() - from < 1_000);
});

test('a server that drips its reply does not outlive the deadline', async () => {
  const server = createServer((socket) => {
    const drip = setInterval(() => socket.write('2'), 20);
    socket.on('close', () => clearInterval(drip)).on('error', () => {});
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const connection = new Connection(
    'backend',
    { kind: 'tcp', address: '127.0.0.1', port },
    uniformDeadlines(200),
  );
  const fault = await faultOf(connection.greeting());
  assert.deepEqual([fault.kind, fault.step], ['timeout', 'greeting']);
  server.close();
});

test('a reply that nobody asked for breaks the connection', () =>
  using({ script: { mail: { reply: '250 Ok\r\n250 and once more' } } }, async (backend) => {
    const connection = await greeted(backend);
    const gone = new Promise<void>((resolve) => {
      connection.onGone = resolve;
    });
    assert.equal((await connection.command('MAIL FROM:<a@b.test>', 'mail')).code, 250);
    await gone;
    assert.equal(connection.usable, false);
    assert.equal((await faultOf(connection.command('RSET', 'rset'))).kind, 'garbage');
  }));

test('half a reply that nobody asked for is noticed, too', () =>
  using({ script: { mail: { reply: '250 Ok\r\n25' } } }, async (backend) => {
    const connection = await greeted(backend);
    await connection.command('MAIL FROM:<a@b.test>', 'mail');
    await sleep(20);
    assert.equal((await faultOf(connection.command('RSET', 'rset'))).kind, 'garbage');
  }));

test('parked, it is gone when the next hop hangs up, speaks, or when time is over', async () => {
  const ends: [string, number, (backend: FakeBackend) => void][] = [
    ['hangs up', 5_000, (backend) => backend.hangUp('end')],
    ['resets', 5_000, (backend) => backend.hangUp('reset')],
    ['speaks', 5_000, (backend) => [...backend.visits][0]?.socket.write('421 4.4.2 idle\r\n')],
    ['time is over', 50, () => {}],
  ];
  for (const [name, idleMs, act] of ends) {
    await using({}, async (backend) => {
      const connection = await greeted(backend);
      const gone = new Promise<void>((resolve) => {
        connection.onGone = resolve;
      });
      connection.park(idleMs);
      act(backend);
      await gone;
      assert.equal(connection.usable, false, name);
      await sleep(20);
      assert.equal(backend.commands.includes('QUIT'), name === 'time is over', name);
    });
  }
});

async function atData(backend: FakeBackend, limits = deadlines): Promise<Connection> {
  const connection = await greeted(backend, limits);
  for (const [lines, steps] of conversation) await connection.exchange(lines, steps);
  return connection;
}

function* blocks(count: number, made: { count: number }): Generator<Buffer> {
  const block = Buffer.from(`${'x'.repeat(998)}\r\n`.repeat(64));
  for (let i = 0; i < count; i++) {
    made.count++;
    yield block;
  }
}

test('a refusal in the middle of the message is the answer; the rest is not sent', async () => {
  const server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write('220 mx.test\r\n');
    let mode = 'command';
    socket.on('data', (chunk) => {
      if (mode === 'command') {
        const verbs = chunk.toString().split('\r\n').slice(0, -1);
        for (const verb of verbs) socket.write(verb === 'DATA' ? '354 go\r\n' : '250 Ok\r\n');
        if (verbs.includes('DATA')) mode = 'data';
      } else if (mode === 'data') {
        mode = 'deaf';
        socket.write('552 5.3.4 too big\r\n');
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const connection = new Connection(
    'x',
    { kind: 'tcp', address: '127.0.0.1', port: (server.address() as { port: number }).port },
    deadlines,
  );
  await connection.greeting();
  for (const [lines, steps] of conversation) await connection.exchange(lines, steps);
  const made = { count: 0 };
  const replies = await connection.sendMessage(blocks(2_000, made), 128_000_000, 1);
  assert.deepEqual(
    replies.map((reply) => reply.code),
    [552],
  );
  assert.equal(connection.usable, false);
  assert.ok(made.count < 1_900, `${made.count} of 2000 blocks`);
  server.close();
});

test('a yes in the middle of the message is no answer', async () => {
  await using({ script: { data: { reply: '354 go\r\n250 already' } } }, async (backend) => {
    const connection = await greeted(backend);
    await connection.exchange(...(conversation[0] as [string[], Step[]]));
    await connection.exchange(...(conversation[1] as [string[], Step[]]));
    await connection.command('DATA', 'data');
    const fault = await faultOf(connection.sendMessage(blocks(2_000, { count: 0 }), 128_000_000));
    assert.equal(fault.kind, 'garbage');
    assert.deepEqual(backend.received, []);
  });
});

test('a next hop that stops reading: time-out while sending the body', () =>
  using({ stallMs: 3_000 }, async (backend) => {
    const connection = await atData(backend, { ...deadlines, body: 200 });
    const fault = await faultOf(connection.sendMessage(blocks(1_000, { count: 0 }), 64_000_000));
    assert.deepEqual([fault.kind, fault.step], ['timeout', 'body']);
  }));

test('a message that cannot be read to its end is not delivered', () =>
  using({}, async (backend) => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('Subject: x\r\n');
      throw new Error('disk on fire');
    }
    for (const sizeBytes of [20, 1_000_000]) {
      const connection = await atData(backend);
      const fault = await faultOf(connection.sendMessage(broken(), sizeBytes));
      assert.match(fault.message, /disk on fire/);
      assert.deepEqual([fault.kind, connection.usable], ['ended', false]);
    }
    const connection = await atData(backend);
    const bad = {
      *[Symbol.iterator]() {
        yield Buffer.from('a');
        throw new Error('no memory');
      },
    };
    assert.match((await faultOf(connection.sendMessage(bad, 20))).message, /no memory/);
    await sleep(20);
    assert.deepEqual(backend.received, []);
  }));

test('hanging up in the middle of a message ends it without a dot', () =>
  using({ stallMs: 200 }, async (backend) => {
    const connection = await atData(backend);
    const answer = faultOf(connection.sendMessage(blocks(1_000, { count: 0 }), 64_000_000));
    await sleep(50);
    assert.equal(connection.step, 'body');
    connection.destroy('the client is gone');
    const fault = await answer;
    assert.deepEqual([fault.kind, fault.detail], ['ended', 'the client is gone']);
    await sleep(300);
    assert.deepEqual(backend.received, []);
  }));

test('LMTP: one reply for each recipient', () =>
  using(
    { lmtp: true, script: { dot: (to) => (to.includes('e@d') ? { reply: '550 5.1.1 no' } : {}) } },
    async (backend) => {
      const connection = await greeted(backend);
      await connection.command('LHLO me.test', 'helo');
      await connection.exchange(...(conversation[1] as [string[], Step[]]));
      await connection.command('DATA', 'data');
      const replies = await connection.sendMessage([Buffer.from('x\r\n')], 3, 2);
      assert.deepEqual(
        replies.map((reply) => reply.code),
        [250, 550],
      );
      connection.quit();
    },
  ));

test('50 MB with a slow reader: memory stays flat', (t) =>
  using({ stallMs: 100, keepBodies: false }, async (backend) => {
    const connection = await atData(backend);
    globalThis.gc?.();
    const before = process.memoryUsage();
    let peak = 0;
    async function* message(): AsyncGenerator<Buffer> {
      for (const block of blocks(800, { count: 0 })) {
        peak = Math.max(peak, process.memoryUsage().rss - before.rss);
        yield block;
      }
    }
    const from = performance.now();
    const [done] = await connection.sendMessage(message(), 51_200_000);
    assert.equal(done?.code, 250);
    assert.equal(backend.bodyBytes > 50_000_000, true);
    t.diagnostic(
      `51 MB in ${(performance.now() - from).toFixed(0)} ms, ${(peak / 1e6).toFixed(1)} MB more memory, server included`,
    );
    assert.ok(peak < 60e6, `${(peak / 1e6).toFixed(1)} MB`);
    connection.quit();
  }));

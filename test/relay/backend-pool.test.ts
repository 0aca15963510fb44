import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLog } from '../../src/record/log.ts';
import { transportSettings } from '../../src/relay/client-settings.ts';
import { type DeliveringHop, deliveringHop } from '../../src/relay/next-hop.ts';
import { Relay } from '../../src/relay/relay.ts';
import { uniformDeadlines } from '../../src/smtp/step.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { type Gate, withGate } from './gate.ts';
import { envelopeOf, fakeDns, noDns, recipientOf, sessionOf } from './parcel.ts';

const joe = recipientOf('joe@example.org');

/** So many mails that all wait at their first recipient. */
function held(gate: Gate, count: number) {
  return Array.from({ length: count }, () => {
    const delivery = gate.open();
    return { delivery, answer: delivery.recipient(joe) };
  });
}

test('mails in a row use one connection, mails at the same time several', () =>
  withGate({}, async (gate) => {
    for (let i = 0; i < 20; i++) assert.match((await gate.mail()).said, /^250/);
    assert.equal(gate.backend.connections, 1);
    await Promise.all(Array.from({ length: 10 }, () => gate.mail()));
    assert.ok(gate.backend.connections <= 10, `${gate.backend.connections}`);
    assert.deepEqual(gate.backend.complaints, []);
  }));

test('no more connections than allowed: others wait for one, and get it in turn', () =>
  withGate({ limits: { perHop: 2 }, backend: { script: { dot: { delayMs: 20 } } } }, async (gate) => {
    const mails = await Promise.all(Array.from({ length: 12 }, () => gate.mail()));
    assert.ok(mails.every(({ said }) => said.startsWith('250')));
    assert.equal(gate.backend.connections, 2);
  }));

test('who waits too long is told to come again', () =>
  withGate({ limits: { perHop: 1, slotWaitMs: 60 } }, async (gate) => {
    const [first] = held(gate, 1);
    assert.equal((await first?.answer)?.code, 250);
    assert.match((await gate.mail()).said, /^451 4\.3\.2 Error: the next hop is busy/);
    assert.match(gate.warnings.join(), /all connections are in use/);
    first?.delivery.abandon();
    assert.match((await gate.mail()).said, /^250/);
  }));

test('a connection that breaks makes room for those who wait', () =>
  withGate({ limits: { perHop: 1 } }, async (gate) => {
    const [first] = held(gate, 1);
    await first?.answer;
    const second = gate.mail();
    await sleep(20);
    gate.backend.hangUp('reset');
    assert.match((await second).said, /^250/);
    assert.equal(gate.backend.connections, 2);
    first?.delivery.abandon();
  }));

test('the total is bounded over all next hops; kept connections give way', async () => {
  const backends = [await FakeBackend.start(), await FakeBackend.start(), await FakeBackend.start()];
  const settings = transportSettings({
    name: 'smtp',
    heloName: 'gw.test',
    deadlines: uniformDeadlines(2_000),
  });
  const hops = backends.map(({ port }) =>
    deliveringHop('x', settings, [{ kind: 'host', host: '127.0.0.1', port, mx: false }], 25),
  );
  const relay = new Relay({ dns: noDns, log: silentLog, limits: { total: 2, slotWaitMs: 500 } });
  const begin = (hop: DeliveringHop) => {
    const delivery = relay.open(hop, {
      session: sessionOf(),
      envelope: envelopeOf('a@b.test'),
      queueId: 'Q',
    });
    return { delivery, answer: delivery.recipient(joe) };
  };
  const [a, b, c] = hops as [DeliveringHop, DeliveringHop, DeliveringHop];
  for (const hop of [a, b, c, a]) {
    const { delivery, answer } = begin(hop);
    assert.equal((await answer).code, 250);
    delivery.abandon();
    await sleep(10);
  }
  await sleep(20);
  assert.ok(backends.reduce((sum, backend) => sum + backend.visits.size, 0) <= 2);
  const inUse = [begin(a), begin(b)];
  for (const { answer } of inUse) assert.equal((await answer).code, 250);
  const third = begin(c);
  await sleep(20);
  inUse[0]?.delivery.abandon();
  assert.equal((await third.answer).code, 250, 'given back by one next hop, used for another');
  third.delivery.abandon();
  inUse[1]?.delivery.abandon();
  await relay.close();
  for (const backend of backends) await backend.stop();
});

const ends: [name: string, settings: object, pauseMs: number, connections: number][] = [
  ['kept', { idleMs: 1_000 }, 50, 1],
  ['idle for too long', { idleMs: 30 }, 80, 3],
  ['never kept', { idleMs: 0 }, 0, 3],
  ['used often enough', { reuseMails: 2 }, 0, 2],
  ['old enough', { reuseMs: 20 }, 30, 2],
];

for (const [name, settings, pauseMs, connections] of ends) {
  test(`connections that are ${name}`, () =>
    withGate({ settings }, async (gate) => {
      for (let i = 0; i < 3; i++) {
        assert.match((await gate.mail()).said, /^250/);
        await sleep(pauseMs);
      }
      await sleep(20);
      assert.equal(gate.backend.connections, connections);
      if (connections > 1) assert.ok(gate.backend.commands.includes('QUIT'), 'it says good-bye');
    }));
}

test('a connection of one transport is not used for another', () =>
  withGate({}, async (gate) => {
    await gate.mail();
    const other = deliveringHop(
      'x',
      transportSettings({ name: 'dksign', heloName: 'gw.test' }),
      gate.hop.destinations,
      25,
    );
    const delivery = gate.relay.open(other, {
      session: sessionOf(),
      envelope: envelopeOf('a@b.test'),
      queueId: 'Q',
    });
    assert.equal((await delivery.recipient(joe)).code, 250);
    assert.equal(gate.backend.connections, 2);
    delivery.abandon();
  }));

test('capabilities are asked for once, kept, and learned anew from later connections', () =>
  withGate({ settings: { discardKeywords: ['dsn'] } }, async (gate) => {
    const both = await Promise.all([gate.relay.capabilities(gate.hop), gate.relay.capabilities(gate.hop)]);
    assert.deepEqual(
      both.map((can) => [can?.smtputf8, can?.dsn, can?.sizeLimitBytes]),
      [
        [true, false, 10_240_000],
        [true, false, 10_240_000],
      ],
    );
    assert.equal(gate.backend.connections, 1);
    await gate.mail();
    assert.equal(gate.backend.connections, 1, 'and that connection is used');
    gate.backend.keywords = ['PIPELINING'];
    gate.backend.hangUp();
    await sleep(10);
    assert.equal((await gate.relay.capabilities(gate.hop))?.smtputf8, true, 'the last that is known');
    await gate.mail();
    assert.equal((await gate.relay.capabilities(gate.hop))?.smtputf8, false);
    assert.match(gate.remarks.join(), /^next hop .* now offers: PIPELINING$/);
  }));

test('capabilities of a next hop that does not answer: undefined, soon, and another try later', () =>
  withGate(
    { backend: { script: { banner: { hang: true } } }, limits: { capabilitiesWaitMs: 80 }, timeoutMs: 300 },
    async (gate) => {
      const from = performance.now();
      assert.equal(await gate.relay.capabilities(gate.hop), undefined);
      assert.ok(performance.now() - from < 250);
      await sleep(350);
      gate.backend.script = {};
      assert.equal((await gate.relay.capabilities(gate.hop))?.pipelining, true);
    },
  ));

test('a flood does not hang on a next hop that does not answer; it is used at once when it does', () =>
  withGate(
    { backend: { script: { banner: { hang: true } } }, timeoutMs: 1_500, limits: { slotWaitMs: 5_000 } },
    async (gate) => {
      const { backend } = gate;
      assert.match((await gate.mail()).said, /^451 4\.4\.2/);
      const probe = gate.mail();
      await sleep(50);
      const from = performance.now();
      const flood = await Promise.all(Array.from({ length: 50 }, () => gate.mail()));
      const took = performance.now() - from;
      assert.ok(flood.every(({ said }) => /^451 /.test(said)));
      assert.ok(took < 1_100, `nobody waits longer than a second: ${took} ms`);
      assert.equal(backend.connections, 2, 'only one of them asks');
      await probe;
      backend.script = {};
      const back = performance.now();
      assert.match((await gate.mail()).said, /^250/);
      assert.ok(performance.now() - back < 200);
    },
  ));

test('while one asks a next hop under suspicion, the others go on as soon as it answers', () =>
  withGate({ backend: { script: { banner: { hang: true } } }, timeoutMs: 1_200 }, async (gate) => {
    await gate.mail();
    gate.backend.script = { banner: { delayMs: 300 } };
    const mails = await Promise.all(Array.from({ length: 10 }, () => gate.mail()));
    assert.ok(
      mails.every(({ said }) => said.startsWith('250')),
      mails.map(({ said }) => said).join(),
    );
  }));

test('addresses and next hops are tried in turn', async () => {
  const backend = await FakeBackend.start();
  const refusing = await FakeBackend.start({ script: { banner: { reply: '554 5.7.1 not me' } } });
  const settings = transportSettings({
    name: 'smtp',
    heloName: 'gw.test',
    deadlines: uniformDeadlines(1_000),
  });
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (sentence: string) => void warnings.push(sentence) };
  const dns = fakeDns({ 'a:two.test': ['127.0.0.2', '127.0.0.1'] });
  const relay = new Relay({ dns, log });
  const mail = async (hop: DeliveringHop) => {
    const delivery = relay.open(hop, {
      session: sessionOf(),
      envelope: envelopeOf('a@b.test'),
      queueId: 'Q',
    });
    const answer = await delivery.recipient(joe);
    delivery.abandon();
    return answer.code;
  };
  const place = (host: string, port: number) => ({ kind: 'host', host, port, mx: false }) as const;
  assert.equal(await mail(deliveringHop('x', settings, [place('two.test', backend.port)], 25)), 250);
  assert.ok(
    warnings.every((sentence) => /^connect to two.test\[127.0.0.2\]:\d+: Connection refused$/.test(sentence)),
  );
  warnings.length = 0;
  const several = [
    place('gone.test', 25),
    place('127.0.0.1', refusing.port),
    place('127.0.0.1', backend.port),
  ];
  assert.equal(await mail(deliveringHop('y', settings, several, 25)), 250);
  assert.equal(warnings.length, 2);
  assert.match(warnings[0] ?? '', /Name service error for name=gone.test/);
  assert.match(warnings[1] ?? '', /refused to talk to me .*: 554 5.7.1 not me/);
  assert.equal(
    await mail(deliveringHop('z', settings, several.slice(0, 2), 25)),
    451,
    'a greeting of 554 is no refusal of the mail',
  );
  await relay.close();
  await backend.stop();
  await refusing.stop();
});

test('opportunistic TLS that fails: once more in the clear; required TLS: 451', async () => {
  const backend = {
    keywords: ['PIPELINING', 'STARTTLS'],
    script: { starttls: { reply: '220 go', thenDrop: true } },
  } as const;
  const tls = { wrapper: false, options: {} };
  await withGate(
    { backend: { ...backend, keywords: [...backend.keywords] }, settings: { tls: { ...tls, level: 'may' } } },
    async (gate) => {
      assert.match((await gate.mail()).said, /^250/);
      assert.match(gate.warnings[0] ?? '', /^Cannot start TLS with .*; trying without TLS$/);
    },
  );
  await withGate(
    {
      backend: { ...backend, keywords: [...backend.keywords] },
      settings: { tls: { ...tls, level: 'encrypt' } },
    },
    async (gate) => {
      assert.match((await gate.mail()).said, /^451 4\.7\.5/);
    },
  );
  await withGate(
    { backend: { keywords: ['STARTTLS'] }, settings: { tls: { ...tls, level: 'encrypt' } } },
    async (gate) => {
      assert.match((await gate.mail()).said, /^250/, 'any certificate will do');
      assert.equal((await gate.mail()).said.slice(0, 3), '250');
      assert.equal(gate.backend.connections, 1, 'TLS connections are kept, too');
    },
  );
  await withGate(
    { backend: { keywords: ['STARTTLS'] }, settings: { tls: { ...tls, level: 'verify' } } },
    async (gate) => {
      assert.match((await gate.mail()).said, /^451 4\.7\.5/);
    },
  );
});

test('the login is looked up by host, then by next hop; a table that fails is 451', async () => {
  const asked: string[] = [];
  const policy = { mechanisms: ['PLAIN'], inTheClear: true };
  const backend = { keywords: ['PIPELINING', 'AUTH PLAIN'] };
  const find = (key: string) => {
    asked.push(key);
    return key.startsWith('[') ? 'joe:secret' : undefined;
  };
  await withGate({ backend, settings: { login: { ...policy, find } } }, async (gate) => {
    assert.match((await gate.mail()).said, /^250/);
    assert.deepEqual(asked, ['127.0.0.1', `[127.0.0.1]:${gate.backend.port}`]);
    assert.match(gate.backend.commands[1] ?? '', /^AUTH PLAIN/);
  });
  const broken = () => {
    throw new Error('table is broken');
  };
  await withGate({ backend, settings: { login: { ...policy, find: broken } } }, async (gate) => {
    assert.match((await gate.mail()).said, /^451 4\.3\.0/);
    assert.match(gate.warnings[0] ?? '', /table is broken/);
    assert.equal(gate.backend.connections, 0);
  });
});

test('close waits for mails that are under way, and lets nothing new begin', () =>
  withGate({ backend: { script: { dot: { delayMs: 100 } } } }, async (gate) => {
    await gate.relay.capabilities(gate.hop);
    const mail = gate.mail();
    await sleep(30);
    let closed = false;
    const closing = gate.relay.close().then(() => {
      closed = true;
    });
    await sleep(20);
    assert.equal(closed, false);
    assert.match((await gate.mail()).said, /^451/);
    assert.match((await mail).said, /^250/);
    await closing;
    await sleep(20);
    assert.equal(gate.backend.commands.at(-1), 'QUIT');
  }));

test('close with nothing open, and with somebody waiting for a connection', async () => {
  await new Relay({ dns: noDns, log: silentLog }).close();
  await withGate({ limits: { perHop: 1, slotWaitMs: 5_000 } }, async (gate) => {
    const [first, second] = held(gate, 2);
    await first?.answer;
    const closing = gate.relay.close();
    assert.equal((await second?.answer)?.code, 451);
    first?.delivery.abandon();
    await closing;
  });
});

test('a server that takes connections and never speaks costs no more than the connections allowed', async () => {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const settings = transportSettings({ name: 'smtp', heloName: 'x', deadlines: uniformDeadlines(400) });
  const hop = deliveringHop('x', settings, [{ kind: 'host', host: '127.0.0.1', port, mx: false }], 25);
  const relay = new Relay({ dns: noDns, log: silentLog, limits: { perHop: 3, slotWaitMs: 200 } });
  const mails = await Promise.all(
    Array.from({ length: 40 }, () => {
      const delivery = relay.open(hop, {
        session: sessionOf(),
        envelope: envelopeOf('a@b.test'),
        queueId: 'Q',
      });
      return delivery.recipient(joe);
    }),
  );
  assert.ok(mails.every(({ code }) => code === 451));
  assert.equal(connections, 3);
  await relay.close();
  server.close();
});

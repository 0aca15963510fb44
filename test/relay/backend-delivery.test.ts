import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { replyText } from '../../src/mail/reply.ts';
import type { Stage } from '../smtp/fake-backend.ts';
import { FakeBackend } from '../smtp/fake-backend.ts';
import { gateTo, withGate } from './gate.ts';
import { envelopeOf, recipientOf } from './parcel.ts';

const stages: readonly Stage[] = ['banner', 'ehlo', 'mail', 'rcpt', 'data', 'dot'];
const modes = {
  '4xx': { reply: '451 4.7.1 later' },
  '5xx': { reply: '554 5.7.1 no' },
  '421': { reply: '421 4.3.2 going down' },
  '521': { reply: '521 5.3.2 never' },
  garbage: { reply: '\0\xff\x1b[2J what?' },
  'unasked 3xx': { reply: '399 hm' },
  drop: { drop: true },
  reset: { reset: true },
  hang: { hang: true },
  'reply cut in two': { reply: '25', thenDrop: true },
} as const;

const inside: readonly Stage[] = ['mail', 'rcpt', 'data', 'dot'];

/** What the client hears: the next hop's own no where it says one, a 4xx of ours everywhere else. */
function expected(stage: Stage, mode: keyof typeof modes, style: 'proxy' | 'transport'): RegExp {
  if (inside.includes(stage)) {
    if (mode === '4xx') return /^451 4\.7\.1 later$/;
    if (mode === '5xx') return /^554 5\.7\.1 no$/;
    if (mode === '521') return /^554 5\.3\.2 never$/;
  }
  return style === 'proxy'
    ? /^451 4\.3\.0 Error: queue file write error$/
    : /^451 4\.(3\.0|4\.1|4\.2) Error: /;
}

for (const style of ['proxy', 'transport'] as const) {
  for (const stage of stages) {
    for (const mode of Object.keys(modes) as (keyof typeof modes)[]) {
      test(`${style}, ${mode} at ${stage}: never 250, never lost twice, and the next mail passes`, () =>
        withGate({ style, timeoutMs: 150 }, async (gate) => {
          const { backend } = gate;
          assert.match((await gate.mail()).said, /^250 /, 'a connection to be reused');
          backend.script = { [stage]: modes[mode] };
          if (stage === 'banner' || stage === 'ehlo') {
            backend.script.helo = modes[mode];
            backend.hangUp('destroy');
            await sleep(10);
          }
          const { said, at } = await gate.mail('Subject: faulty\r\n\r\n');
          assert.match(said, expected(stage, mode, style));
          assert.equal(at, stage === 'data' || stage === 'dot' ? 'end' : 'rcpt');
          const copies = backend.received.filter((mail) => mail.wire.includes('faulty'));
          assert.ok(copies.length <= 1, `${copies.length} copies`);
          assert.ok(copies.every((mail) => !mail.confirmed));
          backend.script = {};
          assert.match((await gate.mail('Subject: after\r\n\r\n')).said, /^250 2\.0\.0 Ok: queued as/);
          assert.deepEqual(backend.complaints, []);
          assert.doesNotMatch(said, /127\.0\.0\.1|[\0-\x1f]/, 'the client learns nothing of the next hop');
        }));
    }
  }
}

const logged: [mode: keyof typeof modes, stage: Stage, proxy: RegExp, transport: RegExp][] = [
  [
    'drop',
    'rcpt',
    /^lost connection with proxy 127.0.0.1:PORT$/,
    /^lost connection with 127.0.0.1\[127.0.0.1\]:PORT while sending RCPT TO$/,
  ],
  [
    'hang',
    'data',
    /^timeout talking to proxy 127.0.0.1:PORT$/,
    /^conversation with 127.0.0.1\[127.0.0.1\]:PORT timed out while sending DATA command$/,
  ],
  [
    '5xx',
    'banner',
    /^proxy 127.0.0.1:PORT rejected "connection request": "554 5.7.1 no"$/,
    /^host .* refused to talk to me while receiving the initial server greeting: 554 5.7.1 no$/,
  ],
  [
    'garbage',
    'dot',
    /^received garbage from proxy 127.0.0.1:PORT: /,
    /^protocol error of .* while sending end of data -- message may be sent more than once: /,
  ],
];

for (const [mode, stage, proxy, transport] of logged) {
  test(`${mode} at ${stage} is one warning in the log`, async () => {
    for (const [style, sentence] of [
      ['proxy', proxy],
      ['transport', transport],
    ] as const) {
      await withGate(
        { style, timeoutMs: 150, backend: { script: { [stage]: modes[mode] } } },
        async (gate) => {
          await gate.mail();
          assert.equal(gate.warnings.length, 1, gate.warnings.join('\n'));
          assert.match(gate.warnings[0] ?? '', sentence);
        },
      );
    }
  });
}

test('a refusal of a recipient is no problem of the connection: no warning, others may follow', () =>
  withGate(
    {
      backend: {
        script: {
          rcpt: (to) => (to.includes('bad') ? { reply: '550-5.1.1 no\r\n550 5.1.1 such user' } : undefined),
        },
      },
    },
    async (gate) => {
      const delivery = gate.open();
      const answers = [];
      for (const name of ['a', 'bad', 'c'])
        answers.push(await delivery.recipient(recipientOf(`${name}@example.org`)));
      assert.deepEqual(
        answers.map((answer) => answer.code),
        [250, 550, 250],
      );
      assert.deepEqual([answers[1]?.status, answers[1]?.lines], ['5.1.1', ['no', 'such user']]);
      const { reply } = await delivery.send({ sizeBytes: 3, chunks: () => [Buffer.from('x\r\n')] });
      assert.equal(replyText(reply), '250 2.0.0 Ok: queued as 1');
      assert.deepEqual(gate.backend.received[0]?.recipients.length, 2);
      assert.deepEqual(gate.warnings, []);
      assert.equal(delivery.backend, `127.0.0.1[127.0.0.1]:${gate.backend.port}`);
    },
  ));

for (const keywords of [['PIPELINING'], ['8BITMIME']]) {
  test(`several recipients at once, ${keywords}`, () =>
    withGate(
      {
        backend: {
          keywords,
          splitBytes: 1,
          script: { rcpt: (to) => (/[2-4]@/.test(to) ? { reply: '452 4.5.3 full' } : undefined) },
        },
      },
      async (gate) => {
        const delivery = gate.open();
        const list = Array.from({ length: 6 }, (_, i) => recipientOf(`user${i}@example.org`));
        assert.deepEqual(
          (await delivery.recipients(list)).map((answer) => answer.code),
          [250, 250, 452, 452, 452, 250],
        );
        assert.deepEqual(
          (await delivery.recipients(list.slice(0, 2))).map((answer) => answer.code),
          [250, 250],
        );
        const { reply } = await delivery.send({ sizeBytes: 3, chunks: () => [Buffer.from('x\r\n')] });
        assert.equal(reply.code, 250);
        assert.equal(gate.backend.received[0]?.recipients.length, 5);
        assert.deepEqual(
          gate.backend.complaints,
          [],
          'no pipelining where it is not offered, nothing behind DATA',
        );
      },
    ));
}

test('a refused MAIL is the answer to all recipients, and MAIL is sent once', () =>
  withGate({ backend: { script: { mail: { reply: '552 5.3.4 too big' } } } }, async (gate) => {
    const delivery = gate.open();
    for (const name of ['a', 'b'])
      assert.equal((await delivery.recipient(recipientOf(`${name}@example.org`))).code, 552);
    assert.equal((await delivery.send({ sizeBytes: 0, chunks: () => [] })).reply.code, 552);
    await sleep(20);
    assert.deepEqual(
      gate.backend.commands.filter((line) => !/^[ER][HC]/.test(line)),
      ['MAIL FROM:<sender@example.com>', 'RSET'],
    );
    gate.backend.script = {};
    assert.match((await gate.mail()).said, /^250/);
    assert.equal(gate.backend.connections, 1, 'the connection is still good');
  }));

test('no accepted recipient: no DATA', () =>
  withGate({ backend: { script: { rcpt: { reply: '550 5.1.1 no' } } } }, async (gate) => {
    const delivery = gate.open();
    await delivery.recipient(recipientOf('a@example.org'));
    assert.equal((await delivery.send({ sizeBytes: 0, chunks: () => [] })).reply.code, 554);
    assert.equal(gate.backend.commands.includes('DATA'), false);
    delivery.abandon();
  }));

test('the next hop hangs up exactly when we send MAIL: a fresh connection, one copy', async () => {
  for (const how of [
    { drop: true },
    { reset: true },
    { reply: '421 4.4.2 idle too long', thenDrop: true },
  ] as const) {
    await withGate({}, async (gate) => {
      assert.match((await gate.mail('Subject: one\r\n\r\n')).said, /^250/);
      gate.backend.script = { mail: (_, visit) => (visit.mails > 0 ? how : undefined) };
      assert.match((await gate.mail('Subject: two\r\n\r\n')).said, /^250/);
      assert.deepEqual([gate.backend.connections, gate.backend.received.length], [2, 2]);
      assert.deepEqual(gate.warnings, [], 'nobody was harmed');
    });
  }
});

test('hanging up at random while mails come: every 250 is one copy, everything else is 4xx', () =>
  withGate({ limits: { perHop: 8 } }, async (gate) => {
    const confirmed = new Set<string>();
    let refused = 0;
    let stop = false;
    const worker = async (name: string) => {
      for (let i = 0; !stop; i++) {
        const { said } = await gate.mail(`Subject: ${name}-${i}\r\n\r\n`);
        if (said.startsWith('250')) confirmed.add(`${name}-${i}`);
        else {
          refused++;
          assert.match(said, /^451 /);
          await sleep(2);
        }
      }
    };
    const workers = Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(worker));
    for (let i = 0; i < 60; i++) {
      await sleep(10);
      gate.backend.hangUp((['end', 'destroy', 'reset'] as const)[i % 3]);
    }
    stop = true;
    await workers;
    const copies = new Map<string, number>();
    for (const mail of gate.backend.received) {
      const name = /Subject: (\S+)/.exec(mail.wire.toString())?.[1] ?? '';
      copies.set(name, (copies.get(name) ?? 0) + 1);
    }
    for (const name of confirmed) assert.equal(copies.get(name), 1, name);
    for (const [name, count] of copies) assert.equal(count, 1, `${name} came ${count} times`);
    assert.ok(confirmed.size > 50 && refused > 0, `${confirmed.size} confirmed, ${refused} refused`);
  }));

test('a fresh connection that dies is not tried again', () =>
  withGate({ backend: { script: { mail: { drop: true } } } }, async (gate) => {
    assert.match((await gate.mail()).said, /^451 4\.4\.2/);
    assert.equal(gate.backend.connections, 1);
  }));

test('a time-out at MAIL over a kept connection is not tried again', () =>
  withGate({ timeoutMs: 150 }, async (gate) => {
    await gate.mail();
    gate.backend.script = { mail: { hang: true } };
    assert.match((await gate.mail()).said, /^451 4\.4\.2/);
    assert.equal(gate.backend.connections, 1);
  }));

test('given up before, between and after: RSET, the connection is used again', () =>
  withGate({}, async (gate) => {
    gate.open().abandon();
    assert.equal(gate.backend.connections, 0, 'nothing happens before the first recipient');
    const delivery = gate.open();
    await delivery.recipient(recipientOf('a@example.org'));
    delivery.abandon();
    delivery.abandon();
    assert.equal((await delivery.recipient(recipientOf('b@example.org'))).code, 451, 'it is over');
    await sleep(20);
    assert.equal(gate.backend.commands.at(-1), 'RSET');
    assert.match((await gate.mail()).said, /^250/);
    const done = gate.open();
    await done.recipient(recipientOf('a@example.org'));
    await done.send({ sizeBytes: 3, chunks: () => [Buffer.from('x\r\n')] });
    done.abandon();
    await sleep(20);
    assert.equal(gate.backend.commands.filter((line) => line === 'RSET').length, 1, 'none after the message');
    assert.equal(gate.backend.connections, 1);
  }));

test('given up while it connects or waits for an answer', async () => {
  for (const stage of ['banner', 'mail', 'rcpt'] as const) {
    await withGate({ backend: { script: { [stage]: { delayMs: 60 } } } }, async (gate) => {
      const delivery = gate.open();
      const answer = delivery.recipient(recipientOf('a@example.org'));
      await sleep(20);
      delivery.abandon();
      assert.ok([250, 451].includes((await answer).code));
      await sleep(60);
      gate.backend.script = {};
      assert.match((await gate.mail()).said, /^250/);
      assert.deepEqual([gate.backend.connections, gate.backend.complaints], [1, []]);
      assert.deepEqual(gate.warnings, []);
    });
  }
});

test('given up in the middle of the message: hung up, nothing is delivered', () =>
  withGate({ backend: { stallMs: 200 } }, async (gate) => {
    const delivery = gate.open();
    await delivery.recipient(recipientOf('a@example.org'));
    const block = Buffer.alloc(65_536, 'x');
    const chunks = function* () {
      for (let i = 0; i < 500; i++) yield block;
    };
    const outcome = delivery.send({ sizeBytes: 500 * block.length, chunks });
    await sleep(40);
    delivery.abandon();
    assert.equal((await outcome).reply.code, 451);
    await sleep(250);
    assert.deepEqual(gate.backend.received, []);
    assert.deepEqual(gate.warnings, []);
  }));

test('given up behind the final dot: what the next hop says counts, once', () =>
  withGate({ backend: { script: { dot: { delayMs: 80 } } } }, async (gate) => {
    const delivery = gate.open();
    await delivery.recipient(recipientOf('a@example.org'));
    const outcome = delivery.send({ sizeBytes: 3, chunks: () => [Buffer.from('x\r\n')] });
    await sleep(40);
    delivery.abandon();
    assert.equal((await outcome).reply.code, 250);
    assert.equal(gate.backend.received.length, 1);
  }));

test('a message that cannot be read: 451, the next hop gets no end of it', () =>
  withGate({}, async (gate) => {
    const delivery = gate.open();
    await delivery.recipient(recipientOf('a@example.org'));
    const chunks = async function* () {
      yield Buffer.from('Subject: x\r\n');
      throw new Error('disk on fire');
    };
    const { reply } = await delivery.send({ sizeBytes: 1_000_000, chunks });
    assert.match(replyText(reply), /^451 4\.3\.0/);
    assert.match(gate.warnings.join(), /disk on fire/);
    assert.deepEqual(gate.backend.received, []);
  }));

test('XFORWARD in the same write as MAIL, only what is offered, in proxy style and where it is wanted', async () => {
  const backend = { keywords: ['PIPELINING', 'XFORWARD NAME ADDR PROTO HELO IDENT SOURCE'] };
  const known = 'ADDR=192.0.2.7 HELO=client.example.net IDENT=Q1 PROTO=ESMTP SOURCE=REMOTE';
  await withGate({ backend, style: 'proxy' }, async (gate) => {
    await gate.mail();
    assert.deepEqual(gate.backend.received[0]?.xforward, [`XFORWARD NAME=[UNAVAILABLE] ${known}`]);
  });
  await withGate({ backend, settings: { tellClient: 'xforward' } }, async (gate) => {
    await gate.mail();
    assert.deepEqual(gate.backend.received[0]?.xforward, [`XFORWARD ${known}`]);
  });
  await withGate({ backend }, async (gate) => {
    await gate.mail();
    assert.deepEqual(gate.backend.received[0]?.xforward, []);
  });
  await withGate({ style: 'proxy' }, async (gate) => {
    await gate.mail();
    assert.deepEqual(gate.backend.received[0]?.xforward, [], 'not offered');
  });
});

test('a refused XFORWARD: Postfix’s proxy gives up, its SMTP client goes on', async () => {
  const backend = {
    keywords: ['PIPELINING', 'XFORWARD HELO'],
    script: { xforward: { reply: '550 5.7.0 not you' } },
  };
  await withGate({ backend, style: 'proxy' }, async (gate) => {
    assert.equal((await gate.mail()).said, '451 4.3.0 Error: queue file write error');
    assert.match(
      gate.warnings[0] ?? '',
      /^proxy 127.0.0.1:PORT rejected "sending XFORWARD": "550 5.7.0 not you"$/,
    );
  });
  await withGate({ backend, settings: { tellClient: 'xforward' } }, async (gate) => {
    assert.match((await gate.mail()).said, /^250/);
    assert.equal(gate.warnings.length, 1);
  });
});

test('XCLIENT, then EHLO again, for every mail', () =>
  withGate(
    { backend: { keywords: ['PIPELINING', 'XCLIENT NAME ADDR LOGIN'] }, settings: { tellClient: 'xclient' } },
    async (gate) => {
      await gate.mail();
      await gate.mail();
      const xclient = 'XCLIENT NAME=[UNAVAILABLE] ADDR=192.0.2.7 LOGIN=[UNAVAILABLE]';
      assert.deepEqual(
        gate.backend.commands.filter((line) => /^(XC|EH)/.test(line)),
        ['EHLO gw.test', xclient, 'EHLO gw.test', xclient, 'EHLO gw.test'],
      );
    },
  ));

const international = recipientOf('grün@example.org');
const ascii = recipientOf('joe@example.org');

test('SMTPUTF8 that is needed and not offered is refused at once; what is not needed is left out', async () => {
  await withGate({ backend: { keywords: ['PIPELINING'] } }, async (gate) => {
    const toGreen = gate.open(envelopeOf('a@example.com', { smtputf8: true }));
    assert.equal(
      replyText(await toGreen.recipient(international)),
      '553 5.6.7 SMTPUTF8 is required, but was not offered by the next hop',
    );
    assert.equal((await toGreen.recipient(ascii)).code, 250);
    toGreen.abandon();
    const fromGreen = gate.open(envelopeOf('grün@example.com', { smtputf8: true }));
    assert.equal((await fromGreen.recipient(ascii)).code, 553);
    await sleep(20);
    assert.equal(gate.backend.commands.includes('MAIL FROM:<a@example.com>'), true);
    assert.equal(
      gate.backend.commands.some((line) => line.includes('gr')),
      false,
    );
    assert.equal(
      (await gate.open(envelopeOf('a@example.com')).recipient(international)).code,
      250,
      'not asked for: as it is',
    );
    const strict = gate.open(envelopeOf('a@example.com', { requireTls: true }));
    assert.equal((await strict.recipient(ascii)).status, '5.7.30');
  });
  await withGate({ backend: { keywords: ['PIPELINING', 'SMTPUTF8'] } }, async (gate) => {
    const delivery = gate.open(envelopeOf('grün@example.com', { smtputf8: true }));
    assert.equal((await delivery.recipient(international)).code, 250);
    assert.equal(gate.backend.commands[1], 'MAIL FROM:<gr\xc3\xbcn@example.com> SMTPUTF8');
    delivery.abandon();
  });
});

test('an address that cannot stand in a command is refused, nothing of it is sent', () =>
  withGate({}, async (gate) => {
    const delivery = gate.open();
    const hostile = recipientOf('a\r\nRCPT TO:<x@example.org>\r\n@example.org');
    assert.equal(replyText(await delivery.recipient(hostile)), '501 5.1.3 Bad recipient address syntax');
    assert.equal((await delivery.recipient(ascii)).code, 250);
    delivery.abandon();
    const evil = gate.open(envelopeOf('a\0b@example.com'));
    assert.equal(replyText(await evil.recipient(ascii)), '501 5.1.7 Bad sender address syntax');
    await sleep(20);
    assert.equal(gate.backend.commands.filter((line) => line.includes('x@')).length, 0);
  }));

const lmtpCases: [name: string, answers: Record<string, string>, reply: string, refused: number][] = [
  ['all accepted', {}, '250 2.0.0', 0],
  ['none accepted', { a: '550 5.1.1 no', b: '554 5.7.1 never' }, '550 5.1.1', 0],
  ['none now, one perhaps later', { a: '550 5.1.1 no', b: '452 4.2.2 full' }, '452 4.2.2', 0],
  ['mixed', { a: '452 4.2.2 full' }, '250 2.0.0', 1],
];

for (const [name, answers, reply, refused] of lmtpCases) {
  test(`LMTP: ${name}`, () => {
    const dot = (to: string) => {
      const text = answers[/<(.)@/.exec(to)?.[1] ?? ''];
      return text === undefined ? undefined : { reply: text };
    };
    return withGate(
      { backend: { lmtp: true, script: { dot } }, settings: { protocol: 'lmtp' } },
      async (gate) => {
        const delivery = gate.open();
        await delivery.recipients([recipientOf('a@example.org'), recipientOf('b@example.org')]);
        const outcome = await delivery.send({ sizeBytes: 3, chunks: () => [Buffer.from('x\r\n')] });
        assert.ok(replyText(outcome.reply).startsWith(reply), replyText(outcome.reply));
        assert.deepEqual(
          outcome.refused.map(({ recipient, reply: said }) => [recipient.address.local, said.code]),
          refused === 0 ? [] : [['a', 452]],
        );
        assert.equal((await gate.open().recipient(ascii)).code, 250);
        assert.equal(gate.backend.connections, 1, 'all answers were read');
      },
    );
  });
}

test('one question at a time', () =>
  withGate({}, async (gate) => {
    const delivery = gate.open();
    const first = delivery.recipient(ascii);
    await assert.rejects(delivery.recipient(ascii), /one question at a time/);
    assert.equal((await first).code, 250);
    delivery.abandon();
  }));

test('the next hop is down: 451 at once, one warning for each mail, at once again when it is back', async () => {
  const backend = await FakeBackend.start();
  await backend.stop();
  const gate = gateTo(backend, { style: 'proxy' });
  for (let i = 0; i < 3; i++) {
    const from = performance.now();
    assert.equal((await gate.mail()).said, '451 4.3.0 Error: queue file write error');
    assert.ok(performance.now() - from < 500);
  }
  assert.deepEqual(
    gate.warnings,
    new Array(3).fill('connect to proxy filter 127.0.0.1:PORT: Connection refused'),
  );
  await backend.listen();
  assert.match((await gate.mail()).said, /^250/);
  backend.hangUp();
  await gate.relay.close();
  await backend.stop();
});

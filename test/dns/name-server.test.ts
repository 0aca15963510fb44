/** A name server that cannot be trusted, or is not there: which answers are heard, and what becomes of broken ones. */
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { type TestContext, test } from 'node:test';
import { NameServer } from '../../src/dns/name-server.ts';
import { A, MX, PTR, TXT } from '../../src/dns/record-types.ts';

const HEADER = 12;
const POINTER_TO_QUESTION = Buffer.from([0xc0, HEADER]);

/** What is sent back for a question: as many datagrams as there are. */
type Script = (question: Buffer, port: number) => readonly Buffer[];

async function scripted(t: TestContext, script: Script): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { port }) => {
    for (const datagram of script(question, port)) socket.send(datagram, port, '127.0.0.1');
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

const server = (address: string, timeoutMs = 1_000) => new NameServer(address, timeoutMs, 64);

/** The question without its extension, as the beginning of an answer. */
function answer(question: Buffer, code: number, ...records: readonly Buffer[]): Buffer {
  const head = Buffer.from(question.subarray(0, question.indexOf(0, HEADER) + 5));
  head.writeUInt16BE(0x81_80 | code, 2);
  head.writeUInt16BE(records.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...records]);
}

function record(type: number, data: Buffer, owner: Buffer = POINTER_TO_QUESTION): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(1, 2);
  head.writeUInt32BE(60, 4);
  head.writeUInt16BE(data.length, 8);
  return Buffer.concat([owner, head, data]);
}

const address = (last: number) => record(A.code, Buffer.from([192, 0, 2, last]));

test('an answer with another number, to another question, or from nobody asked is not heard', async (t) => {
  const at = await scripted(t, (question) => {
    const good = answer(question, 0, address(1));
    const otherNumber = Buffer.from(answer(question, 0, address(2)));
    otherNumber.writeUInt16BE(question.readUInt16BE(0) ^ 1, 0);
    const otherName = Buffer.from(answer(question, 0, address(3)));
    otherName[HEADER + 1] = 'z'.charCodeAt(0);
    const isQuestion = Buffer.from(answer(question, 0, address(4)));
    isQuestion[2] = 1;
    return [otherNumber, otherName, isQuestion, Buffer.alloc(1), question.subarray(0, HEADER), good];
  });
  const { answer: heard } = await server(at).ask(A, 'host.test');
  assert.deepEqual(heard, { kind: 'found', records: ['192.0.2.1'], ttlMs: 60_000 });
});

test('a server may repeat the question in another case, and name the owner so', async (t) => {
  const at = await scripted(t, (question) => {
    const text = answer(question, 0, address(1)).toString('latin1').replace('host', 'HoSt');
    return [Buffer.from(text, 'latin1')];
  });
  assert.equal((await server(at).ask(A, 'host.test')).answer.kind, 'found');
});

test('a broken answer says nothing, and says so', async (t) => {
  const ring = Buffer.from([0xc0, HEADER + 16]); // the owner points to itself: the question is 16 bytes long
  const broken: Readonly<Record<string, (question: Buffer) => Buffer>> = {
    'cut off': (question) => answer(question, 0, address(1)).subarray(0, -1),
    'a ring of pointers': (question) => answer(question, 0, record(A.code, Buffer.alloc(4), ring)),
    'a label of 64': (question) => answer(question, 0, record(A.code, Buffer.alloc(4), Buffer.from([64, 0]))),
    'an address of 5 bytes': (question) => answer(question, 0, record(A.code, Buffer.alloc(5))),
    'more records than there are': (question) => {
      const message = answer(question, 0, address(1));
      message.writeUInt16BE(2, 6);
      return message;
    },
    'a code that nobody knows': (question) => answer(question, 9),
  };
  for (const [what, make] of Object.entries(broken)) {
    const at = await scripted(t, (question) => [make(question)]);
    const { answer: heard, ttlMs } = await server(at).ask(A, 'host.test');
    assert.deepEqual([heard, ttlMs], [{ kind: 'unknown', why: 'EBADRESP' }, 0], what);
  }
});

test('the data of each record is read as it is: strings, numbers, names with anything in them', async (t) => {
  const name = Buffer.from('\x03a.b\x02\\ \x04test\x00', 'latin1');
  const at = await scripted(t, (question) => {
    const type = question.readUInt16BE(question.indexOf(0, HEADER) + 1);
    if (type === TXT.code)
      return [answer(question, 0, record(type, Buffer.from('\x01a\x00\x02\xe4b', 'latin1')))];
    if (type === PTR.code) return [answer(question, 0, record(type, name))];
    const exchanger = Buffer.concat([Buffer.from([1, 44]), Buffer.from('\x02mx'), POINTER_TO_QUESTION]);
    return [answer(question, 0, record(type, exchanger))];
  });
  const asked = server(at);
  const records = async (type: typeof TXT) => {
    const { answer: heard } = await asked.ask(type, 'host.test');
    return heard.kind === 'found' ? heard.records : heard;
  };
  assert.deepEqual(await records(TXT), ['a\u00e4b']);
  assert.deepEqual(await records(PTR), ['a\\.b.\\\\\\032.test']);
  const { answer: heard } = await asked.ask(MX, 'host.test');
  assert.deepEqual(heard, {
    kind: 'found',
    records: [{ preference: 300, exchange: 'mx.host.test' }],
    ttlMs: 60_000,
  });
});

test('an absence is kept as long as its zone says, at most a minute', async (t) => {
  const soa = (ttl: number, minimum: number) => {
    const numbers = Buffer.alloc(20);
    numbers.writeUInt32BE(minimum, 16);
    const one = record(6, Buffer.concat([Buffer.from([0, 0]), numbers]));
    one.writeUInt32BE(ttl, POINTER_TO_QUESTION.length + 4);
    return one;
  };
  const at = await scripted(t, (question) => {
    const [ttl = 0, minimum = 0] = question
      .toString('latin1', HEADER + 1, HEADER + 6)
      .split('-')
      .map(Number);
    const message = Buffer.concat([answer(question, 3), soa(ttl, minimum)]);
    message.writeUInt16BE(1, 8);
    return [message];
  });
  for (const [name, ttlMs] of Object.entries({ '07-90': 7_000, '90-05': 5_000, '99-99': 60_000 }))
    assert.equal((await server(at).ask(A, `${name}.test`)).ttlMs, ttlMs, name);
});

test('a server that knows no extensions is asked without', async (t) => {
  const asked: number[] = [];
  const at = await scripted(t, (question) => {
    const extensions = question.readUInt16BE(10);
    asked.push(extensions);
    return [answer(question, extensions > 0 ? 1 : 0, ...(extensions > 0 ? [] : [address(1)]))];
  });
  assert.equal((await server(at).ask(A, 'host.test')).answer.kind, 'found');
  assert.deepEqual(asked, [1, 0]);
});

test('where nobody listens it is known at once, for all who ask', async () => {
  const free = createSocket('udp4');
  await new Promise<void>((resolve) => free.bind(0, '127.0.0.1', resolve));
  const { port } = free.address();
  await new Promise<void>((resolve) => free.close(resolve));
  const asked = server(`127.0.0.1:${port}`, 60_000);
  const answers = await Promise.all(['a.test', 'b.test'].map((name) => asked.ask(A, name)));
  for (const { answer: heard } of answers) assert.deepEqual(heard, { kind: 'unknown', why: 'ECONNREFUSED' });
});

test('a port is left after some questions, and numbers do not count upward', async (t) => {
  const ports = new Set<number>();
  const numbers: number[] = [];
  const at = await scripted(t, (question, port) => {
    ports.add(port);
    numbers.push(question.readUInt16BE(0));
    return [answer(question, 3)];
  });
  const asked = server(at);
  for (let i = 0; i < 450; i++) await asked.ask(A, `n${i}.test`);
  assert.equal(ports.size, 3);
  const steps = new Set(numbers.slice(1).map((number, i) => number - (numbers[i] ?? 0)));
  assert.ok(steps.size > 400, 'no pattern');
});

test('names beyond ASCII are asked in their ASCII form; what has none is nobody', async (t) => {
  const names: string[] = [];
  const at = await scripted(t, (question) => {
    names.push(question.toString('latin1', HEADER + 1, question.indexOf(0, HEADER)));
    return [answer(question, 3)];
  });
  assert.equal((await server(at).ask(A, 'b\u00fccher.test')).answer.kind, 'absent');
  assert.equal((await server(at).ask(A, 'a\u00e4 b.test')).answer.kind, 'absent');
  assert.deepEqual(names, ['xn--bcher-kva\x04test']);
});

test('an address that is none is told', () => {
  for (const good of ['192.0.2.1', '192.0.2.1:5353', '::1', '[::1]', '[::1]:5353']) server(good);
  for (const bad of ['name.test', '192.0.2.1:x', '']) assert.throws(() => server(bad), /dns_servers: "/, bad);
});

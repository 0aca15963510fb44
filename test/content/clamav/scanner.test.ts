import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Scanner } from '../../../src/content/clamav/scanner.ts';
import { FakeClamd, type Manner } from './fake-clamd.ts';
import { type Setting, scan, scannerOf, until } from './pieces.ts';

async function house(t: TestContext, servers: number, setting: Setting = {}) {
  const clamds = await Promise.all(Array.from({ length: servers }, () => new FakeClamd().start()));
  const scanner = scannerOf(
    clamds.map(({ address }) => address),
    setting,
  );
  t.after(async () => {
    scanner.close();
    await Promise.all(clamds.map((clamd) => clamd.stop()));
  });
  return { scanner, clamds, clamd: clamds[0] as FakeClamd, other: clamds[1] as FakeClamd };
}

/** The version of the database is known from here on. */
async function introduced(scanner: Scanner, clamd: FakeClamd): Promise<void> {
  await scan(scanner, 'first of all');
  await sleep(50);
  clamd.scans = 0;
}

const CLEAN = { kind: 'clean' };
const MAIL = 'Subject: x\r\n\r\nhello\r\n';
const LARGE = `Subject: x\r\n\r\n${'large '.repeat(100_000)}\r\n`;

async function directory(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'clamav-'));
  t.after(() => rm(made, { recursive: true }));
  return join(made, 'scans');
}

for (const [size, text] of Object.entries({ small: MAIL, large: LARGE, empty: '' })) {
  test(`a ${size} message is clean, or has a virus`, async (t) => {
    const { scanner, clamd } = await house(t, 1);
    assert.deepEqual(await scan(scanner, text), CLEAN);
    assert.equal(clamd.bytes, text.length);
    const infected = { kind: 'infected', signature: 'Evil.Thing-1' };
    assert.deepEqual(await scan(scanner, `${text}VIRUS:Evil.Thing-1`), infected);
    assert.deepEqual(await scan(scanner, `VIRUS:Evil.Thing-1\r\n${text}`), infected);
  });
}

test('however a message is cut, clamd gets the same bytes', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  const text = `${'x'.repeat(150_000)}VIRUS:Cut.Anywhere\r\n${'y'.repeat(70_000)}`;
  for (const pieceBytes of [1, 7, 65_535, 65_536, 65_537, 1_000_000]) {
    clamd.bytes = 0;
    assert.deepEqual(await scan(scanner, text, pieceBytes), { kind: 'infected', signature: 'Cut.Anywhere' });
    assert.equal(clamd.bytes, text.length);
  }
});

test('large messages go to clamd while they arrive', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  const one = scanner.begin();
  await one.write(Buffer.alloc(300_000, 'x'));
  assert.ok(await until(() => clamd.bytes === 300_000), 'bytes went ahead');
  assert.equal(clamd.scans, 0);
  const result = await one.finish(() => assert.fail('nothing needs to be sent again'));
  assert.deepEqual(result, CLEAN);
});

test('a message that is too large is not scanned, and leaves no connection behind', async (t) => {
  const { scanner, clamd } = await house(t, 1, { maxSizeBytes: 500_000 });
  assert.deepEqual(await scan(scanner, 'x'.repeat(500_000)), CLEAN);
  assert.deepEqual(await scan(scanner, 'x'.repeat(500_001)), { kind: 'too-large' });
  assert.ok(await until(() => clamd.open === 0));
});

const BAD: readonly [Manner, RegExp][] = [
  ['error', /cannot allocate memory ERROR/],
  ['garbage', /an answer that nobody understands/],
  ['cut', /closed without an answer/],
  ['close', /closed without an answer/],
  ['too long', /raise StreamMaxLength/],
  ['two answers', /an answer that nobody understands/],
];
for (const [manner, why] of BAD) {
  test(`clamd answers badly (${manner}): the result is unknown, and another server is asked`, async (t) => {
    const { scanner, clamd } = await house(t, 1);
    clamd.manner = manner;
    const result = await scan(scanner, LARGE);
    assert.equal(result.kind, 'unknown');
    assert.match(result.kind === 'unknown' ? result.why : '', why);
    assert.ok(clamd.asked <= 3, `asked ${clamd.asked} times`);
    clamd.manner = 'answer';
    assert.deepEqual(await scan(scanner, MAIL), CLEAN);

    const two = await house(t, 2);
    two.clamd.manner = manner;
    for (let i = 0; i < 4; i++) assert.deepEqual(await scan(two.scanner, `${LARGE}${i}`), CLEAN);
  });
}

test('a signature name gets no line end and no control character into the gateway', async (t) => {
  const { scanner } = await house(t, 1);
  const result = await scan(scanner, 'VIRUS:A b(44d88612fea8a8f36de82e1278abb02f:68)');
  assert.deepEqual(result, { kind: 'infected', signature: 'A_b' });
});

test('nobody there: messages wait for a restart, then hear at once that nobody is there', async (t) => {
  const { scanner, clamd } = await house(t, 1, { restartMs: 600 });
  await clamd.stop();
  const begun = Date.now();
  assert.equal((await scan(scanner, MAIL)).kind, 'unknown');
  const took = Date.now() - begun;
  assert.ok(took >= 500 && took < 2_000, `${took} ms`);
  const again = Date.now();
  assert.equal((await scan(scanner, `${MAIL}2`)).kind, 'unknown');
  assert.ok(Date.now() - again < 100, `${Date.now() - again} ms`);
  await clamd.start();
  await sleep(250); // it is not asked more often than that
  assert.deepEqual(await scan(scanner, MAIL), CLEAN);
});

test('a restart is not noticed by mail', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  await scan(scanner, MAIL);
  await clamd.stop();
  const waiting = Promise.all([1, 2, 3].map((i) => scan(scanner, `${MAIL}${i}`)));
  await sleep(300);
  await clamd.start();
  assert.deepEqual(await waiting, [CLEAN, CLEAN, CLEAN]);
});

test('clamd ends during a scan: the message is sent again', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  clamd.answerAfterMs = 60_000;
  const result = scan(scanner, `${LARGE}VIRUS:Found.Later`);
  assert.ok(await until(() => clamd.scans === 1));
  await clamd.stop();
  clamd.answerAfterMs = 0;
  await sleep(100);
  await clamd.start();
  assert.deepEqual(await result, { kind: 'infected', signature: 'Found.Later' });
});

test('a message that ends clamd twice is not shown to it again for a while', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  clamd.manner = 'close';
  assert.equal((await scan(scanner, MAIL)).kind, 'unknown');
  assert.equal(clamd.scans, 2);
  assert.equal((await scan(scanner, MAIL)).kind, 'unknown');
  assert.equal(clamd.scans, 2);
  clamd.manner = 'answer';
  assert.deepEqual(await scan(scanner, `${MAIL}another`), CLEAN);
});

test('a server that hangs is left for one that does not', async (t) => {
  const { scanner, clamd, other } = await house(t, 2, { timeoutMs: 15_000 });
  clamd.manner = 'mute';
  other.manner = 'mute';
  const result = scan(scanner, MAIL);
  assert.ok(await until(() => clamd.scans + other.scans === 1));
  const idle = clamd.scans === 0 ? clamd : other;
  idle.manner = 'answer';
  assert.deepEqual(await result, CLEAN);
  assert.equal(clamd.scans + other.scans, 2);
});

test('a server that takes no bytes holds up nobody for long', async (t) => {
  const { scanner, clamd, other } = await house(t, 2, { timeoutMs: 20_000 });
  await Promise.all([scan(scanner, '1'), scan(scanner, '2')]);
  clamd.manner = 'deaf';
  const begun = Date.now();
  const results = await Promise.all([1, 2].map((i) => scan(scanner, 'x'.repeat(20_000_000) + i)));
  assert.deepEqual(results, [CLEAN, CLEAN]);
  assert.ok(other.scans >= 2);
  console.log(`# two messages of 20 MB beside a deaf clamd: ${Date.now() - begun} ms`);
});

test('the work is spread over the servers, and no more connections are open than allowed', async (t) => {
  const { scanner, clamd, other } = await house(t, 2, { maxConnections: 6, timeoutMs: 20_000 });
  clamd.answerAfterMs = 20;
  other.answerAfterMs = 20;
  const results = await Promise.all(Array.from({ length: 60 }, (_, i) => scan(scanner, `${MAIL}${i}`)));
  assert.ok(results.every(({ kind }) => kind === 'clean'));
  assert.equal(clamd.scans + other.scans, 60);
  assert.ok(Math.abs(clamd.scans - other.scans) <= 6, `${clamd.scans} and ${other.scans}`);
  // VERSION is asked beside the scans
  assert.ok(clamd.mostOpen <= 4 && other.mostOpen <= 4, `${clamd.mostOpen} and ${other.mostOpen}`);
});

test('who waits too long for a connection is told so', async (t) => {
  const { scanner, clamd } = await house(t, 1, { maxConnections: 1, timeoutMs: 400 });
  clamd.manner = 'hang';
  const results = await Promise.all([scan(scanner, '1'), scan(scanner, '2')]);
  assert.deepEqual(
    results.map(({ kind }) => kind),
    ['unknown', 'unknown'],
  );
  assert.equal(clamd.asked, 1);
});

test('slow clients do not keep others from being scanned', async (t) => {
  const { scanner, clamd } = await house(t, 1, { maxConnections: 2 });
  const slow = [scanner.begin(), scanner.begin(), scanner.begin()];
  for (const one of slow) await one.write(Buffer.alloc(100_000, 'x'));
  assert.ok(await until(() => clamd.asked === 2), 'two of them have a connection');
  assert.deepEqual(await scan(scanner, MAIL), CLEAN);
  assert.deepEqual(await scan(scanner, `${MAIL}2`), CLEAN);
  const rest = Buffer.from('the end');
  for (const one of slow) {
    await one.write(rest);
    const result = await one.finish(() => [Buffer.alloc(100_000, 'x'), rest]);
    assert.deepEqual(result, CLEAN);
  }
});

test('the same content is scanned once at a time', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  clamd.answerAfterMs = 300;
  const results = await Promise.all(Array.from({ length: 10 }, () => scan(scanner, `${MAIL}VIRUS:Same`)));
  assert.equal(clamd.scans, 1);
  assert.ok(results.every(({ kind }) => kind === 'infected'));
  await Promise.all(Array.from({ length: 3 }, () => scan(scanner, LARGE)));
  assert.equal(clamd.scans, 2);
  assert.deepEqual(await scan(scanner, MAIL), CLEAN);
});

for (const [what, text] of Object.entries({ clean: LARGE, infected: `${LARGE}VIRUS:Slow` })) {
  test(`a scan goes on behind its time-out, and the retry hears the result (${what})`, async (t) => {
    const { scanner, clamd } = await house(t, 1, { timeoutMs: 300 });
    await introduced(scanner, clamd);
    clamd.answerAfterMs = 900;
    assert.deepEqual(await scan(scanner, text), { kind: 'unknown', why: 'no result within 0.3 s' });
    assert.equal((await scan(scanner, text)).kind, 'unknown'); // still running
    assert.ok(await until(() => clamd.open === 0));
    await sleep(50);
    assert.equal((await scan(scanner, text)).kind, what);
    assert.equal(clamd.scans, 1);
  });
}

test('what was found clean late is scanned again under a new database', async (t) => {
  const { scanner, clamd } = await house(t, 1, { timeoutMs: 200 });
  await introduced(scanner, clamd);
  clamd.answerAfterMs = 400;
  assert.equal((await scan(scanner, MAIL)).kind, 'unknown');
  await sleep(400);
  clamd.answerAfterMs = 0;
  clamd.version = 'ClamAV 1.0.0/26001/Tue Jan  2 00:00:00 2024';
  await sleep(5_100); // a version is believed that long
  assert.deepEqual(await scan(scanner, MAIL), CLEAN);
  assert.equal(clamd.scans, 2);
});

test('the retry hears the result in another process, too', async (t) => {
  const lateDirectory = await directory(t);
  const { scanner, clamd } = await house(t, 1, { timeoutMs: 300, lateDirectory });
  const other = scannerOf([clamd.address], { timeoutMs: 300, lateDirectory });
  t.after(() => other.close());
  clamd.answerAfterMs = 1_500;
  const text = `${MAIL}VIRUS:Shared`;
  assert.equal((await scan(scanner, text)).kind, 'unknown');
  await sleep(100);
  assert.equal((await scan(other, text)).kind, 'unknown'); // it waits for the first
  assert.equal(clamd.scans, 1);
  await sleep(2_000);
  assert.deepEqual(await scan(other, text), { kind: 'infected', signature: 'Shared' });
  assert.equal(clamd.scans, 1);
  assert.equal((await readdir(lateDirectory)).length, 1);
});

test('scans behind their time-out do not pile up', async (t) => {
  const { scanner, clamd } = await house(t, 1, { timeoutMs: 100, maxConnections: 4, maxLate: 2 });
  clamd.manner = 'hang';
  for (let i = 0; i < 8; i++) await scan(scanner, `${MAIL}${i}`);
  assert.ok(await until(() => clamd.open <= 2), `${clamd.open} connections are open`);
  clamd.manner = 'answer';
  assert.deepEqual(await scan(scanner, MAIL), CLEAN);
});

test('bytes that cannot be read are the problem of their message alone', async (t) => {
  const { scanner } = await house(t, 1);
  const broken = scanner.begin();
  broken.write(Buffer.alloc(70_000));
  broken.close(); // nothing has gone ahead any more
  const fault = new Error('the disk is gone');
  const read = function* () {
    yield Buffer.alloc(10);
    throw fault;
  };
  await assert.rejects(broken.finish(read), fault);
  assert.deepEqual(await scan(scanner, Buffer.alloc(70_000)), CLEAN);
});

test('a client that leaves takes its connection with it', async (t) => {
  const { scanner, clamd } = await house(t, 1);
  const one = scanner.begin();
  await one.write(Buffer.alloc(100_000));
  assert.ok(await until(() => clamd.asked === 1));
  one.close();
  one.close();
  assert.ok(await until(() => clamd.open === 0));
});

test('unix sockets', async (t) => {
  const made = await mkdtemp(join(tmpdir(), 'clamav-'));
  const clamd = await new FakeClamd().start(join(made, 'clamd.ctl'));
  const scanner = scannerOf([clamd.address]);
  t.after(async () => {
    scanner.close();
    await clamd.stop();
    await rm(made, { recursive: true });
  });
  assert.deepEqual(await scan(scanner, `${LARGE}VIRUS:By.Path`), { kind: 'infected', signature: 'By.Path' });
});

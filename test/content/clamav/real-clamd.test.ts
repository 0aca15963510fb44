import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { scan, scannerOf } from './pieces.ts';
import { EICAR, MARKER, mailWith, noClamd, noTestFiles, RealClamd, testFile } from './real-clamd.ts';

if (noClamd) console.log(`# no tests with a real clamd: ${noClamd}`);
if (noTestFiles) console.log(`# no tests with archives of clamav-testfiles: ${noTestFiles}`);

const CLEAN = { kind: 'clean' };
const eicar = { kind: 'infected', signature: 'Eicar-Test-Signature.UNOFFICIAL' };
const marker = { kind: 'infected', signature: 'Marker.Test.UNOFFICIAL' };

describe('a real clamd', { skip: noClamd !== undefined && noClamd }, () => {
  let clamd: RealClamd;
  before(async () => {
    clamd = await RealClamd.start(
      'StreamMaxLength 60M\nMaxFileSize 60M\nMaxScanSize 100M\nExtendedDetectionInfo yes',
    );
  });
  after(() => clamd.remove());

  const scannerFor = (t: TestContext, addresses: string[], setting: Parameters<typeof scannerOf>[1] = {}) => {
    const scanner = scannerOf(addresses, {
      timeoutMs: 30_000,
      restartMs: 8_000,
      silenceMs: 2_000,
      ...setting,
    });
    t.after(() => scanner.close());
    return scanner;
  };

  for (const kind of ['unix', 'inet'] as const) {
    test(`clean and infected, by ${kind}`, async (t) => {
      const scanner = scannerFor(t, [clamd[kind]]);
      assert.deepEqual(await scan(scanner, ''), CLEAN);
      assert.deepEqual(await scan(scanner, mailWith(Buffer.from('nothing'))), CLEAN);
      assert.deepEqual(await scan(scanner, mailWith(EICAR)), eicar);
      for (const pieceBytes of [1, 1000, 100_000]) {
        const long = `Subject: x\r\n\r\n${'line\r\n'.repeat(30_000)}${MARKER}\r\n`;
        assert.deepEqual(await scan(scanner, `${long}${pieceBytes}`, pieceBytes), marker);
      }
    });
  }

  test('nested: archives of all kinds, in a mail', { skip: noTestFiles ?? false }, async (t) => {
    const scanner = scannerFor(t, [clamd.unix]);
    const found = { kind: 'infected', signature: 'ClamAV-Test-File.UNOFFICIAL' };
    for (const name of [
      'clam.exe',
      'clam.zip',
      'clam.tar.gz',
      'clam.7z',
      'clam.bz2.zip',
      'clam.cab',
      'clam.pdf',
    ]) {
      assert.deepEqual(await scan(scanner, mailWith(testFile(name), name)), found, name);
    }
    assert.deepEqual(await scan(scanner, testFile('clam.mail')), found);
    const attached = mailWith(mailWith(testFile('clam.zip')), 'message.eml');
    assert.deepEqual(await scan(scanner, attached), found);
  });

  test('attachments of a message that does not look like mail to clamd', {
    skip: noTestFiles ?? false,
  }, async (t) => {
    const scanner = scannerFor(t, [clamd.unix]);
    const base64 = testFile('clam.exe').toString('base64');
    for (const top of [
      '',
      'X-Odd: b\r\n',
      `Zed: ${'x'.repeat(2_000)}\r\n`,
      ' folded\r\n',
      '\r\n',
      'no header\r\n',
    ]) {
      const mail = `${top}Content-Type: a/b\r\ncontent-transfer-encoding: base64\r\n\r\n${base64}\r\n`;
      const { kind } = await scan(scanner, mail);
      assert.equal(kind, 'infected', JSON.stringify(top.slice(0, 20)));
    }
  });

  test('longer than StreamMaxLength: unknown, and the log says what to do', async (t) => {
    const scanner = scannerFor(t, [clamd.unix]);
    const result = await scan(scanner, Buffer.alloc(70_000_000, 'x'), 65_536);
    assert.equal(result.kind, 'unknown');
    // the answer can be lost when clamd closes while bytes are on their way to it
    assert.match(result.kind === 'unknown' ? result.why : '', /StreamMaxLength|EPIPE|ECONNRESET|closed/);
    console.log(`# 70 MB to a clamd that takes 60: ${result.kind === 'unknown' && result.why}`);
  });

  test('RELOAD and SIGUSR2 under load: no mail notices', async (t) => {
    const scanner = scannerFor(t, [clamd.unix]);
    await clamd.addSignature('Reloaded.One', 'RELOADED-ONE');
    assert.deepEqual(await scan(scanner, 'RELOADED-ONE'), CLEAN);
    const results: Record<string, number> = {};
    let isOver = false;
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let i = 0; !isOver; i++) {
          const { kind } = await scan(scanner, `${worker} ${i} ${i % 2 ? MARKER : ''}`);
          results[kind] = (results[kind] ?? 0) + 1;
        }
      }),
    );
    for (let i = 0; i < 4; i++) {
      if (i % 2) clamd.signal('SIGUSR2');
      else assert.equal(await clamd.ask('RELOAD'), 'RELOADING');
      await sleep(400);
    }
    isOver = true;
    await load;
    assert.equal(results.unknown, undefined);
    const reloaded = { kind: 'infected', signature: 'Reloaded.One.UNOFFICIAL' };
    assert.deepEqual(await scan(scanner, 'RELOADED-ONE'), reloaded);
    console.log(`# 4 reloads under load: ${JSON.stringify(results)}`);
  });

  test('killed in the middle of scans, and started again: every mail has its result', async (t) => {
    const scanner = scannerFor(t, [clamd.unix]);
    const big = randomBytes(8_000_000);
    const waiting = Array.from({ length: 6 }, (_, i) =>
      scan(scanner, Buffer.concat([big, Buffer.from(`${i}${i % 2 ? MARKER : ''}`)]), 65_536),
    );
    await sleep(40);
    await clamd.kill();
    await sleep(200);
    await clamd.restart();
    const results = await Promise.all(waiting);
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['clean', 'infected', 'clean', 'infected', 'clean', 'infected'],
    );
  });

  test('stopped with SIGSTOP: the mail waits, and is scanned when it goes on', async (t) => {
    const scanner = scannerFor(t, [clamd.unix], { timeoutMs: 1_000 });
    await scan(scanner, 'first of all');
    clamd.signal('SIGSTOP');
    const first = await scan(scanner, `${MARKER} stopped`);
    assert.equal(first.kind, 'unknown');
    clamd.signal('SIGCONT');
    await sleep(300);
    assert.deepEqual(await scan(scanner, `${MARKER} stopped`), marker);
  });

  test('one of two is killed under load: the other takes over', async (t) => {
    const other = await RealClamd.start();
    t.after(() => other.remove());
    const scanner = scannerFor(t, [other.inet, clamd.inet]);
    const kinds: Record<string, number> = {};
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, worker) => {
        for (let i = 0; i < 60; i++) {
          const { kind } = await scan(scanner, `${worker} ${i} two servers`);
          kinds[kind] = (kinds[kind] ?? 0) + 1;
        }
      }),
    );
    await sleep(30);
    await other.kill();
    await load;
    assert.deepEqual(kinds, { clean: 480 });
  });

  test('clamscan, which others use, finds the same', async (t) => {
    const NodeClam = createRequire(import.meta.url)('clamscan');
    const own = scannerFor(t, [clamd.inet]);
    await mkdir(join(clamd.directory, 'peer'), { recursive: true });
    const peer = await new NodeClam().init({
      clamdscan: { host: '127.0.0.1', port: clamd.port, bypassTest: true },
      preference: 'clamdscan',
    });
    const { Readable } = await import('node:stream');
    for (const [content, expected] of [
      [mailWith(EICAR), eicar],
      [mailWith(Buffer.from('good')), CLEAN],
      [Buffer.from(`x ${MARKER}`), marker],
    ] as const) {
      assert.deepEqual(await scan(own, content), expected);
      const { isInfected } = await peer.scanStream(Readable.from([content]));
      assert.equal(isInfected, expected.kind === 'infected');
    }
  });

  test('figures', async (t) => {
    const scanner = scannerFor(t, [clamd.unix]);
    const mail = mailWith(Buffer.alloc(2_900, 'm'));
    for (let i = 0; i < 100; i++) await scan(scanner, `${mail}${i}`);
    const times = 200;
    const before = process.cpuUsage();
    const begun = performance.now();
    for (let i = 0; i < times; i++) await scan(scanner, `${mail} ${i}`);
    const took = performance.now() - begun;
    const cpu = process.cpuUsage(before);
    const own = (cpu.user + cpu.system) / 1000 / times;
    console.log(
      `# a mail of ${mail.length} bytes: ${(took / times).toFixed(2)} ms with clamd, ${own.toFixed(2)} ms of our CPU`,
    );
    const piece = randomBytes(65_536);
    globalThis.gc?.();
    const memory = process.memoryUsage.rss();
    let most = 0;
    const start = performance.now();
    const one = scanner.begin();
    for (let i = 0; i < 400; i++) {
      await one.write(Buffer.from(piece));
      if (i % 20 === 0) most = Math.max(most, process.memoryUsage.rss());
    }
    const sent = performance.now() - start;
    const result = await one.finish(() => assert.fail('sent already'));
    assert.deepEqual(result, CLEAN);
    const growth = (Math.max(most, process.memoryUsage.rss()) - memory) / 1e6;
    const rate = (26.2 / sent) * 1000;
    console.log(
      `# 26 MB: ${rate.toFixed(0)} MB/s into clamd, ${(performance.now() - start).toFixed(0)} ms with the scan, memory +${growth.toFixed(0)} MB`,
    );
    assert.ok(growth < 75, `memory grew by ${growth} MB`);
  });
});

/** How fast messages pass, and how much memory a large one takes; the figures are printed. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import type { CheckTable } from '../../src/content/cleanup/check-table.ts';
import { Inspection } from '../../src/content/inspection.ts';
import { MessageRules } from '../../src/content/message-rules.ts';
import type { PartInspector } from '../../src/content/part.ts';
import { silentLog } from '../../src/record/log.ts';
import { cut, envelopeFrom, sessionFrom } from './mail-under-test.ts';

/** Rules that never fit: what is measured is the walk, not the patterns. */
const never: CheckTable = { name: 'checks', findInBytes: () => undefined };

const inspector = (): PartInspector => ({
  begin: () => ({ write() {}, end() {} }),
  finish: () => [],
  close() {},
});

const rules = new MessageRules({
  walk: {
    lineLimitBytes: 2048,
    headerLimitBytes: 102_400,
    boundaryLimitBytes: 2048,
    nestingLimit: 100,
    flat: false,
    watch: new Set(),
    rejected: undefined,
  },
  cleanup: {
    headerChecks: { primary: never, part: never, nested: never },
    bodyChecks: never,
    bodyCheckLimitBytes: 51_200,
    headerLimitBytes: 102_400,
    isUnwanted: () => false,
    log: silentLog,
  },
  queue: undefined,
  hasUnwanted: false,
  log: silentLog,
});

const content = new Inspection({
  spool: { directory: tmpdir(), memoryLimitBytes: 1_048_576 },
  checking: true,
  afterQueue: undefined,
  checks: [],
  rules,
  stripped: undefined,
  readers: [],
  inspectors: [inspector],
  receivedField: () => 'Received: from x by y; now\r\n',
  sealers: [],
  verdictTimeoutMs: 1_000,
  log: silentLog,
});

const HEAD = `Received: from a.example (a.example [192.0.2.1])\r
\tby b.example with ESMTP id 1234\r
\tfor <joe@home.test>; Mon, 1 Jan 2024 00:00:00 +0000\r
From: a@b.example\r
To: joe@home.test\r
Subject: an ordinary mail\r
Message-ID: <1@b.example>\r
MIME-Version: 1.0\r
`;
const TEXT = 'The quick brown fox jumps over the lazy dog, as foxes do in ordinary mail.\r\n';
const BASE64 = `${Buffer.alloc(57, 'abcdefghijk').toString('base64')}\r\n`;

function mailWith(textLines: number, attachmentLines: number): Buffer {
  const attachment = `Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n`;
  return Buffer.from(
    `${HEAD}Content-Type: multipart/mixed; boundary="=_B"\r\n\r\n--=_B\r\nContent-Type: text/plain\r\n\r\n` +
      `${TEXT.repeat(textLines)}--=_B\r\n${attachment}${BASE64.repeat(attachmentLines)}--=_B--\r\n`,
  );
}

async function send(mail: Buffer): Promise<void> {
  const incoming = content.begin(sessionFrom('192.0.2.5'), envelopeFrom('a@b.example'));
  for (let at = 0; at < mail.length; at += 65_536) await incoming.write(mail.subarray(at, at + 65_536));
  const message = await incoming.finish();
  let sizeBytes = 0;
  for await (const chunk of message.chunks()) sizeBytes += chunk.length;
  assert.equal(sizeBytes, message.sizeBytes);
  incoming.close();
}

for (const [name, mail, least] of [
  ['4 KB', mailWith(35, 8), 5],
  ['300 KB with an attachment', mailWith(300, 3_600), 30],
] as const) {
  test(`speed: ${name}`, async (t) => {
    const rounds = Math.ceil(15_000_000 / mail.length);
    for (let round = 0; round < rounds / 4; round++) await send(mail);
    const began = process.cpuUsage();
    for (let round = 0; round < rounds; round++) await send(mail);
    const { user, system } = process.cpuUsage(began);
    const rate = (rounds * mail.length) / (user + system);
    t.diagnostic(`walk, checks and decoded parts: ${rate.toFixed(0)} MB/s`);
    assert.ok(rate > least);
  });
}

test('a mail of 50 MB takes less than 150 MB of memory', async (t) => {
  const before = process.memoryUsage().rss;
  let peak = before;
  const incoming = content.begin(sessionFrom('192.0.2.5'), envelopeFrom('a@b.example'));
  const pieces = [HEAD, 'Content-Type: multipart/mixed; boundary=B\r\n\r\n'];
  for (let part = 0; part < 5; part++) {
    pieces.push(
      '--B\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      ...Array<string>(160).fill(BASE64.repeat(840)),
    );
  }
  for (const piece of pieces) {
    for (const chunk of cut(Buffer.from(piece), [65_536])) await incoming.write(chunk);
    peak = Math.max(peak, process.memoryUsage().rss);
  }
  const message = await incoming.finish();
  for await (const _chunk of message.chunks()) peak = Math.max(peak, process.memoryUsage().rss);
  incoming.close();
  const growth = (peak - before) / 1e6;
  t.diagnostic(`${(message.sizeBytes / 1e6).toFixed(0)} MB: grown by ${growth.toFixed(0)} MB`);
  assert.ok(growth < 150);
});

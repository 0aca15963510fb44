import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { Spool } from '../../src/content/spool.ts';
import { toppedBytes } from '../../src/content/topped-bytes.ts';
import { textOf } from './mail-under-test.ts';

test('bytes stand on top of a message in memory or in a file; the message stays as it is', async () => {
  for (const memoryLimitBytes of [1_000, 0]) {
    const spool = new Spool({ directory: tmpdir(), memoryLimitBytes });
    await spool.append(Buffer.from('Subject: x\r\n\r\n'));
    const topped = toppedBytes(Buffer.from('B: 2\r\n'), toppedBytes(Buffer.from('C: 3\r\n'), spool));
    for (let round = 0; round < 2; round++) {
      assert.equal(await textOf(topped.chunks()), 'B: 2\r\nC: 3\r\nSubject: x\r\n\r\n');
    }
    assert.equal(topped.sizeBytes, 26);
    assert.equal(await textOf(spool.chunks()), 'Subject: x\r\n\r\n');
    await spool.close();
  }
});

test('nothing on top: the message itself', () => {
  const message = { sizeBytes: 0, chunks: () => [] };
  assert.equal(toppedBytes(Buffer.alloc(0), message), message);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageEdits } from '../../../src/content/cleanup/message-edits.ts';
import { cut, textOf } from '../mail-under-test.ts';

async function* later(chunks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks;
}

test('stretches pass, text is put in, what is left out is gone', async () => {
  const message = Buffer.from('0123456789');
  const edits = new MessageEdits();
  edits.insert(Buffer.from('<'));
  edits.pass(0, 2);
  edits.pass(2, 3);
  edits.pass(3, 3);
  edits.insert(Buffer.from('-'));
  edits.pass(5, 6);
  edits.pass(8, 10);
  edits.insert(Buffer.from('>'));
  for (const sizes of [[100], [1], [2], [3], [5]]) {
    assert.equal(await textOf(edits.applied(cut(message, sizes))), '<012-589>', `pieces of ${sizes}`);
    assert.equal(await textOf(edits.applied(later(cut(message, sizes)))), '<012-589>', `pieces of ${sizes}`);
  }
  assert.equal(edits.sizeBytes, 9);
});

test('an unchanged message passes as the very chunks it came in', () => {
  const chunks = [Buffer.from('abc'), Buffer.from('def')];
  const edits = new MessageEdits();
  edits.pass(0, 4);
  edits.pass(4, 6);
  const passed = [...(edits.applied(chunks) as Iterable<Buffer>)];
  assert.deepEqual(passed, chunks);
  assert.ok(passed.every((chunk, at) => chunk === chunks[at]));
});

test('changes have a bound', () => {
  const edits = new MessageEdits();
  for (let at = 0; at < 100_000; at++) edits.pass(at * 2, at * 2 + 1);
  assert.equal(edits.areTooMany, false);
  for (let at = 0; at < 100_001; at++) edits.insert(Buffer.from('x'));
  assert.equal(edits.areTooMany, true);
});

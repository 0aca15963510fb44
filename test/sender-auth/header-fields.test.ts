import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerFields, relaxedField, withoutSignature } from '../../src/sender-auth/header-fields.ts';
import { processorMs } from '../support/processor-time.ts';

const fieldsOf = (text: string) => headerFields(Buffer.from(text, 'latin1'));

test('a header block as fields', () => {
  const block =
    'Received: a\r\n\tb\r\n c\r\nFROM : x\r\nSubject\r\n : y\r\nno colon here\r\n: nameless\r\nX-Last: z\r\n\r\nBody: not this';
  assert.deepEqual(
    fieldsOf(block).map(({ name, raw }) => [name, raw]),
    [
      ['received', 'Received: a\r\n\tb\r\n c'],
      ['from', 'FROM : x'],
      ['subject', 'Subject\r\n : y'],
      ['', 'no colon here'],
      ['', ': nameless'],
      ['x-last', 'X-Last: z'],
    ],
  );
  assert.deepEqual(fieldsOf(''), []);
  assert.deepEqual(fieldsOf('\r\n'), []);
  assert.deepEqual(
    fieldsOf('A: b').map(({ raw }) => raw),
    ['A: b'],
  );
  assert.deepEqual(
    fieldsOf(' first\r\nA: b\r\n').map(({ name }) => name),
    ['', 'a'],
  );
});

test('relaxed fields, with the example of RFC 6376 3.4.5', () => {
  const cases = [
    ['A: X', 'a:X'],
    ['B : Y\t\r\n\tZ  ', 'b:Y Z'],
    ['Subject:', 'subject:'],
    ['Subject:   ', 'subject:'],
    ['Subject: \r\n ', 'subject:'],
    ['SUBJect: AbC \t d', 'subject:AbC d'],
    ['X: a\r\n\r\n b', 'x:a'],
    ['X: a\rb\nc', 'x:a\rb\nc'],
    ['X:\r\n\ta\r\n\t \r\n b', 'x:a b'],
  ];
  for (const [raw, relaxed] of cases)
    assert.equal(relaxedField(fieldsOf(`${raw}\r\n`)[0] ?? assert.fail()), relaxed);
});

test('the value of b= is taken out, and only that', () => {
  const cases = [
    ['DKIM-Signature: v=1; b=abc\r\n\tdef; bh=xyz=; d=b=c', 'DKIM-Signature: v=1; b=; bh=xyz=; d=b=c'],
    ['DKIM-Signature: bh=x; b = abc= ', 'DKIM-Signature: bh=x; b ='],
    ['DKIM-Signature:b=abc;a=b', 'DKIM-Signature:b=;a=b'],
    ['DKIM-Signature: h=from: b=x; b=y', 'DKIM-Signature: h=from: b=x; b='],
    ['DKIM-Signature: bb=x; h=b', 'DKIM-Signature: bb=x; h=b'],
  ];
  for (const [raw, without] of cases)
    assert.equal(withoutSignature(fieldsOf(`${raw}\r\n`)[0] ?? assert.fail()).raw, without);
});

test('a megabyte of white space or colons is linear work', (t) => {
  for (const filler of [' ', ':', ';', 'b ', 'b\t', ' \r\n', '=', '; b']) {
    const start = processorMs();
    const fields = fieldsOf(`DKIM-Signature: ${filler.repeat(1_000_000 / filler.length)}x\r\nFrom: y\r\n`);
    for (const field of fields) withoutSignature({ ...field, raw: relaxedField(field) });
    const ms = processorMs() - start;
    t.diagnostic(`${JSON.stringify(filler)}: ${ms.toFixed(1)} ms`);
    assert.ok(ms < 500, `${JSON.stringify(filler)}: ${ms} ms`);
  }
});

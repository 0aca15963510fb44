import assert from 'node:assert/strict';
import { test } from 'node:test';
import { internalText, parse822, scan822 } from '../../src/mail/tokens822.ts';
import { processorMs } from '../support/processor-time.ts';

const cases: [text: string, addresses: string[], extras: number][] = [
  ['joe@example.com', ['joe@example.com'], 0],
  ['"joe blow"@example.com', ['joe blow@example.com'], 0],
  ['joe\\ blow@example.com', ['joe blow@example.com'], 0],
  ['joe @ example.com', ['joe@example.com'], 0],
  ['joe blow', ['joe', 'blow'], 0],
  ['Joe Blow <joe@example.com>', ['joe@example.com'], 2],
  ['<joe@example.com> (home (or away))', ['joe@example.com'], 1],
  ['a(comment)@far.test', ['a@far.test'], 1],
  ['a@[192.0.2.9]', ['a@[192.0.2.9]'], 0],
  ['a@b, c@d', ['a@b', 'c@d'], 1],
  ['@far.test', ['@far.test'], 0],
  ['""@far.test', ['@far.test'], 0],
  ['', [], 0],
];

for (const [text, addresses, extras] of cases) {
  test(`parse822: ${text}`, () => {
    const parsed = parse822(scan822(text));
    assert.deepEqual(parsed.addresses.map(internalText), addresses);
    assert.equal(parsed.extras, extras);
  });
}

test('parse822 is linear on brackets, quotes and comments by the hundred thousand', () => {
  for (const text of ['<', '>', '(', '"', '\\', 'a ', '<a>', '@', ',']) {
    const began = processorMs();
    parse822(scan822(text.repeat(20_000)));
    assert.ok(processorMs() - began < 1000, text);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiName, isAtOrBelow, qualifiedName } from '../../src/sender-auth/domain-name.ts';

test('names as they are compared', () => {
  const long = `${'a'.repeat(63)}.`.repeat(3);
  const cases: [text: string, name: string | undefined][] = [
    ['Mail.Example.COM.', 'mail.example.com'],
    ['localhost', 'localhost'],
    ['_spf.x-y.example', '_spf.x-y.example'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['BÜCHER.example', 'xn--bcher-kva.example'],
    [`${long}${'a'.repeat(61)}`, `${long}${'a'.repeat(61)}`],
    [`${long}${'a'.repeat(62)}`, undefined],
    ['a'.repeat(64), undefined],
    ...[
      '',
      '.',
      'a..b',
      '.a',
      'a b',
      'a/b',
      'a@b',
      'ü@bank.example',
      'ü/bank.example',
      'ü:80',
      'a\0b',
      '[192.0.2.1]',
    ].map((text): [string, undefined] => [text, undefined]),
    ['１.２.３.４', undefined],
    ['\udcff.example', undefined],
  ];
  for (const [text, name] of cases) assert.equal(asciiName(text), name, text);
  assert.equal(qualifiedName('localhost'), undefined);
  assert.equal(qualifiedName('A.example'), 'a.example');
});

test('names below a name', () => {
  const cases: [string, string, boolean][] = [
    ['example.com', 'example.com', true],
    ['a.example.com', 'example.com', true],
    ['badexample.com', 'example.com', false],
    ['com', 'example.com', false],
  ];
  for (const [name, parent, wanted] of cases)
    assert.equal(isAtOrBelow(name, parent), wanted, `${name} ${parent}`);
});

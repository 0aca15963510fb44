import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HeaderTokens, mailSpecials, mimeSpecials } from '../../../src/content/mime/header-tokens.ts';
import { readContentType, readEncoding } from '../../../src/content/mime/mime-type.ts';
import { processorMs } from '../../support/processor-time.ts';

describe('tokens of a header', () => {
  const cases: readonly [string, readonly string[][]][] = [
    [
      'text/plain; charset=utf-8',
      [
        ['text', '/', 'plain'],
        ['charset', '=', 'utf-8'],
      ],
    ],
    [' (a (nested) \\) comment) text (x)/ plain', [['text', '/', 'plain']]],
    ['a;;b', [['a'], [], ['b']]],
    ['a;', [['a']]],
    ['; a', [[], ['a']]],
    ['"quoted; \\"text\\"" b', [['quoted; "text"', 'b']]],
    ['"folded  \n text"', [['folded text']]],
    ['"folded  \n\t text"', [['folded\t text']]],
    ['"unterminated', [['unterminated']]],
    ['(unterminated', []],
    ['a b c d e', [['a', 'b', 'c']]],
    ['\x01', [['\x01']]],
    ['', []],
    ['a\\b', [['a', '\\', 'b']]],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => {
      const tokens = new HeaderTokens(text, mimeSpecials);
      const found: string[][] = [];
      for (let next = tokens.next(3, ';'); next; next = tokens.next(3, ';'))
        found.push(next.map((t) => t.text));
      assert.deepEqual(found, expected);
    });
  }

  test('without a terminator only so many are read', () => {
    const tokens = new HeaderTokens('a.b c', mailSpecials);
    assert.deepEqual(tokens.next(1), [{ kind: 'word', text: 'a' }]);
    assert.deepEqual(tokens.next(2), [
      { kind: 'special', text: '.' },
      { kind: 'word', text: 'b' },
    ]);
    assert.deepEqual(tokens.next(2), [{ kind: 'word', text: 'c' }]);
    assert.equal(tokens.next(2), undefined);
  });

  test('every hostile text is read in linear time', () => {
    const hostile = ['(', '"', '\\', '"\\', ';', '()', '" \n', 'a/', '(\\'].map((one) => one.repeat(400_000));
    const began = processorMs();
    for (const text of hostile) {
      const tokens = new HeaderTokens(text, mimeSpecials);
      while (tokens.next(3, ';'));
    }
    assert.ok(processorMs() - began < 5_000);
  });
});

describe('content types', () => {
  const cases: readonly [string, string | undefined, readonly string[]][] = [
    ['text/html', 'text other', []],
    ['message/RFC822', 'message rfc822', []],
    ['message/global; x=y', 'message global', []],
    ['message/news', 'message other', []],
    ['multipart/mixed; boundary=a; boundary="b c"', 'multipart other', ['a', 'b c']],
    ['multipart/mixed; name="boundary=q"; BOUNDARY=z', 'multipart other', ['z']],
    ['multipart; boundary=a', 'multipart other', ['a']],
    ["multipart/mixed; boundary*=us-ascii''a", 'multipart other', []],
    ['multipart/mixed boundary=a', 'multipart other', []],
    ['application/zip; boundary=a', undefined, []],
    ['"multipart"/mixed; boundary=a', undefined, []],
    ['', 'other other', []],
    [';', 'other other', []],
  ];
  for (const [value, type, boundaries] of cases) {
    test(JSON.stringify(value), () => {
      const read = readContentType(value);
      assert.equal(read.type && `${read.type.top} ${read.type.message}`, type);
      assert.deepEqual(read.boundaries, boundaries);
    });
  }

  test('parts of a digest are messages', () => {
    assert.equal(readContentType('multipart/digest; boundary=a').partType.message, 'rfc822');
    assert.equal(readContentType('multipart/mixed; boundary=a').partType.top, 'text');
  });
});

test('encodings', () => {
  const cases: readonly [string, string | undefined][] = [
    [' base64', 'base64'],
    ['(c) Quoted-Printable junk', 'quoted-printable'],
    ['"base64"', undefined],
    ['x-uuencode', undefined],
    ['constructor', undefined],
    ['8bit;', '8bit'],
    ['', undefined],
  ];
  for (const [value, expected] of cases) assert.equal(readEncoding(value), expected, value);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCharset, decodeEncodedWords } from '../../src/content/encoded-words.ts';
import { processorMs } from '../support/processor-time.ts';

const cases: Record<string, [written: string, shown: string]> = {
  'plain text': ['a =? b', 'a =? b'],
  base64: ['=?utf-8?B?0J/RgNC40LLQtdGC?=', 'Привет'],
  'quoted, blanks as underscores': ['=?iso-8859-1?q?caf=E9_cr=e8me?=', 'café crème'],
  'koi8-r': ['=?koi8-r?B?8NLJ18XU?=', 'Привет'],
  'a language': ['=?us-ascii*en?Q?hello?=', 'hello'],
  'blanks between words vanish': ['=?utf-8?Q?a?= =?utf-8?Q?b?=', 'ab'],
  'other blanks stay': ['x =?utf-8?Q?a?= y', 'x a y'],
  'a character in two words': ['=?utf-8?B?0A==?= =?utf-8?B?nw==?=', 'П'],
  'words in words of another charset': ['=?koi8-r?Q?=F0?= =?utf-8?Q?=D0=9F?=', 'ПП'],
  'charsets that only mail knows': ['=?utf-7?Q?+AGU-xe?= =?x-sjis?B?g2U=?=', 'exeテ'],
  'inside of other text': ['a=?utf-8?Q?b?=c', 'abc'],
  'an unknown charset': ['=?x-nobody?Q?a=E9?=', 'aé'],
  'bytes that are not what they say': ['=?utf-8?Q?=E9?=', 'é'],
  'an end is missing': ['=?utf-8?Q?abc', '=?utf-8?Q?abc'],
};

for (const [name, [written, shown]] of Object.entries(cases)) {
  test(`encoded words: ${name}`, () => assert.equal(decodeEncodedWords(written), shown));
}

test('charsets: something readable comes out of everything', () => {
  assert.equal(decodeCharset(Buffer.from([0xd0, 0x9f]), ''), 'П');
  assert.equal(decodeCharset(Buffer.from([0xff, 0x41]), ''), 'ÿA');
  assert.equal(decodeCharset(Buffer.from([0xf0]), 'koi8-r'), 'П');
});

test('encoded words: a megabyte of beginnings takes no time', () => {
  for (const piece of ['=?', '=?a?b?', '=?a?q?=', '=?utf-8?B?QQ==?= ']) {
    const text = piece.repeat(Math.ceil(1e6 / piece.length));
    const began = processorMs();
    decodeEncodedWords(text);
    const ms = processorMs() - began;
    assert.ok(ms < 1_000, `${piece}: ${ms} ms`);
  }
});

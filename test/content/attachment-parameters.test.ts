import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namesInFields } from '../../src/content/attachment-parameters.ts';
import { processorMs } from '../support/processor-time.ts';

const names = (value: string, field = 'content-disposition') =>
  namesInFields([{ name: field, value: Buffer.from(value, 'latin1') }]);

/** What must be among the readings of a field, and what must not. */
const cases: Record<string, { field: string; has: string[]; not?: string[] }> = {
  quoted: { field: ' attachment; filename="a b.exe"', has: ['a b.exe'], not: ['a'] },
  'not quoted': { field: ' attachment; filename=update.exe', has: ['update.exe'] },
  'blanks without quotes: whole, and up to the first': {
    field: ' x; filename=my file.exe',
    has: ['my file.exe', 'my'],
  },
  'the other name': { field: ' x; name="a.exe"', has: ['a.exe'] },
  'capitals and blanks': { field: ' x; FileName = "a.exe"', has: ['a.exe'] },
  'a comment in the name': { field: ' x; filename(hi)="a.exe"', has: ['a.exe'] },
  'a semicolon in quotes, for those who ignore quotes too': {
    field: ' x; filename="a;b.exe"',
    has: ['a;b.exe', 'a'],
  },
  'quotes that do not end': { field: ' x; filename="a.exe', has: ['a.exe'] },
  'quotes that end too soon': { field: ' x; filename="a.txt".exe', has: ['a.txt', 'a.txt.exe'] },
  'escapes, undone and not': { field: ' x; filename="a\\.exe"', has: ['a.exe', 'a\\.exe'] },
  twice: { field: ' x; filename="a.txt"; filename="b.exe"', has: ['a.txt', 'b.exe'] },
  folded: { field: ' x;\r\n\tfilename="a\r\n b.exe"', has: ['a b.exe'] },
  'cut by a line end alone': { field: ' x; filename="a.e\r\nxe"', has: ['a.exe'] },
  'RFC 2231': { field: " x; filename*=koi8-r'ru'%F0.exe", has: ['П.exe'] },
  'RFC 2231 without a charset': { field: ' x; filename*=%61.exe', has: ['a.exe'] },
  'RFC 2231 in quotes': { field: ' x; filename*="utf-8\'\'%D0%9F.exe"', has: ['П.exe'] },
  pieces: { field: ' x; filename*0="up"; filename*1="date"; filename*2=".exe"', has: ['update.exe'] },
  'pieces in disorder': { field: ' x; filename*1="date.exe"; filename*0="up"', has: ['update.exe'] },
  'pieces, encoded and plain': {
    field: " x; filename*0*=utf-8''%D0; filename*1*=%9F; filename*2=.exe",
    has: ['П.exe'],
  },
  'pieces with a gap: up to it, and all': {
    field: ' x; filename*0="a.txt"; filename*2=".exe"',
    has: ['a.txt', 'a.txt.exe'],
  },
  'pieces without a first one': { field: ' x; filename*1="a"; filename*2=".exe"', has: ['a.exe'] },
  'an absurd number': {
    field: ' x; filename*99999="b.exe"; filename*0="a.exe"',
    has: ['a.exe'],
    not: ['a.exeb.exe'],
  },
  'pieces beside a plain name': {
    field: ' x; filename="a.txt"; filename*0="b"; filename*1=".exe"',
    has: ['a.txt', 'b.exe'],
  },
  'RFC 2047 where it is forbidden': {
    field: ' x; filename="=?utf-8?B?0J/RgNC40LLQtdGC?=.exe"',
    has: ['Привет.exe'],
  },
  'RFC 2047 without quotes': { field: ' x; filename==?utf-8?Q?a=2Eexe?=', has: ['a.exe'] },
  'RFC 2047 in several words': {
    field: ' x; filename="=?utf-8?Q?up?= =?utf-8?Q?date.exe?="',
    has: ['update.exe'],
  },
  'RFC 2047 in pieces': {
    field: ' x; filename*0="=?utf-8?Q?upd"; filename*1="ate.exe?="',
    has: ['update.exe'],
  },
  'raw UTF-8': { field: ' x; filename="\xd0\x9f.exe"', has: ['П.exe'] },
  'raw koi8-r, as the field says and as Windows reads it': {
    field: ' text/plain; charset=koi8-r; name="\xf0.exe"',
    has: ['П.exe', 'ð.exe'],
  },
  'percent signs, for those who decode them anywhere': {
    field: ' x; filename="a%2Eexe"',
    has: ['a%2Eexe', 'a.exe'],
  },
  'only other parameters': {
    field: ' x; size=3; nickname="a.exe"; charset="b.exe"',
    has: [],
    not: ['a.exe', 'b.exe'],
  },
};

for (const [name, { field, has, not = [] }] of Object.entries(cases)) {
  test(`names in a field: ${name}`, () => {
    const found = names(field);
    for (const one of has) assert.ok(found.includes(one), `${JSON.stringify(found)} has ${one}`);
    for (const one of not) assert.ok(!found.includes(one), `${JSON.stringify(found)} has not ${one}`);
    if (has.length === 0) assert.deepEqual(found, []);
    assert.deepEqual(names(field, 'content-type'), found, 'either field');
  });
}

test('both fields count, Content-Disposition first; all fields of a name count; other fields do not', () => {
  const field = (name: string, value: string) => ({ name, value: Buffer.from(value) });
  const found = namesInFields([
    field('content-type', ' text/plain; name="a.txt"'),
    field('content-disposition', ' attachment; filename="b.exe"'),
    field('content-type', ' application/x; name=c.scr'),
    field('subject', ' filename="d.exe"'),
  ]);
  assert.deepEqual(found, ['b.exe', 'a.txt', 'c.scr']);
});

test('a thousand names: the first and the last are read', () => {
  const many = Array.from({ length: 1_000 }, (_, i) => `; filename="${i}.txt"`).join('');
  const found = names(` x; filename="first.exe"${many}; filename="last.exe"`);
  assert.ok(found.includes('first.exe') && found.includes('last.exe'), String(found));
  assert.ok(found.length < 200);
});

test('hostile fields take no time', () => {
  const hostile: Record<string, string> = {
    quotes: ';filename="'.repeat(100_000),
    escapes: '"\\'.repeat(500_000),
    comments: `${'(('.repeat(300_000)}=`,
    equals: 'name='.repeat(200_000),
    words: '=?'.repeat(400_000),
    blanks: `filename=${' '.repeat(1_000_000)}x`,
    pieces: Array.from({ length: 50_000 }, (_, i) => `; filename*${i * 7}*="%41"`).join(''),
  };
  for (const [kind, text] of Object.entries(hostile)) {
    const began = processorMs();
    names(` x; name="${text}`);
    names(` x; ${text}`);
    const ms = processorMs() - began;
    assert.ok(ms < 200, `${kind}: ${ms} ms`);
  }
});

test('a header that is nothing but hostile fields', () => {
  const value = Buffer.from(` x${';filename="'.repeat(6_000)}`);
  const fields = Array.from({ length: 16 }, (_, i) => ({
    name: i % 2 ? 'content-type' : 'content-disposition',
    value,
  }));
  namesInFields(fields);
  const began = processorMs();
  namesInFields(fields);
  const ms = processorMs() - began;
  console.log(`a megabyte of hostile fields: ${ms.toFixed(1)} ms`);
  assert.ok(ms < 50);
});

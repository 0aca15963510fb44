import assert from 'node:assert/strict';
import { test } from 'node:test';
import { likelyReadings, readingsOf } from '../../../src/content/text/readings.ts';
import { encoded } from './encodings.ts';

const russian = 'Уважаемые господа! Предлагаем вам семинар по налогам, звоните нам в любое время.';
const of = (text: string, charset: string, label = '', isHtml = false) =>
  readingsOf({ label, isHtml }, encoded(text, charset));

test('what is declared and true is the only reading', () => {
  for (const charset of ['koi8-r', 'windows-1251', 'utf-8', 'iso-8859-5', 'utf-7'])
    assert.deepEqual(of(russian, charset, charset), [charset]);
  assert.deepEqual(of('Schöne Grüße aus Köln', 'windows-1252', 'iso-8859-1'), ['windows-1252']);
  assert.deepEqual(of('plain', 'utf-8', 'us-ascii'), ['us-ascii']);
  assert.deepEqual(of('plain', 'utf-8'), ['us-ascii']);
});

test('UTF-8 is known without being declared', () => {
  assert.deepEqual(of(russian, 'utf-8'), ['utf-8']);
  assert.deepEqual(of(russian, 'utf-8', 'us-ascii'), ['utf-8']);
  assert.deepEqual(
    likelyReadings('koi8-r', encoded(russian, 'utf-8').subarray(0, 11)),
    ['utf-8'],
    'cut in a letter',
  );
});

test('undeclared and wrongly declared text is read in all likely charsets', () => {
  for (const charset of ['koi8-r', 'windows-1251', 'iso-8859-5', 'ibm866', 'x-mac-cyrillic']) {
    for (const label of ['', 'us-ascii', 'utf-8', 'iso-8859-1', 'no-such-charset'])
      assert.ok(of(russian, charset, label).includes(charset), `${charset} declared as ${label}`);
  }
  for (const charset of ['koi8-r', 'windows-1251', 'ibm866'])
    assert.ok(of('тел. 1О5-5l-8б', charset).includes(charset), `few letters in ${charset}`);
});

test('Asian text without a charset is read in those that fit', () => {
  const cases: [charset: string, bytes: Buffer][] = [
    ['shift_jis', Buffer.from('82a8 8b71 976c 82cc 82b2 82b1 82c6 82f0'.replaceAll(' ', ''), 'hex')],
    ['euc-jp', Buffer.from('a4aa b5d2 cdcd a4ce a4b4 a4b3 a4c8 a4f2'.replaceAll(' ', ''), 'hex')],
    ['euc-kr', Buffer.from('bec8 b3e7 c7cf bcbc bfe4'.replaceAll(' ', ''), 'hex')],
    ['gb18030', Buffer.from('c4fa bac3 a3ac cad7 cfc8'.replaceAll(' ', ''), 'hex')],
  ];
  for (const [charset, bytes] of cases)
    assert.ok(readingsOf({ label: '', isHtml: false }, bytes).includes(charset), charset);
});

test('marks, escapes and HTML tell the charset', () => {
  assert.deepEqual(of(russian, 'utf-16le', 'koi8-r'), ['utf-16le']);
  assert.deepEqual(of(russian, 'utf-16be'), ['utf-16be']);
  assert.deepEqual(of('\ufeffx', 'utf-8', 'koi8-r'), ['utf-8']);
  const bare = encoded(russian, 'utf-16be').subarray(2);
  assert.deepEqual(readingsOf({ label: 'utf-16', isHtml: false }, bare), ['utf-16be']);
  assert.deepEqual(readingsOf({ label: 'utf-16', isHtml: false }, Buffer.from(bare).swap16()), ['utf-16le']);
  assert.deepEqual(readingsOf({ label: '', isHtml: false }, Buffer.from('\x1b$B$3$s\x1b(B')), [
    'iso-2022-jp',
  ]);
  const page = `<html><meta http-equiv="Content-Type" content="text/html; charset=koi8-r">${russian}`;
  assert.deepEqual(of(page, 'koi8-r', '', true), ['koi8-r']);
  assert.deepEqual(of(page, 'koi8-r', 'koi8-r', true), ['koi8-r']);
});

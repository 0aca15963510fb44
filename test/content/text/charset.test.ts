import assert from 'node:assert/strict';
import { test } from 'node:test';
import { charsetNamed, decoderFor } from '../../../src/content/text/charset.ts';
import { encoded } from './encodings.ts';

test('charsets are known by the names that mail has for them', () => {
  const cases: [label: string, charset: string | undefined][] = [
    ['KOI8-R', 'koi8-r'],
    ['koi8r', 'koi8-r'],
    ['cp20866', 'koi8-r'],
    ['koi8-u', 'koi8-u'],
    ['"windows-1251"', 'windows-1251'],
    ['win-1251', 'windows-1251'],
    ['CP1251', 'windows-1251'],
    ['x-cp1251', 'windows-1251'],
    ['cp866', 'ibm866'],
    ['latin1', 'windows-1252'],
    ['latin9', 'iso-8859-15'],
    ['ISO_8859-15:1998', 'iso-8859-15'],
    ['iso8859_5', 'iso-8859-5'],
    ['utf8', 'utf-8'],
    ['UTF-8//TRANSLIT', 'utf-8'],
    ['unicode-1-1-utf-7', 'utf-7'],
    ['utf-16', 'utf-16'],
    ['us-ascii', 'us-ascii'],
    ['ANSI_X3.4-1968', 'us-ascii'],
    ['gb2312', 'gb18030'],
    ['cp936', 'gb18030'],
    ['hz-gb-2312', 'hz-gb-2312'],
    ['iso-2022-kr', 'iso-2022-kr'],
    ['ISO-2022-JP-2', 'iso-2022-jp'],
    ['cp932', 'shift_jis'],
    ['ks_c_5601-1987', 'euc-kr'],
    ['big5-hkscs', 'big5'],
    ['', undefined],
    ['unknown-8bit', undefined],
    ['x-user-defined', undefined],
    ['iso-8859-99', undefined],
    ['nobody-knows', undefined],
    ['x'.repeat(100_000), undefined],
  ];
  for (const [label, charset] of cases) assert.equal(charsetNamed(label), charset, label.slice(0, 40));
});

/** Decodes in pieces of each size. */
function decoded(charset: string, bytes: Buffer, size: number): string {
  const decoder = decoderFor(charset);
  let text = '';
  for (let at = 0; at < bytes.length; at += size)
    text += decoder.decode(bytes.subarray(at, at + size), { stream: true });
  return text + decoder.decode(new Uint8Array(0), { stream: false });
}

test('texts come out the same however they are cut', () => {
  const russian = 'Звоните: 8 (495) 105-51-86';
  const cases: [charset: string, bytes: Buffer, text: string][] = [
    ...['koi8-r', 'windows-1251', 'iso-8859-5', 'ibm866', 'x-mac-cyrillic', 'utf-8', 'utf-7'].map(
      (charset): [string, Buffer, string] => [charset, encoded(russian, charset), russian],
    ),
    ['utf-16le', encoded(russian, 'utf-16le'), russian],
    ['utf-16be', encoded(russian, 'utf-16be'), russian],
    ['utf-7', Buffer.from('Hi Mom -+Jjo--! A+ImIDkQ. 1 +- 1, +ZeVnLIqe-'), 'Hi Mom -☺-! A≢Α. 1 + 1, 日本語'],
    ['iso-2022-jp', Buffer.from('a\x1b$B$3$s\x1b(Bb', 'latin1'), 'aこんb'],
    ['iso-2022-kr', Buffer.from('\x1b$)C\x0e0!\x0f abc', 'latin1'), '가 abc'],
    ['hz-gb-2312', Buffer.from('a ~{<:Ky2;S{#,NpJ)l6HK!#~} ~~ b'), 'a 己所不欲，勿施於人。 ~ b'],
    ['gb18030', Buffer.from([0xc4, 0xe3, 0xba, 0xc3]), '你好'],
    ['big5', Buffer.from([0xa7, 0x41, 0xa6, 0x6e]), '你好'],
    ['shift_jis', Buffer.from([0x82, 0xb1, 0x82, 0xf1]), 'こん'],
    ['euc-kr', Buffer.from([0xb0, 0xa1]), '가'],
    ['us-ascii', Buffer.from('plain'), 'plain'],
  ];
  for (const [charset, bytes, text] of cases)
    for (const size of [1, 2, 3, 7, 1000])
      assert.equal(decoded(charset, bytes, size), text, `${charset} by ${size}`);
});

test('broken bytes never fail', () => {
  const garbage = Buffer.from(Array.from({ length: 512 }, (_, n) => (n * 37 + 11) & 255));
  for (const charset of [
    'utf-8',
    'utf-7',
    'utf-16le',
    'iso-2022-jp',
    'iso-2022-kr',
    'iso-2022-cn',
    'hz-gb-2312',
    'gb18030',
    'big5',
  ])
    assert.equal(typeof decoded(charset, garbage, 5), 'string', charset);
});

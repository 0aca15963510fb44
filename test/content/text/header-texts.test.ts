import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerTexts } from '../../../src/content/text/header-texts.ts';
import { encoded } from './encodings.ts';

const field = (name: string, value: string | Buffer) => ({ name, value: Buffer.from(value) });
const word = (text: string, charset: string, label = charset) =>
  `=?${label}?B?${encoded(text, charset).toString('base64')}?=`;

/** `name: text` of each. */
function shown(...fields: { name: string; value: Buffer }[]): string[] {
  return headerTexts(fields).map(({ name, text }) => `${name}: ${text.trim()}`);
}

test('subjects, names and encoded words are shown', () => {
  const cases: [name: string, value: string, ...texts: string[]][] = [
    ['subject', ' Hello', 'Subject: Hello'],
    ['subject', ` ${word('Звоните', 'koi8-r')}\r\n ${word(' нам', 'koi8-r')}`, 'Subject: Звоните нам'],
    ['subject', ' =?utf-8?Q?=D0=97=D0=B2?= x =?iso-8859-1?q?Gr=FC=DFe?=', 'Subject: Зв x Grüße'],
    ['subject', ` ${word('Звоните', 'utf-7')}`, 'Subject: Звоните'],
    ['from', ' "Call 105-51-86" <a@b.example>', 'From: "Call 105-51-86" <a@b.example>'],
    ['to', ' plain@b.example', ...[]],
    ['to', ` ${word('Петя', 'windows-1251')} <p@b.example>`, 'To: Петя <p@b.example>'],
    ['x-anything', ` ${word('Петя', 'koi8-r')}`, 'X-Anything: Петя'],
    ['message-id', ' <4951055186@b.example>', ...[]],
    ['received', ' from x', ...[]],
    ['content-description', ' price list', 'Content-Description: price list'],
  ];
  for (const [name, value, ...texts] of cases) assert.deepEqual(shown(field(name, value)), texts, value);
});

test('a wrong or missing charset is tried as the likely ones', () => {
  const raw = headerTexts([field('subject', encoded(' Звоните нам', 'koi8-r'))]).map(({ text }) =>
    text.trim(),
  );
  assert.ok(raw.includes('Звоните нам'), raw.join());
  assert.deepEqual(shown(field('subject', ' Звоните')), ['Subject: Звоните']);
  for (const label of ['utf-8', 'us-ascii', 'nobody-knows']) {
    const texts = shown(field('subject', ` ${word('Звоните нам', 'windows-1251', label)}`));
    assert.ok(texts.includes('Subject: Звоните нам'), `${label}: ${texts.join()}`);
  }
});

test('file names are shown with and without their extension', () => {
  const disposition = field(
    'content-disposition',
    ` attachment; filename*=koi8-r''%F4%C5%CC%2E%20105-51-86.doc`,
  );
  for (const name of ['Тел. 105-51-86.doc', 'Тел. 105-51-86'])
    assert.ok(shown(disposition).includes(`file name: ${name}`), name);
  const type = field('content-type', ` application/pdf; name="${word('прайс', 'windows-1251')}"`);
  assert.ok(shown(type).includes('file name: прайс'));
});

test('hostile headers take little time', () => {
  const values = [
    '=?utf-8?Q?a?= '.repeat(20_000),
    '=?'.repeat(100_000),
    `=?utf-8?B?${'/'.repeat(200_000)}?=`,
    '\xff'.repeat(200_000),
  ];
  for (const value of values) {
    const before = process.cpuUsage();
    headerTexts([field('subject', Buffer.from(value, 'latin1'))]);
    const ms = process.cpuUsage(before).user / 1000;
    assert.ok(ms < 1000, `${value.slice(0, 12)}: ${ms} ms`);
  }
});

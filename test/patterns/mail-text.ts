/** Lines as they come by in ordinary mail, and pattern lists as operators write them, for measurements. */
import { Random } from './random-patterns.ts';

const ENGLISH =
  'the quick mail server of our company has been moved to another building and all messages will be delivered with some delay until monday please contact support if you have any questions about your account password invoice payment order shipping address information business meeting tomorrow project report document review deadline customer service price offer money click here'.split(
    ' ',
  );
const RUSSIAN =
  'почтовый сервер нашей компании был перенесён в другое здание и все сообщения будут доставлены с задержкой до понедельника пожалуйста обратитесь в поддержку если у вас есть вопросы телефон заказ доставка семинар бухгалтер налоги предложение цена скидка'.split(
    ' ',
  );
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const SYLLABLES =
  'ba be bi bo bu ca ce co cu da de di do fa fe fo ga ge go ha he hi ka ke ki la le li lo lu ma me mi mo na ne ni no pa pe pi po ra re ri ro sa se si so ta te ti to va ve vi za ze zo st tr'.split(
    ' ',
  );

function words(random: Random, list: readonly string[], length: number): string {
  let text = random.pick(list);
  while (text.length < length) text += ` ${random.pick(list)}`;
  return text;
}

/** KOI8-R, near enough: one byte above 0xbf for each letter. */
function koi8(text: string): Buffer {
  return Buffer.from(
    [...text].map((c) => (c < '\x80' ? c.charCodeAt(0) : 0xc0 + ((c.charCodeAt(0) * 7) & 63))),
  );
}

const ORDINARY: readonly ((random: Random) => Buffer)[] = [
  (random) => Buffer.from(words(random, ENGLISH, 70)),
  (random) => Buffer.from(words(random, ENGLISH, 60)),
  (random) => Buffer.from(words(random, RUSSIAN, 60)),
  (random) => koi8(words(random, RUSSIAN, 60)),
  (random) => Buffer.from(Array.from({ length: 76 }, () => random.pick([...BASE64])).join('')),
  (random) =>
    Buffer.from(
      `<td style="width:${random.below(600)}px"><a href="http://www.example${random.below(99)}.com/?id=${random.below(1e6)}">${words(random, ENGLISH, 20)}</a></td>`,
    ),
  (random) =>
    Buffer.from(
      `Call ${100 + random.below(900)}-${10 + random.below(90)}-${10 + random.below(90)} on ${random.below(28)}.${random.below(12)}.2026, ${words(random, ENGLISH, 30)}`,
    ),
];

function lines(bytes: number, next: () => Buffer): Buffer[] {
  const all: Buffer[] = [];
  for (let total = 0; total < bytes; total += all.at(-1)?.length ?? 0) all.push(next());
  return all;
}

export function ordinaryText(bytes: number): Buffer[] {
  const random = new Random(42);
  return lines(bytes, () => random.pick(ORDINARY)(random));
}

export function digitText(bytes: number): Buffer[] {
  const random = new Random(43);
  return lines(bytes, () =>
    Buffer.from(
      Array.from({ length: 70 }, () => `${random.below(10)}${random.chance(5) ? ' ' : ''}`).join(''),
    ),
  );
}

/** The digits of telephone number `i`. */
export function phoneDigits(i: number): string {
  return String(2000000 + ((i * 7919 + 13) % 7999999));
}

/** A telephone number, with gaps and look-alikes. */
export function phonePattern(i: number): string {
  const alike = new Map([
    ['0', '[0oO]'],
    ['6', '[6b]'],
  ]);
  return [...phoneDigits(i)].map((digit) => alike.get(digit) ?? digit).join('[ -]*');
}

/** The same behind an area code and among tags: a window of it, not the whole, is looked for first. */
export function taggedPhonePattern(i: number): string {
  const digits = phoneDigits(i);
  return `(495|8)\\W*(<[^>]+>)*\\W*${digits.slice(0, 3)}\\W*${digits.slice(3, 5)}\\W*${digits.slice(5)}`;
}

function word(random: Random): string {
  return Array.from({ length: 3 + random.below(2) }, () => random.pick(SYLLABLES)).join('');
}

/** Phrases and addresses, some with gaps. */
export function wordPattern(i: number): string {
  const random = new Random(1000 + i);
  random.below(2);
  const kind = random.below(3);
  if (kind === 0) return `${word(random)}.*${word(random)}`;
  return kind === 1
    ? `\\b${word(random)} ${word(random)}\\b`
    : `https?://[^/ ]*${word(random)}\\.(com|net|ru)/`;
}

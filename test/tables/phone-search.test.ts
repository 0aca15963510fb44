import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPhone } from '../../src/tables/phone-number.ts';
import { PhoneSearch, type PhoneSighting } from '../../src/tables/phone-search.ts';

const LIST = [
  '+7 (495) 105-51-86',
  '105-51-99',
  '+1 212 555 1234',
  '044 123 45 67',
  '8 (4842) 12-34-56',
  '912 345 678',
];

function searchOf(list: readonly string[]): PhoneSearch {
  const search = new PhoneSearch();
  for (const written of list) {
    const read = readPhone(written);
    assert.equal(read.kind, 'number', written);
    if (read.kind === 'number') search.add(read.number);
  }
  return search;
}

function sightings(text: string, search = searchOf(LIST)): PhoneSighting[] {
  const found: PhoneSighting[] = [];
  search.search(text, (sighting) => found.push(sighting));
  return found;
}

/** The listed numbers that a text holds. */
function matches(text: string): string[] {
  return sightings(text)
    .filter(({ judgement }) => judgement.kind === 'match')
    .map(({ index }) => LIST[index] ?? '');
}

test('a listed number is found however it is written', () => {
  const [moscow, local, york, kiev, kaluga, madrid] = LIST as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const cases: [text: string, number: string][] = [
    ['Звоните 8 (495) 105-51-86 сегодня', moscow],
    ['84951055186', moscow],
    ['74951055186', moscow],
    ['+74951055186', moscow],
    ['+7.495.105.51.86', moscow],
    ['495.105.51.86', moscow],
    ['4951055186', moscow],
    ['8 10 7 495 105 51 86', moscow],
    ['007 495 105 51 86', moscow],
    ['495-1055186', moscow],
    ['495/105 51 86', moscow],
    ['105-51-86', moscow],
    ['105.51.86', moscow],
    ['105–51—86', moscow],
    ['тел 1055186', moscow],
    ['тел.105 51 86', moscow],
    ['8 4 9 5 1 0 5 5 1 8 6', moscow],
    ['8-4-9-5-1-0-5-5-1-8-6', moscow],
    ['8*495*105*51*86', moscow],
    ['8_495_105_51_86', moscow],
    ['8 [495] 105|51|86', moscow],
    ['8 (4 9 5) 1 0 5 - 5 1 - 8 6', moscow],
    ['8\n(495)\r\n105\t51 86', moscow],
    ['8\u200b4\u200d9\ufeff5\u00ad105\u206051\u200e86', moscow],
    ['8(Ч95) 1O5-5l-8б', moscow],
    ['8 (ч95) lо5-5I-8b', moscow],
    ['В (495) 1ОS-S1-В6', moscow],
    ['8 (4g5) 1ο5-5І-86', moscow],
    ['８（４９５）１０５－５１－８６', moscow],
    ['٨ ٤٩٥ ١٠٥ ٥١ ٨٦', moscow],
    ['8️⃣ 4️⃣9️⃣5️⃣ 1️⃣0️⃣5️⃣ 5️⃣1️⃣ 8️⃣6️⃣', moscow],
    ['105-51-86.Звоните', moscow],
    ['"105-51-86"!', moscow],
    ['(105-51-86)', moscow],
    ['в 105-51-86 о цене', moscow],
    ['тел105-51-86', moscow],
    ['105-51-86звоните', moscow],
    ['факс: 105-51-86/87', moscow],
    ['офис 5, 8 495 105-51-86 24 часа', moscow],
    ['8 495 105 51 86 24 часа', moscow],
    ['с 10.00 до 18.00: 8 (495) 105-51-86', moscow],
    ['тел. 105-51-85, 1055186', moscow],
    ['☎ 1055186', moscow],
    ['105-51-99', local],
    ['8 (812) 105-51-99', local],
    ['+38 044 105-51-99', local],
    ['+1 212-555-1234', york],
    ['(212) 555-1234', york],
    ['1-212-555-1234', york],
    ['212.555.1234', york],
    ['call 555-1234', york],
    ['0012125551234', york],
    ['+38 (044) 123-45-67', kiev],
    ['044 123-45-67', kiev],
    ['8-044-1234567', kiev],
    ['380441234567', kiev],
    ['т. 12-34-56', kaluga],
    ['8 4842 123456', kaluga],
    ['912 345 678', madrid],
    ['+34 912 345 678', madrid],
    ['tel:+74951055186', moscow],
  ];
  for (const [text, number] of cases) assert.deepEqual([...new Set(matches(text))], [number], text);
});

test('each of several numbers is found', () => {
  assert.deepEqual(matches('105-51-86, 105-51-99'), [LIST[0], LIST[1]]);
  assert.deepEqual(matches('105-51-86 105-51-99'), [LIST[0], LIST[1]]);
  assert.deepEqual(matches('8 495 105 51 86 8 495 105 51 86'), [LIST[0], LIST[0]]);
});

test('the same digits are no telephone number where they are something else', () => {
  const cases: string[] = [
    // longer numbers
    '14951055186777',
    '849510551861',
    '4951055186-12345',
    '12345-4951055186',
    '9611 0196 4951 0551 86',
    '4951 0551 8600 1234',
    '1 84951055186 345',
    '(812) 105-51-86',
    '812 105-51-86',
    '+1 495 105-51-86 is not Moscow',
    '105-51-86-11',
    '212-555-12345',
    '4.951055186',
    '495105518.6',
    '4951055186.25',
    // dates and times
    '1055186 12:30:15',
    '2002-10-05 11:55',
    '2008-12-34-56',
    // amounts
    '$4,951,055,186',
    '4 951 055 186 руб.',
    '4951055186 руб',
    '1 055 186 руб.',
    '$1055186',
    'итого: 4951055186',
    '1.055.186',
    '912.345.678',
    '€ 912 345 678',
    '1055186 bytes',
    // names, addresses, ids
    'RA4951055186RU',
    '1Z4951055186',
    'abc-4951055186',
    '4951055186-abc',
    '4951055186@mail.ru',
    'x@4951055186.ru',
    '<20060101.4951055186@host.example>',
    'http://shop.example/4951055186',
    'http://shop.example/?id=4951055186&x=1',
    'see www.shop.example/4951055186.html',
    'id=4951055186',
    '4951055186.html',
    'C:\\4951055186',
    'ISBN 4951055186',
    'ICQ 105-51-86',
    'ICQ: 4951055186',
    'ИНН 4951055186',
    'invoice no. 4951055186',
    'Tracking number: 4951055186',
    'Bug #1055186',
    '№ 1055186',
    // logs
    '10.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a HTTP/1.0" 200 4951055186',
    'Oct 10 13:55:36 host qmail: 4951055186 delivery',
    '13:55:36 4951055186',
    '1055186 12.5% 4951055186 11.0%',
    '0: 4951055186 0x1f',
    // too little
    '1055186',
    '555-1234',
    '555 1234',
    '12-34-56',
    '123456',
    'ол ОО лЗ ОБ', // letters only
    '8 495 105',
  ];
  for (const text of cases) assert.deepEqual(matches(text), [], text);
});

test('a reason is given for digits that do not count', () => {
  const cases: [text: string, reason: string][] = [
    ['RA4951055186RU', 'part of a word'],
    ['4951055186@mail.ru', 'part of an address or a name'],
    ['4951055186 руб', 'an amount'],
    ['ISBN 4951055186', 'another kind of number'],
    ['495-105-5186-1', 'part of a longer number'],
    ['1055186', 'too short to stand without an area code or a word such as tel'],
  ];
  for (const [text, reason] of cases) {
    const [only] = sightings(text);
    assert.deepEqual(only?.judgement, { kind: 'other', reason }, text);
  }
  assert.deepEqual(sightings('тел. 105-51-86')[0]?.judgement, {
    kind: 'match',
    kinship: 'local number without its area code',
  });
});

test('a sighting tells the place and the writing', () => {
  const [found] = sightings('Звоните: +7 (495) 1О5-5l-8б!');
  assert.equal(found?.written, '+7 (495) 1О5-5l-8б');
  assert.deepEqual([found?.start, found?.end], [9, 27]);
});

test('hostile texts take linear time', () => {
  const search = searchOf(LIST);
  const shapes: [name: string, text: string][] = [
    ['digits', '1'.repeat(1_000_000)],
    ['single digits', '1 '.repeat(500_000)],
    ['letters', 'o'.repeat(1_000_000)],
    ['letters and digits', 'ooooo5'.repeat(170_000)],
    ['joints', '5------'.repeat(140_000)],
    ['mixed words', '5ж'.repeat(500_000)],
    ['the end of a listed number', '1055186 '.repeat(120_000)],
    ['the listed number inside a longer one', '9105518699'.repeat(100_000)],
    ['brackets', '((((5))))'.repeat(110_000)],
    ['zero width', '5\u200b'.repeat(500_000)],
  ];
  for (const [name, text] of shapes) {
    const before = process.cpuUsage();
    search.search(text, () => {});
    const ms = process.cpuUsage(before).user / 1000;
    console.log(`${name}: ${(text.length / 1e6).toFixed(1)} million characters in ${ms.toFixed(0)} ms`);
    assert.ok(ms < 3000, `${name}: ${ms} ms`);
  }
});

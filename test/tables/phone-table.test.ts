import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { OpenedTable } from '../../src/tables/opened-table.ts';
import { DEFAULT_ACTION } from '../../src/tables/phone-list.ts';
import type { Found } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';
import { generator } from './random.ts';

const workshop = new Workshop();
after(() => workshop.close());

test('each number has its action, or the one of the list, or the default', async () => {
  workshop.file(
    'list',
    [
      '# National Business Center',
      '+7 (495) 105-51-86',
      '105-51-99 # the same people',
      '* HOLD a telephone number',
      '8-499-111-22-33',
      '+380 44 123 45 67\tREJECT 5.7.1 no, #1',
      '',
    ].join('\n'),
  );
  const table = workshop.tables.openRaw('phone:list', here);
  const cases: [text: string, action: string | undefined, line: number][] = [
    ['8 (495) 105-51-86', DEFAULT_ACTION, 2],
    ['(812) 105-51-99', DEFAULT_ACTION, 3],
    ['+7 499 111 22 33', 'HOLD a telephone number', 5],
    ['044 123-45-67', 'REJECT 5.7.1 no, #1', 6],
    ['8 (495) 105-51-87', undefined, 0],
  ];
  for (const [text, action, line] of cases) {
    const expected = action && { value: action, source: { file: 'list', line } };
    const bytes = Buffer.from(`xx${text}yy`);
    for (const found of [await table.findEntry(text), await table.findInBytes(bytes, 2, bytes.length - 2)]) {
      assert.deepEqual(found && withoutPhone(found), expected, text);
    }
  }
  assert.deepEqual(workshop.complaints, []);
});

function withoutPhone({ value, source }: Found): Found {
  return { value, source };
}

test('of several numbers the one that stands first in the list counts', async () => {
  workshop.file('order', '111-22-33 DUNNO\n222-33-44 REJECT x\n');
  const table = workshop.tables.openRaw('phone:order', here);
  assert.equal(await table.find('222-33-44, 111-22-33'), 'DUNNO');
});

test('a find tells where the number stands', () => {
  const table = workshop.tables.openRaw('phone:{{+7 495 105-51-86 HOLD x}}', here);
  assert.deepEqual(table.findEntry('тел.: 8-495-1055l8б.'), {
    value: 'HOLD x',
    source: here,
    phone: { listed: '+7 495 105-51-86', written: '8-495-1055l8б', start: 6, end: 19 },
  });
});

test('lines that are no numbers are complained of and left out', async () => {
  workshop.file('bad', '105-51-86\nnonsense\n12345\n*\n105-51-86 HOLD again\n222-33-44\n');
  const table = workshop.tables.openRaw('phone:bad', here);
  assert.equal(await table.find('222-33-44'), DEFAULT_ACTION);
  assert.deepEqual(
    table.complaints.map(({ source, problem }) => `${source.line} ${problem}`),
    [
      '2 "nonsense": there are no digits',
      '3 "12345": only 5 digits',
      '4 "*": no action behind the star',
      '5 "105-51-86 HOLD again": listed in line 1 already',
    ],
  );
});

test('a changed list is taken into use', async () => {
  const own = new Workshop();
  own.file('changing', '105-51-86\n');
  const table = own.tables.openRaw('phone:changing', here);
  assert.equal(await table.find('222-33-44'), undefined);
  own.file('changing', '105-51-86\n222-33-44\n');
  await own.tables.reload();
  assert.equal(await table.find('222-33-44'), DEFAULT_ACTION);
  await own.close();
});

/** A list of so many different numbers. */
function listOf(count: number, seed: number): OpenedTable {
  const next = generator(seed);
  const digits = (length: number) => Array.from({ length }, () => next(10)).join('');
  const numbers = new Set<string>();
  while (numbers.size < count)
    numbers.add(`+7 (${4 + next(6)}${digits(2)}) ${1 + next(9)}${digits(2)}-${digits(2)}-${digits(2)}`);
  const name = `list-${count}`;
  workshop.file(name, `${[...numbers].join('\n')}\n`);
  return workshop.tables.openRaw(`phone:${name}`, here);
}

/** Text with many numbers that are not listed, and much else. */
function prose(bytes: number): Buffer {
  const next = generator(3);
  const lines: string[] = [];
  let length = 0;
  for (let n = 0; length < bytes; n++) {
    const number = `8 (495) ${100 + next(900)}-${10 + next(90)}-${10 + next(90)}`;
    const line = `Paragraph ${n} of ${new Date(next(2 ** 31) * 1000).toISOString()} costs ${next(100000)}.${next(100)} USD, call ${number} or visit the shop in the city, where people are happy to help with everything.`;
    lines.push(line);
    length += line.length + 1;
  }
  return Buffer.from(lines.join('\n'));
}

test('ten thousand numbers cost a text no more than a hundred', () => {
  const text = prose(200_000);
  const lines: [number, number][] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(10, start);
    lines.push([start, end < 0 ? text.length : end]);
    start = end < 0 ? text.length : end + 1;
  }
  const costOf = (table: OpenedTable) => {
    const before = process.cpuUsage();
    for (const [start, end] of lines) table.findInBytes(text, start, end);
    return process.cpuUsage(before).user / 1000;
  };
  const [few, many] = [listOf(100, 1), listOf(10_000, 2)];
  // in turns, so that whatever else the machine does is shared; the first rounds are for the compiler
  const rounds = 150;
  let [costOfFew, costOfMany] = [0, 0];
  for (let round = -10; round < rounds; round++) {
    const [costs, otherCosts] = [costOf(few), costOf(many)];
    if (round < 0) continue;
    costOfFew += costs;
    costOfMany += otherCosts;
  }
  const rate = (ms: number) => `${((rounds * text.length) / 1000 / ms).toFixed(0)} MB/s`;
  const ratio = costOfMany / costOfFew;
  console.log(
    `100 numbers: ${rate(costOfFew)}; 10,000 numbers: ${rate(costOfMany)}; ${ratio.toFixed(2)} times the cost`,
  );
  assert.ok(ratio <= 1.3, `${ratio}`);
});

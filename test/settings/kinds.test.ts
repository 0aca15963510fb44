import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as kinds from '../../src/settings/kinds.ts';

type Case = [text: string, answer: unknown];

/** A value; `? wanted` when it cannot be read; `~ problem` when it is doubted. */
function answer(row: kinds.Parameter<unknown>, text: string): unknown {
  const reading = row.read(text);
  if ('wanted' in reading) return `? ${reading.wanted}`;
  return reading.doubt === undefined ? reading.value : `~ ${reading.doubt.problem}`;
}

const rows: [title: string, row: kinds.Parameter<unknown>, cases: Case[]][] = [
  [
    'bool',
    kinds.bool('no', ''),
    [
      ['yes', true],
      ['No', false],
      ['true', '? "yes" or "no"'],
      ['', '? "yes" or "no"'],
      ['yes # really', '? "yes" or "no"'],
    ],
  ],
  [
    'int from 1 to 10',
    kinds.int('5', '', { min: 1, max: 10 }),
    [
      ['1', 1],
      ['10', 10],
      ['0', '? a whole number, 1 or more'],
      ['11', '? a whole number, 10 or less'],
      ['x', '? a whole number'],
    ],
  ],
  [
    'time with a default in hours',
    kinds.time('12h', '', { min: 60, max: 86_400 }),
    [
      ['1', 3_600_000],
      ['90m', 5_400_000],
      ['1s', '? a number with the unit s, m, h, d or w, 60s or more'],
      ['2d', '? a number with the unit s, m, h, d or w, 86400s or less'],
      ['soon', '? a number with the unit s, m, h, d or w'],
      ['5ms', '~ only the first letter of the unit counts, so this is a time in minutes'],
    ],
  ],
  ['time with a computed default', kinds.time('${stress?{10}:{300}}s', ''), [['7', 7000]]],
  [
    'size',
    kinds.size('100M', '', { min: 1 }),
    [
      ['1k', 1024],
      ['0', '? a number of bytes, perhaps with k, M or G, 1 or more'],
    ],
  ],
  [
    'text that must not be empty',
    kinds.text('x', '', { filled: true }),
    [
      ['a b', 'a b'],
      ['', '? some text'],
    ],
  ],
  [
    'raw text',
    kinds.rawText('', ''),
    [
      ['$rbl_code ${rbl_reason?; $rbl_reason}', '$rbl_code ${rbl_reason?; $rbl_reason}'],
      ['$rbl_code ${rbl_reason?; $rbl_reason', '~ "}" is missing in "${rbl_reason?; $rbl_reason"'],
      ['${a:{b} c}', '~ "c" is too much in a macro'],
    ],
  ],
  [
    'characters',
    kinds.characters('', ''),
    [
      ['\\t\\40\\101\\\\\\n\\x\\0', '\t A\\\nx\0'],
      ['a\\', 'a'],
      ['', ''],
    ],
  ],
  [
    'choice',
    kinds.choice(['', 'may', 'dane-only'], 'may', '', { yes: 'may' }),
    [
      ['MAY', 'may'],
      ['', ''],
      ['yes', 'may'],
      ['dane-only', 'dane-only'],
      ['no', '? one of empty, may, dane-only'],
      ['constructor', '? one of empty, may, dane-only'],
    ],
  ],
  [
    'choices',
    kinds.choices(['a', 'b'], '', ''),
    [
      ['b, a', ['b', 'a']],
      ['', []],
      ['a c', '? any of a, b'],
    ],
  ],
  [
    'tables',
    kinds.tables('', ''),
    [
      ['hash:/a, inline:{ {x = y z} }', ['hash:/a', 'inline:{ {x = y z} }']],
      ['', []],
      ['hash:/a # users', '~ "#" is read as part of the value'],
    ],
  ],
  [
    'reply code',
    kinds.replyCode('554', ''),
    [
      ['450', 450],
      ['250', '~ this is no code of a refusal'],
      ['5xx', '? a reply code such as 550'],
    ],
  ],
  [
    'reply code with a range',
    kinds.replyCode('450', '', { min: 200, max: 499 }),
    [
      ['250', 250],
      ['550', '? a reply code such as 550, 499 or less'],
    ],
  ],
];

for (const [title, row, cases] of rows) {
  for (const [text, wanted] of cases) {
    test(`${title}: "${text}"`, () => assert.deepEqual(answer(row, text), wanted));
  }
}

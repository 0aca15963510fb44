import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Complaint, complaintLine } from '../../src/settings/complaint.ts';
import { parseMainCf } from '../../src/settings/main-cf.ts';

function parsed(text: string): { values: Record<string, string>; complaints: string[] } {
  const book: Complaint[] = [];
  const assignments = parseMainCf(text, 'main.cf', (complaint) => book.push(complaint));
  const values = [...assignments].map(([name, { value, source }]) => [name, `${source.line} ${value.text}`]);
  return {
    values: Object.fromEntries(values),
    complaints: book.map((c) => `${c.severity} ${complaintLine(c)}`),
  };
}

const good: [text: string, values: Record<string, string>][] = [
  ['a = b', { a: '1 b' }],
  ['a=b', { a: '1 b' }],
  ['a\t=\tb c \t', { a: '1 b c' }],
  ['a =', { a: '1 ' }],
  ['a =\n b\n', { a: '1 b' }],
  ['a\n = b\n', { a: '1 b' }],
  ['a = b = c', { a: '1 b = c' }],
  ['a == b', { a: '1 = b' }],
  ['a = b\r\n', { a: '1 b' }],
  ['x-y.z = 1', { 'x-y.z': '1 1' }],
];

for (const [text, values] of good) {
  test(`main.cf: ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parsed(text), { values, complaints: [] });
  });
}

const REMEDY = 'write: name = value; a line that continues the one above begins with a blank';
const bad: [text: string, complaint: string][] = [
  ['= b', `error main.cf:1: cannot read "= b": there is no name before the "="; ${REMEDY}`],
  [
    'smtpd_banner',
    `error main.cf:1: cannot read "smtpd_banner": there is no "=" after "smtpd_banner"; ${REMEDY}`,
  ],
  ['a b = c', `error main.cf:1: cannot read "a b = c": there is no "=" after "a"; ${REMEDY}`],
];

for (const [text, complaint] of bad) {
  test(`main.cf: ${text} is no setting`, () => {
    assert.deepEqual(parsed(text), { values: {}, complaints: [complaint] });
  });
}

test('the last of several settings is in force, and the complaint names both lines', () => {
  assert.deepEqual(parsed('a = 1\nb = 2\na = 3\na = 3\n'), {
    values: { a: '4 3', b: '2 2' },
    complaints: [
      'warning main.cf:3: a is set again; line 1 (a = 1) is overridden; the last setting is in force; remove one of them',
      'note main.cf:4: a is set again to the same value; line 3 (a = 3) is overridden; the last setting is in force; remove one of them',
    ],
  });
});

test('one bad line does not hide the others', () => {
  assert.equal(parsed('foo\nbar\n= 1\nx = y\n').complaints.length, 3);
});

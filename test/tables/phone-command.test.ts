import assert from 'node:assert/strict';
import { test } from 'node:test';
import { complaintLine } from '../../src/settings/complaint.ts';
import { explainedLine, explainPhones, phoneTable } from '../../src/tables/phone-command.ts';

test('a plain list becomes a table', () => {
  const list = [
    '# National Business Center',
    '105-51-86',
    '  8 (495) 105-51-99  # second line',
    '',
    '; old',
    '+7 499 111-22-33 HOLD look at it',
    '* REJECT no',
  ].join('\r\n');
  const { text, complaints } = phoneTable(list, 'REJECT spam');
  assert.equal(
    text,
    [
      '# National Business Center',
      '105-51-86\tREJECT spam',
      '# second line',
      '8 (495) 105-51-99\tREJECT spam',
      '',
      '# old',
      '+7 499 111-22-33\tHOLD look at it',
      '* REJECT no',
      '',
    ].join('\n'),
  );
  assert.deepEqual(complaints, []);
});

test('without an action the table has its default', () => {
  assert.equal(phoneTable('105-51-86\n', '').text, '105-51-86\n');
});

test('lines that are no numbers are left out with a complaint', () => {
  const { text, complaints } = phoneTable('105-51-86\nNBC\n12345\n105-51-86\n', '', 'phones.txt');
  assert.equal(text, '105-51-86\n');
  assert.deepEqual(complaints.map(complaintLine), [
    'phones.txt:2: "NBC": there are no digits; write one number a line, comments begin with #',
    'phones.txt:3: "12345": only 5 digits; shorter numbers than 6 digits stand in every mail',
    'phones.txt:4: "105-51-86": listed in line 1 already; remove it',
  ]);
});

test('what is made reads as a table', () => {
  const { text } = phoneTable('# x\n105-51-86\n8 495 222-33-44 # y\n', 'HOLD z');
  const found = explainPhones(Buffer.from(text), 'made', '105-51-86 and 8-495-222-33-44');
  assert.deepEqual(
    found.map(({ rule, action }) => `${rule.line} ${action}`),
    ['2 HOLD z', '4 HOLD z'],
  );
});

test('a match is explained: where, how written, which number, which rule', () => {
  const table = Buffer.from('105-51-86 REJECT a\n+7 (495) 222-33-44\n');
  const text = 'Звоните:\nофис (495) 1О5-5l-8б,\nсчет 1055186, +7 495\n222 33 44.\n';
  assert.deepEqual(explainPhones(table, 'phones', text).map(explainedLine), [
    '2:6: "(495) 1О5-5l-8б" is 105-51-86 (phones:1), local number with an area code: REJECT a',
    '3:6: "1055186" is not 105-51-86 (phones:1): another kind of number',
    '3:15: "+7 495 222 33 44" is +7 (495) 222-33-44 (phones:2), whole number: ' +
      'REJECT This message advertises a telephone number that is not welcome here',
  ]);
});

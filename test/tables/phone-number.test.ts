import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countryLength, readPhone } from '../../src/tables/phone-number.ts';

test('numbers are read down to their national digits', () => {
  const cases: [written: string, digits: string, country: string | undefined, localLength: number][] = [
    ['+7 (495) 105-51-86', '4951055186', '7', 7],
    ['8-495-105-51-86', '4951055186', '7', 0],
    ['8 (4842) 12-34-56', '4842123456', '7', 6],
    ['74951055186', '4951055186', '7', 0],
    ['(495) 105-51-86', '4951055186', undefined, 7],
    ['495 1055186', '4951055186', undefined, 0],
    ['105-51-86', '1055186', undefined, 0],
    ['12-34-56', '123456', undefined, 0],
    ['8 800 555 35 35', '8005553535', '7', 0],
    ['8005553535', '8005553535', undefined, 0],
    ['+380 44 123 45 67', '441234567', '380', 0],
    ['380441234567', '441234567', '380', 0],
    ['044 123 45 67', '441234567', undefined, 0],
    ['8 (044) 123-45-67', '441234567', '380', 7],
    ['8 10 380 44 1234567', '441234567', '380', 0],
    ['+44 (0)20 7946 0958', '2079460958', '44', 0],
    ['0044 20 7946 0958', '2079460958', '44', 0],
    ['011 44 20 7946 0958', '2079460958', '44', 0],
    ['+39 06 1234567', '61234567', '39', 0],
    ['030/1234567', '301234567', undefined, 0],
    ['1-800-555-1234', '8005551234', '1', 0],
    ['+1 212 555 1234', '2125551234', '1', 0],
  ];
  for (const [written, digits, country, localLength] of cases) {
    assert.deepEqual(
      readPhone(written),
      { kind: 'number', number: { digits, country, localLength } },
      written,
    );
  }
});

test('what is no number is told with a reason', () => {
  const cases: [written: string, problem: RegExp][] = [
    ['', /no digits/],
    ['---', /no digits/],
    ['abc', /"a" is no part/],
    ['105-51-86, 105-51-87', /"," is no part/],
    ['12345', /only 5 digits/],
    ['000-00-00', /only zeros/],
    ['+7 495', /only 3 digits/],
    ['1234567890123456', /more than 15 digits/],
    ['105 51 86 +7', /plus sign behind/],
    ['1О5-51-86', /"О" is no part/],
  ];
  for (const [written, problem] of cases) {
    const read = readPhone(written);
    assert.equal(read.kind, 'problem', written);
    assert.match(read.kind === 'problem' ? read.problem : '', problem);
  }
});

test('country codes have one, two or three digits', () => {
  const cases: [digits: string, length: number][] = [
    ['7495', 1],
    ['1212', 1],
    ['4420', 2],
    ['8610', 2],
    ['3706', 3],
    ['38044', 3],
    ['99871', 3],
    ['0', 0],
    ['', 0],
  ];
  for (const [digits, length] of cases) assert.equal(countryLength(digits), length, digits);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toXtext } from '../../src/smtp/xtext.ts';

const cases: [text: string, xtext: string][] = [
  ['', ''],
  ['mail.example.com', 'mail.example.com'],
  ['a b', 'a+20b'],
  ['a+b=c', 'a+2Bb=c'],
  ['1\r\n2\0', '1+0D+0A2+00'],
  ['grün', 'gr+C3+BCn'],
  ['\udcff', '+FF'],
  ['\x7f~!', '+7F~!'],
];

for (const [text, xtext] of cases) {
  test(`xtext of ${JSON.stringify(text)}`, () => assert.equal(toXtext(text), xtext));
}

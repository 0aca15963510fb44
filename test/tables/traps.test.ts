import assert from 'node:assert/strict';
import { utimesSync } from 'node:fs';
import { describe, test } from 'node:test';
import { complaintLine } from '../../src/settings/complaint.ts';
import type { TableUse } from '../../src/tables/lookup.ts';
import { here, Workshop } from './opened.ts';

/** What lint says about tables; nothing where nothing is wrong. */
const cases: readonly { type: string; use?: TableUse; source: string; says: readonly RegExp[] }[] = [
  {
    type: 'regexp',
    source: '/^reject/i X\n/^[0-9]+$/i X\n/^reject/ X\n/\\d[[:alpha:]]/i X\n/abc/ii X\n',
    says: [
      /^rules:1: \/\^reject\/i: "i" turns ignoring of case OFF here; "\^REJECT" does not match; leave the "i" out/,
    ],
  },
  {
    type: 'pcre',
    source: '/ABC/i X\n/(?i)\\w+/i X\n',
    says: [/^rules:1: \/ABC\/i: .*"abc" does not match/],
  },
  {
    type: 'regexp',
    use: 'access',
    source:
      '/client.*\\..*\\..*/ X\n/^example\\.com$/ X\n/example\\.com/ X\n/user@/ X\n!/example\\.com/ X\n/\\.example\\.com$/ X\n/./ X\n',
    says: [
      /^rules:1: \/client.* has neither \^ nor \$, so it also matches inside of longer names/,
      /^rules:3: /,
    ],
  },
  { type: 'regexp', use: 'content', source: '/example\\.com/ X\n', says: [] },
  {
    type: 'hash',
    source:
      '10.0.0.0/8 X\n/^spam/ X\n10.0. X\n*.example.com X\nexample.com X\n* X\nuser@ X\n[2001:db8::]/32 X\n2001:db8:: X\n',
    says: [
      /^rules:1: "10\.0\.0\.0\/8" is a network, .*; put it into a cidr table/,
      /^rules:2: "\/\^spam\/" is a pattern, .*; put it into a regexp or pcre table/,
      /^rules:3: "10\.0\." never matches/,
      /^rules:4: "\*\.example\.com" never matches/,
      /^rules:8: "\[2001:db8::\]\/32" is a network/,
    ],
  },
];

describe('lint', () => {
  for (const { type, use, source, says } of cases) {
    test(`${type}${use ? ` for ${use}` : ''}: ${source.split('\n')[0]} ...`, async () => {
      const shop = new Workshop();
      const told = shop.tables
        .open(`${type}:${shop.file('rules', source)}`, here)
        .lint(use)
        .map(complaintLine);
      assert.equal(told.length, says.length, told.join('\n'));
      for (const [i, pattern] of says.entries()) assert.match(told[i] ?? '', pattern);
      await shop.close();
    });
  }

  test('tables that are not there have nothing to say', async () => {
    const shop = new Workshop();
    for (const spec of ['hash:none', 'regexp:none', 'cidr:none', 'sqlite:/none', 'fail:x', 'nonsense:x']) {
      assert.deepEqual(shop.tables.open(spec, here).lint(), [], spec);
    }
    await shop.close();
  });

  test('a text that is newer than its database', async () => {
    const shop = new Workshop();
    const database = shop.file('access.db', 'binary');
    const table = shop.tables.open(`hash:${shop.file('access', 'a b\n')}`, here);
    utimesSync(database, 1000, 1000);
    const told = table.lint();
    assert.equal(told[0]?.severity, 'note');
    assert.match(
      complaintLine(told[0] ?? assert.fail()),
      /^access: newer than .*access\.db; the text counts here/,
    );
    utimesSync(database, Date.now() / 1000, Date.now() / 1000);
    assert.deepEqual(table.lint(), []);
    await shop.close();
  });
});

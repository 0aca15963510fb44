import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';
import { noPostfix, Postmap, postfixTypes } from './postmap.ts';

const skip = noPostfix || (postfixTypes().includes('sqlite') ? false : 'this Postfix has no sqlite tables');

function makeDatabase(
  path: string,
  rows: readonly (readonly [string, string | number | bigint | null])[],
): void {
  const database = new DatabaseSync(path);
  database.exec('CREATE TABLE t (k TEXT, v); CREATE INDEX i ON t (k)');
  const insert = database.prepare('INSERT INTO t VALUES (?, ?)');
  for (const [key, value] of rows) insert.run(key, value);
  database.close();
}

const rows: readonly (readonly [string, string | number | bigint | null])[] = [
  ['user@example.com', 'one'],
  ['user@example.com', 'two@example.org'],
  ['user@example.com', null],
  ['user@example.com', ''],
  ["o'brien@example.com", 'quoted'],
  ['number', 42n],
  ['real', 1.5],
  ['whole', 2],
  ['example.com', 'domain'],
  ['user', 'local'],
  ['com', 'top'],
  ['mail', 'host@'],
  ['x', '@only'],
];

const keys = [
  'user@example.com',
  'USER@example.com',
  "o'brien@example.com",
  "x' OR 'a'='a",
  'number',
  'real',
  'whole',
  'absent',
  '@example.com',
  'user@',
  'user@mail.example.com',
  'user@com',
  'a@b@example.com',
  'mail',
  'x',
  'user@other.net',
];

/** Options besides dbpath. */
const configurations: readonly string[] = [
  "query = SELECT v FROM t WHERE k='%s'",
  "query = SELECT v FROM t WHERE k='%S'\nresult_format = <%s>",
  "query = SELECT v FROM t WHERE k='%d'",
  "query = SELECT v FROM t WHERE k='%u'",
  "query = SELECT v FROM t WHERE k='%U' OR k='%D'",
  "query = SELECT v FROM t WHERE k='%1'",
  "query = SELECT v FROM t WHERE k='%3' OR k='%2.%1'",
  "query = SELECT v FROM t WHERE k='%s'\nresult_format = %u at %d",
  "query = SELECT v FROM t WHERE k='%s'\nresult_format = %s%%%U/%D/%1",
  "query = SELECT v FROM t WHERE k='%s'\nresult_format = %u",
  "query = SELECT v FROM t WHERE k='%s'\ndomain = example.com, inline:{other.net=x}",
  'table = t\nselect_field = v\nwhere_field = k',
  "table = t\nselect_field = v\nwhere_field = k\nadditional_conditions = AND v <> 'one'",
  "query = SELECT count(*) FROM t WHERE k='%s'",
];

describe('sqlite', () => {
  const shop = new Workshop({ pollMs: 20 });
  after(() => shop.close());
  const path = join(shop.directory, 'db.sqlite');
  makeDatabase(path, rows);

  function open(options: string, name = 'sqlite.cf') {
    return shop.tables.openRaw(`sqlite:${shop.file(name, `dbpath = ${path}\n${options}\n`)}`, here);
  }

  const first = open("query = SELECT v FROM t WHERE k='%s'", 'first.cf');

  test('rows are joined with commas, empty ones left out', () => {
    assert.equal(first.find('user@example.com'), 'one,two@example.org');
  });
  test('keys are folded', () => assert.equal(first.find('USER@Example.com'), 'one,two@example.org'));
  test('a quote in a key is no SQL', () => {
    assert.equal(first.find("o'brien@example.com"), 'quoted');
    assert.equal(first.find("x' OR 'a'='a"), undefined);
    assert.equal(first.find("x\0' OR 'a'='a"), undefined);
  });

  for (const [i, options] of configurations.entries()) {
    test(`like postmap: ${options.replaceAll('\n', '; ')}`, { skip }, () => {
      const postmap = new Postmap();
      const table = open(options, `compared${i}.cf`);
      const theirs = postmap.query(table.name, keys);
      for (const key of keys) assert.equal(table.find(key), theirs.get(key), key);
      postmap.close();
    });
  }

  test('a limit to the rows', () => {
    const query = "query = SELECT v FROM t WHERE k='%s'\nexpansion_limit = ";
    assert.equal(open(`${query}2`, 'limit2.cf').find('user@example.com'), 'one,two@example.org');
    assert.throws(() => open(`${query}1`, 'limit1.cf').find('user@example.com'), {
      message: /Expansion limit exceeded for key 'user@example\.com'/,
      reason: 'retry',
    });
  });

  const wrong: readonly [string, string, 'retry' | 'config', RegExp | undefined][] = [
    ['SQL that is none', "query = SELEC v FROM t WHERE k='%s'", 'config', undefined],
    ['a column that is not there', "query = SELECT nothing FROM t WHERE k='%s'", 'config', undefined],
    ['no query', 'table = t', 'config', /query is missing; set dbpath and query/],
    [
      'an unknown letter',
      "query = SELECT v FROM t WHERE k='%x'",
      'config',
      /"%x" in .*: unknown; known are %s/,
    ],
    [
      'a database that is not there',
      "dbpath = /no/such/db\nquery = SELECT v FROM t WHERE k='%s'",
      'retry',
      undefined,
    ],
  ];
  for (const [i, [what, options, reason, complaint]] of wrong.entries()) {
    test(`${what} fails`, () => {
      const table = open(options, `wrong${i}.cf`);
      assert.throws(
        () => table.find('user@example.com'),
        (error) => error instanceof LookupFailure && error.reason === reason,
      );
      if (complaint) assert.match(shop.complaints.join('\n'), complaint);
    });
  }

  test('traps in the options are pointed out', () => {
    open('query = SELECT v FROM t WHERE k=%s\nexpansionlimit = 3', 'traps.cf');
    const all = shop.complaints.join('\n');
    assert.match(all, /traps\.cf:2: the query has %s, %u, \.\.\. outside of '' quotes/);
    assert.match(all, /traps\.cf:3: unknown option "expansionlimit"; did you mean expansion_limit\?/);
  });

  test('a database that is replaced is opened again', async () => {
    assert.equal(first.find('number'), '42');
    const other = join(shop.directory, 'new.sqlite');
    makeDatabase(other, [['number', 43n]]);
    renameSync(other, path);
    for (let i = 0; i < 100 && first.find('number') !== '43'; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.equal(first.find('number'), '43');
  });
});

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { here, Workshop } from './opened.ts';
import { noPostfix, Postmap, postfixTypes } from './postmap.ts';
import { generator, pick } from './random.ts';

const source = `# a comment
foo\tbar
Foo  again
"a b"@example.com   quoted  value \t
a\\ b c
ÄRGER umlaut
Straße street
novalue
key: value
"unbalanced x
multi one
 two
# between

\tthree
last  x\r
`;

const keys = [
  'foo',
  'FOO',
  '"a b"@example.com',
  'a b@example.com',
  'a\\ b',
  'a\\',
  'ärger',
  'ÄRGER',
  'STRASSE',
  'straße',
  'novalue',
  'key:',
  'key',
  'multi',
  'last',
  'nothing',
  '#',
  ' foo',
  'foo ',
];

describe('texthash', () => {
  const shop = new Workshop();
  after(() => shop.close());
  const table = shop.tables.open(`texthash:${shop.file('plain', source)}`, here);

  const expected: Record<string, string | undefined> = {
    foo: 'bar',
    FOO: 'bar',
    '"a b"@example.com': 'quoted  value',
    'a\\ b': 'c',
    ärger: 'umlaut',
    STRASSE: 'street',
    novalue: undefined,
    'key:': 'value',
    multi: 'one two\tthree',
    last: 'x',
    nothing: undefined,
  };
  for (const [key, value] of Object.entries(expected)) {
    test(`${key} is ${value}`, () => assert.equal(table.find(key), value));
  }

  test('entries know their lines', () => {
    assert.deepEqual(table.sourceOf('multi'), { file: 'plain', line: 11 });
    assert.deepEqual(table.sourceOf('ärger'), { file: 'plain', line: 6 });
    assert.equal(table.sourceOf('nothing'), undefined);
  });

  test('partial keys are looked up', () => assert.equal(table.find('foo', { partial: true }), 'bar'));

  test('bad lines are complained of, with file and line', () => {
    assert.deepEqual(shop.complaints, [
      'plain:3: duplicate entry: "foo"; line 2 counts; remove one of them',
      'plain:8: "novalue": the key has no value; expected format: key whitespace value',
      'plain:9: "key:": record is in "key: value" format; write the key without colon, unless this is an alias file',
      `plain:10: "\\"unbalanced x": unbalanced '"'; close the quote, or write \\" for a plain one`.replace(
        '\\"',
        '"',
      ),
    ]);
  });

  test('an octet outside of UTF-8 in a key is not found, and said so', () => {
    assert.equal(table.find('foo\udcff'), undefined);
    assert.match(shop.log.lines.at(-1) ?? '', /non-UTF-8 key/);
  });
});

describe('compared with postmap', { skip: noPostfix }, () => {
  for (const smtputf8 of [true, false]) {
    const shop = new Workshop({ smtputf8 });
    const postmap = new Postmap(smtputf8);
    after(async () => {
      postmap.close();
      await shop.close();
    });
    const types = ['texthash', 'hash', 'btree', 'lmdb'];
    for (const type of types) {
      const skip = postfixTypes().includes(type) ? false : `this Postfix has no ${type} tables`;
      test(`${type}, smtputf8 ${smtputf8}`, { skip }, () => {
        const spec = `${type}:${shop.file(type, source)}`;
        if (type !== 'texthash') postmap.create(spec);
        const theirs = postmap.query(spec, keys);
        const table = shop.tables.openRaw(spec, here);
        for (const key of keys) assert.equal(table.find(key), theirs.get(key), key);
      });
    }
  }

  test('aliases', () => {
    const shop = new Workshop();
    const postmap = new Postmap();
    const source = [
      '# aliases(5)',
      'postmaster: root',
      '"quoted key": a, b',
      'Root:admin,',
      ' other@example.com',
      'list: :include:/etc/list',
      'program: "|/usr/bin/program -a b"',
      'empty:',
      'a@b: c',
      'x y: z',
      'no colon here',
      'twice: one',
      'twice: two',
      'com(ment): v (c2)',
    ].join('\n');
    const spec = `hash:${shop.file('aliases', source)}`;
    postmap.create(spec, 'postalias');
    const asked = [
      'postmaster',
      'POSTMASTER',
      'quoted key',
      '"quoted key"',
      'root',
      'list',
      'program',
      'empty',
      'a',
      'a@b',
    ];
    asked.push('x y', 'no', 'no colon here', 'twice', 'com (ment)', 'postmaster:');
    const theirs = postmap.query(spec, asked);
    const table = shop.tables.openRaw(spec, here);
    for (const key of asked) assert.equal(table.find(key), theirs.get(key), key);
    assert.equal(theirs.size, 9);
    assert.deepEqual(
      shop.complaints.map((line) => line.split(';')[0]),
      [
        'aliases:8: "empty:": not an alias',
        'aliases:9: "a@b: c": not an alias',
        'aliases:11: "no colon here": not an alias',
        'aliases:13: duplicate entry: "twice"',
      ],
    );
    postmap.close();
    return shop.close();
  });

  test('generated files', () => {
    const shop = new Workshop();
    const postmap = new Postmap();
    const random = generator(42);
    const pieces = [
      'a',
      'B',
      'é',
      'É',
      ' ',
      '\t',
      '"',
      '\\',
      '#',
      ':',
      '@',
      '\n',
      '\n',
      '\n ',
      '\r',
      'x y',
      '\u0130',
      'ǅ',
      '.',
    ];
    let compared = 0;
    for (let round = 0; round < 60; round++) {
      const text = Array.from({ length: 120 }, () => pick(random, pieces)).join('');
      const name = shop.file(`generated${round}`, `${text}\n`);
      const table = shop.tables.openRaw(`texthash:${name}`, here);
      const words = [...new Set(text.split(/[ \t\n\r]+/).flatMap((word) => [word, word.toUpperCase()]))];
      const asked = words.filter((word) => word !== '');
      const theirs = postmap.query(`texthash:${name}`, asked);
      for (const key of asked) {
        assert.equal(table.find(key), theirs.get(key), `${JSON.stringify(key)} in ${JSON.stringify(text)}`);
        compared += 1;
      }
    }
    console.log(`compared ${compared} look-ups in 60 generated files`);
    postmap.close();
    return shop.close();
  });
});

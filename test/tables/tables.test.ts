import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { tableKinds } from '../../src/tables/kinds.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';

describe('Tables', () => {
  const shop = new Workshop({ expand: (text) => text.replaceAll('$config_directory', shop.directory) });
  after(() => shop.close());

  test('a table is opened once', () => {
    const [a, b] = [
      shop.tables.open('static:x', here),
      shop.tables.open('static:x', { file: 'main.cf', line: 99 }),
    ];
    assert.equal(a.tables[0], b.tables[0]);
  });

  test('tables that have all their entries at hand show them', () => {
    shop.file('three', 'a 1\nb 2\n  more\n');
    shop.file('patterns', '/^a(.)/ had $1\n/b/ 5\n');
    shop.file('networks', '10.0.0.0/8 6\n# 7\n::/0 8\n');
    const specs = [
      'texthash:three',
      'inline:{c=3}',
      'static:4',
      'proxy:texthash:three',
      'regexp:patterns',
      'cidr:networks',
      'hash:none',
    ];
    const entries = specs.map((spec) => [...shop.tables.open(spec, here).entries()]);
    const [file, ...others] = entries;
    assert.deepEqual(file, [
      { value: '1', source: { file: 'three', line: 1 } },
      { value: '2  more', source: { file: 'three', line: 2 } },
    ]);
    assert.deepEqual(others, [
      [{ value: '3', source: here }],
      [{ value: '4', source: here }],
      file,
      [{ value: '5', source: { file: 'patterns', line: 2 } }], // the other depends on what is looked up
      [
        { value: '6', source: { file: 'networks', line: 1 } },
        { value: '8', source: { file: 'networks', line: 3 } },
      ],
      [],
    ]);
  });

  const wrong: readonly [string, 'config' | 'retry', RegExp][] = [
    [
      'hahs:/etc/access',
      'config',
      /hahs:\/etc\/access: unsupported dictionary type: hahs; did you mean hash:name\?/,
    ],
    ['nonsense:x', 'config', /unsupported dictionary type: nonsense; known are texthash, /],
    ['hash', 'config', /hash: this is not type:name/],
    ['hash:', 'config', /hash:: this is not type:name/],
    [':x', 'config', /:x: this is not type:name/],
    ['ldap:/etc/ldap.cf', 'config', /ldap tables are not offered; write its entries into a hash/],
    ['mysql:/etc/mysql.cf', 'config', /mysql tables are not offered; copy the rows/],
    ['unix:shadow.byname', 'retry', /unknown table: unix:shadow\.byname; write unix:passwd\.byname/],
    [
      'texthash:/no/such/file',
      'retry',
      /texthash:\/no\/such\/file is unavailable: open \/no\/such\/file: No such file or directory; look-ups fail for now/,
    ],
    ['texthash:/', 'retry', /open \/: not a regular file/],
    ['tcp:nowhere', 'retry', /"nowhere" is not host:port/],
    ['socketmap:inet:127.0.0.1', 'retry', /is not host:port|is no server/],
    ['sqlite:name', 'config', /cannot stand in main\.cf; write sqlite:\/file\/name/],
    ['redis://:x', 'config', /not a URI/],
  ];
  for (const [spec, reason, complaint] of wrong) {
    test(`${spec} opens, says what is wrong, and fails`, async () => {
      const before = shop.complaints.length;
      const table = shop.tables.open(spec, here);
      const fresh = shop.complaints.slice(before).join('\n');
      assert.match(fresh, complaint);
      assert.match(fresh, /^main\.cf:7: /);
      await assert.rejects(
        async () => table.find('key'),
        (error) => error instanceof LookupFailure && error.reason === reason,
      );
    });
  }

  test('the failure of a missing file says what Postfix says', () => {
    assert.throws(() => shop.tables.open('texthash:/no/such/file', here).find('x'), {
      message: 'texthash:/no/such/file is unavailable. open /no/such/file: No such file or directory',
    });
  });

  test('names are expanded, and relative ones begin in the configuration directory', () => {
    shop.file('list', 'a b\n');
    assert.equal(shop.tables.open('texthash:$config_directory/list', here).find('a'), 'b');
    assert.equal(shop.tables.open('hash:list', here).find('a'), 'b');
  });

  test('passwords stay out of names', () => {
    const table = shop.tables.open('redis://user:secret@127.0.0.1:1/0', here);
    assert.equal(table.name, 'redis://user:***@127.0.0.1:1/0');
  });

  test('several tables: the first answer wins, the first error ends the search', () => {
    const table = shop.tables.openAll(['inline:{a=1}', 'inline:{a=2, b=3}', 'fail:x'], here);
    assert.equal(table.find('a'), '1');
    assert.equal(table.find('b'), '3');
    assert.deepEqual(table.findEntry('b'), { value: '3', source: here });
    assert.throws(() => table.find('c'), LookupFailure);
    assert.equal(table.name, 'inline:{a=1}, inline:{a=2, b=3}, fail:x');
  });

  test('an empty key is not looked up, an empty result is a mistake', () => {
    const table = shop.tables.open('inline:{a=}', here);
    assert.equal(shop.tables.open('static:x', here).find(''), undefined);
    assert.throws(
      () => table.find('a'),
      (error) => error instanceof LookupFailure && error.reason === 'config',
    );
  });

  test('a piece of a message is looked up in tables without patterns, too', () => {
    const table = shop.tables.openAll(['inline:{Subject=x}', 'static:rest'], here);
    const line = Buffer.from('>>Subject<<');
    assert.deepEqual(table.findInBytes(line, 2, 9), { value: 'x', source: here });
    assert.deepEqual(table.findInBytes(line, 0, 2), { value: 'rest', source: here });
    assert.equal(table.findInBytes(line, 2, 2), undefined);
  });

  test('a table of accounts', () => {
    const passwd = shop.file('passwd', 'root:x:0:0:root:/root:/bin/sh\nbroken\nroot:again\nJoe:x:1:1::/:\n');
    const group = shop.file('group', 'wheel:x:0:root,joe\n');
    const accounts = new Workshop({ passwdFile: passwd, groupFile: group });
    const users = accounts.tables.open('proxy:unix:passwd.byname', here);
    assert.equal(users.find('ROOT'), 'root:x:0:0:root:/root:/bin/sh');
    assert.deepEqual(users.sourceOf('root'), { file: passwd, line: 1 });
    assert.equal(users.find('joe'), undefined);
    assert.equal(accounts.tables.open('unix:group.byname', here).find('wheel'), 'wheel:x:0:root,joe');
    return accounts.close();
  });

  test('every row of the table of kinds says what it is', () => {
    const types = tableKinds.map((kind) => kind.type);
    assert.equal(new Set(types).size, types.length);
    for (const kind of tableKinds) assert.match(kind.sentence, /\.$/, kind.type);
  });
});

test('aliases are read as postalias reads them, also without their database', async () => {
  const shop = new Workshop();
  const table = shop.tables.open(
    `hash:${shop.file('aliases', '# aliases(5)\npostmaster:    root\nroot:joe\n')}`,
    here,
  );
  assert.equal(table.find('Postmaster'), 'root');
  assert.equal(table.find('root'), 'joe');
  await shop.close();
});

test('a database without its text is complained of', async () => {
  const shop = new Workshop();
  shop.file('access.db', 'binary');
  shop.tables.open('hash:access', here);
  assert.match(
    shop.complaints.join('\n'),
    /only the database .*access\.db is there, not its text; hash tables are read from their text: postmap -s hash:\S+ > \S+ writes it/,
  );
  await shop.close();
});

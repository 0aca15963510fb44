import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';
import { noPostfix, Postmap } from './postmap.ts';

/** Tables in braces and what they answer; `fails` where they cannot be opened. */
const cases: readonly { spec: string; answers: Readonly<Record<string, string | undefined>> | 'fails' }[] = [
  { spec: 'inline:{a=b}', answers: { a: 'b', A: 'b', b: undefined } },
  { spec: 'inline:{a=b, c=d\te=f}', answers: { a: 'b', c: 'd', e: 'f' } },
  { spec: 'inline:{ { a = b c } , {Key={x} y} }', answers: { a: 'b c', key: '{x} y' } },
  { spec: 'inline:{ { "a b"@c = d }, "x"=y }', answers: { '"a b"@c': 'd', '"x"': 'y', x: undefined } },
  { spec: 'inline:{a=b,a=c}', answers: { a: 'c' } },
  { spec: 'inline:{a=}', answers: { a: '' } },
  { spec: 'inline:{Straße=x}', answers: { strasse: 'x', STRASSE: 'x' } },
  { spec: 'inline:{ {a b = c} }', answers: 'fails' },
  { spec: 'inline:{a}', answers: 'fails' },
  { spec: 'inline:{=b}', answers: { '': 'b' } },
  { spec: 'inline:{}', answers: 'fails' },
  { spec: 'inline:{ }', answers: 'fails' },
  { spec: 'inline:a=b', answers: 'fails' },
  { spec: 'inline:{a=b}x', answers: 'fails' },
  { spec: 'inline:{ {a=b} {c=d}e }', answers: 'fails' },
  { spec: 'inline:{"a=b}', answers: 'fails' },
  { spec: 'static:text', answers: { a: 'text', '': 'text' } },
  { spec: 'static:a:b', answers: { x: 'a:b' } },
  { spec: 'static:{ text with spaces }', answers: { a: 'text with spaces' } },
  { spec: 'static:{text', answers: 'fails' },
  { spec: 'static:{a}b', answers: 'fails' },
  { spec: 'unionmap:{inline:{a=b,c=d}, static:x}', answers: { a: 'b,x', z: 'x' } },
  { spec: 'unionmap:{inline:{a=b} inline:{a=c}}', answers: { a: 'b,c', b: undefined } },
  { spec: 'unionmap:{inline:{a=} inline:{a=c}}', answers: { a: 'c' } },
  { spec: 'unionmap:{inline:{a=c} inline:{a=}}', answers: { a: 'c,' } },
  { spec: 'unionmap:{inline:{a=}}', answers: { a: undefined } },
  { spec: 'unionmap:{}', answers: 'fails' },
  { spec: 'unionmap:{nothing}', answers: 'fails' },
  { spec: 'pipemap:{inline:{a=b,c=d}, inline:{b=B}}', answers: { a: 'B', c: undefined, A: 'B' } },
  { spec: 'pipemap:{inline:{a=b}}', answers: { a: 'b', b: undefined } },
  { spec: 'pipemap:{inline:{a=b}, static:x}', answers: { a: 'x', b: undefined } },
  { spec: 'pipemap:{static:B, inline:{b=c}}', answers: { a: 'c' } },
  { spec: 'pipemap:static:x', answers: 'fails' },
  { spec: 'randmap:{only}', answers: { a: 'only' } },
  { spec: 'randmap:{ {a b} }', answers: { a: '{a b}' } },
  { spec: 'randmap:{}', answers: 'fails' },
  { spec: 'environ:x', answers: { PATH: undefined, 'no such': undefined } },
];

describe('tables without files', () => {
  for (const { spec, answers } of cases) {
    test(spec, async () => {
      const shop = new Workshop();
      const table = shop.tables.openRaw(spec, here);
      if (answers === 'fails') {
        assert.throws(() => table.find('a'), LookupFailure);
        assert.equal(shop.complaints.length, 1);
        assert.match(shop.complaints[0] ?? '', /^main\.cf:7: .*; write/s);
      } else {
        for (const [key, value] of Object.entries(answers)) assert.equal(table.find(key), value, key);
      }
      await shop.close();
    });
  }
});

describe('tables without files are like postmap', { skip: noPostfix }, () => {
  const postmap = new Postmap();
  after(() => postmap.close());
  for (const { spec, answers } of cases) {
    if (answers === 'fails') continue;
    test(spec, () => {
      const theirs = postmap.query(spec, Object.keys(answers));
      for (const [key, value] of Object.entries(answers)) assert.equal(theirs.get(key), value, key);
    });
  }

  test('what fails here fails there', async () => {
    const failing = cases.filter(({ answers }) => answers === 'fails');
    const theirs = await Promise.all(failing.map(({ spec }) => postmap.fails(spec)));
    for (const [i, { spec }] of failing.entries()) assert.ok(theirs[i], spec);
  });
});

describe('other tables without files', () => {
  const shop = new Workshop();
  after(() => shop.close());

  test('fail: fails for now', () => {
    const table = shop.tables.open('fail:x', here);
    assert.throws(() => table.find('key'), /fail:x lookup error for "key"/);
    assert.throws(
      () => table.find('key'),
      (error) => error instanceof LookupFailure && error.reason === 'retry',
    );
    assert.equal(table.find('key', { partial: true }), undefined);
  });

  test('randmap: gives each of its values', () => {
    const table = shop.tables.open('randmap:{a, b, c}', here);
    const seen = new Set(Array.from({ length: 200 }, () => table.find('x')));
    assert.deepEqual([...seen].sort(), ['a', 'b', 'c']);
  });

  test('proxy: is the table behind it', () => {
    const table = shop.tables.open('proxy:inline:{a=b}', here);
    assert.equal(table.find('a', { partial: true }), 'b');
    assert.equal(shop.tables.open('proxy:cidr:{{::/0 x}}', here).find('::1', { partial: true }), undefined);
  });

  test('environ: has what the process has, under small names', () => {
    process.env.portcullis_test = 'value';
    const table = shop.tables.open('environ:x', here);
    assert.equal(table.find('portcullis_test'), 'value');
    assert.equal(table.find('constructor'), undefined);
    delete process.env.portcullis_test;
  });

  test('an error of one table is an error of those made of it', () => {
    for (const spec of ['unionmap:{static:a, fail:x}', 'pipemap:{static:a, fail:x}', 'proxy:fail:x']) {
      assert.throws(() => shop.tables.open(spec, here).find('key'), LookupFailure, spec);
    }
  });

  test('tables cannot be made of themselves without end', () => {
    const deep = `${'proxy:'.repeat(30)}static:x`;
    assert.throws(() => shop.tables.open(deep, here).find('key'), /made of tables too often/);
  });
});

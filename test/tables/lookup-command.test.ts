import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { complaintLine } from '../../src/settings/complaint.ts';
import { cidrTable, queryKey, queryKeys } from '../../src/tables/lookup-command.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';

describe('query', () => {
  const shop = new Workshop();
  after(() => shop.close());
  const open = (...specs: string[]) => specs.map((spec) => shop.tables.openRaw(spec, here));

  test('one key', async () => {
    assert.deepEqual(await queryKey(open('inline:{a=b}'), 'A'), { value: 'b', source: here });
    assert.deepEqual(await queryKey(open('inline:{a=}', 'static:x'), 'a'), { value: '', source: here });
    assert.deepEqual(await queryKey(open('inline:{a=b}', 'static:x'), 'c'), { value: 'x', source: here });
    assert.equal(await queryKey(open('inline:{a=b}'), 'c'), undefined);
    await assert.rejects(queryKey(open('fail:x', 'static:x'), 'c'), LookupFailure);
  });

  test('keys from lines', async () => {
    const lines: string[] = [];
    const found = await queryKeys(open('inline:{a=1, b=2}'), ['a', 'x', 'B', ''], (line) => lines.push(line));
    assert.equal(found, true);
    assert.deepEqual(lines, ['a\t1', 'B\t2']);
    assert.equal(await queryKeys(open('inline:{a=1}'), ['x'], () => assert.fail()), false);
  });
});

describe('table cidr', () => {
  test('a list of networks', async () => {
    const list =
      '# Asia\n1.0.1.0/24\n\n  2001:db8::/32  ; with a remark\n; old style\n192.0.2.1 # one\r\n[2001:db8::1]\n';
    const { text, complaints } = cidrTable(list, 'REJECT Asian Networks');
    assert.deepEqual(complaints, []);
    assert.equal(
      text,
      [
        '# Asia',
        '1.0.1.0/24\tREJECT Asian Networks',
        '',
        '# with a remark',
        '2001:db8::/32\tREJECT Asian Networks',
        '# old style',
        '# one',
        '192.0.2.1\tREJECT Asian Networks',
        '[2001:db8::1]\tREJECT Asian Networks',
        '',
      ].join('\n'),
    );
    const shop = new Workshop();
    const table = shop.tables.open(`cidr:${shop.file('asia', text)}`, here);
    assert.equal(table.find('2001:db8:1::1'), 'REJECT Asian Networks');
    assert.deepEqual(shop.complaints, []);
    await shop.close();
  });

  test('nonsense is left out and named', () => {
    const { text, complaints } = cidrTable(
      '1.0.1.0/24\n1.0.1.1/24\nhello\n1.2.3.4 - 1.2.3.9\n300.1.1.1\n',
      'DUNNO',
      'list',
    );
    assert.equal(text, '1.0.1.0/24\tDUNNO\n');
    assert.deepEqual(complaints.map(complaintLine), [
      'list:2: non-null host address bits in "1.0.1.1/24", perhaps you should use "1.0.1.0/24" instead; write address/length',
      'list:3: bad address pattern: "hello"; write address/length',
      'list:4: "1.2.3.4 - 1.2.3.9": more than a network; write one network a line',
      'list:5: bad address pattern: "300.1.1.1"; write address/length',
    ]);
  });

  test('lists that name the country behind each network', () => {
    const { text, complaints } = cidrTable('58.14.0.0/15 China\n58.29.0.0/16\tKorea, South\n', 'REJECT');
    assert.equal(text, '# China\n58.14.0.0/15\tREJECT\n# Korea, South\n58.29.0.0/16\tREJECT\n');
    assert.deepEqual(complaints, []);
  });

  test('the action is one line, and there is one', () => {
    assert.equal(cidrTable('::/0', 'REJECT\nme').text, '::/0\tREJECT me\n');
    assert.match(complaintLine(cidrTable('::/0', ' ').complaints[0] ?? assert.fail()), /the action is empty/);
  });
});

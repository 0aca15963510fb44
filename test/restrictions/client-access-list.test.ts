/** postscreen_access_list. `Postfix: server_acl.c`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtIn } from '../../src/mail/source.ts';
import { ClientAccessList } from '../../src/restrictions/client-access-list.ts';
import { LookupFailure } from '../../src/tables/table.ts';

const ROWS: Readonly<Record<string, string>> = {
  '192.0.2.1': 'permit',
  '192.0.2.2': 'REJECT',
  '192.0.2.3': 'dunno',
  '192.0.2.4': 'permit_mynetworks, reject',
  '192.0.2.5': 'reject go away',
  '192.0.2.6': 'frobnicate permit',
  '192.0.2.7': '',
};

function list(text: string) {
  const said: string[] = [];
  const access = new ClientAccessList(
    text.split(' ').map((word) => ({ text: word, source: builtIn })),
    {
      name: 'postscreen_access_list',
      mynetworks: { has: ({ address }) => address.startsWith('10.') },
      openTable: (name) => ({
        name,
        find(key) {
          if (name === 'fail:') throw new LookupFailure('fail:', 'is out of order');
          return ROWS[key];
        },
      }),
      log: { info() {}, warn: (line) => void said.push(line), error() {} },
      complain: ({ problem }) => void said.push(problem),
    },
  );
  return { said, of: (address: string) => access.opinionOf(address) };
}

test('words and tables, the first with an opinion', async () => {
  const { of, said } = list('permit_mynetworks hash:x dunno reject');
  for (const [address, opinion] of [
    ['10.1.1.1', 'permit'],
    ['192.0.2.1', 'permit'],
    ['192.0.2.2', 'reject'],
    ['192.0.2.3', 'dunno'],
    ['192.0.2.4', 'reject'],
    ['192.0.2.5', 'reject'],
    ['192.0.2.7', 'dunno'],
    ['192.0.2.9', 'dunno'],
  ] as const) {
    assert.equal(await of(address), opinion, address);
  }
  assert.deepEqual(said, []);
});

test('what is no word, and a table that does not answer, end the list', async () => {
  const { of, said } = list('hash:x permit');
  assert.equal(await of('192.0.2.6'), 'dunno');
  assert.equal(await of('192.0.2.9'), 'permit');
  assert.deepEqual(said, [
    'hash:x: unknown command: frobnicate -- ignoring the remainder of this access list',
  ]);
  const wrong = list('hash:x permit_sasl_authenticated permit');
  assert.match(
    wrong.said[0] ?? '',
    /^postscreen_access_list: "permit_sasl_authenticated" is no word of such a list/,
  );
  assert.equal(await wrong.of('192.0.2.2'), 'reject');
  assert.equal(await wrong.of('192.0.2.9'), 'dunno');
  const broken = list('fail: permit');
  assert.equal(await broken.of('10.1.1.1'), 'dunno');
  assert.match(broken.said[0] ?? '', /^fail:: is out of order -- ignoring the remainder/);
});

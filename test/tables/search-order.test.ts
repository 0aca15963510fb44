import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import type { MaybePromise } from '../../src/mail/maybe-promise.ts';
import {
  type AddressSearch,
  findHostName,
  findMailAddress,
  findNetworkAddress,
  type Match,
} from '../../src/tables/search-order.ts';
import type { Found, LookupHow, Table } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';

/** Writes down what it is asked for; partial keys in parentheses. */
class Listener implements Table {
  readonly name = 'listener:';
  readonly asked: string[] = [];
  readonly #has: string | undefined;
  readonly #later: boolean;

  constructor(has?: string, later = false) {
    this.#has = has;
    this.#later = later;
  }

  find(key: string): MaybePromise<string | undefined> {
    return key === this.#has ? 'value' : undefined;
  }

  findEntry(key: string, how?: LookupHow): MaybePromise<Found | undefined> {
    this.asked.push(how?.partial ? `(${key})` : key);
    const found = key === this.#has ? { value: 'value', source: here } : undefined;
    return this.#later ? Promise.resolve(found) : found;
  }
}

type Search = (table: Table) => MaybePromise<Match | undefined>;

const access: AddressSearch = { order: 'access', parentStyle: 'parent', recipientDelimiter: '+' };
const mine: AddressSearch = {
  order: 'address',
  recipientDelimiter: '+',
  isLocalDomain: (domain) => Promise.resolve(domain === 'here.example'),
};

const cases: readonly [string, Search, string[]][] = [
  [
    'a name',
    (t) => findHostName(t, 'a.b.example.com', 'parent'),
    ['a.b.example.com', '(b.example.com)', '(example.com)', '(com)'],
  ],
  [
    'a name, dots',
    (t) => findHostName(t, 'a.b.example', 'dot'),
    ['a.b.example', '(.b.example)', '(.example)'],
  ],
  ['a numerical name', (t) => findHostName(t, '192.0.2.1', 'parent'), ['192.0.2.1']],
  ['an IPv6 name', (t) => findHostName(t, '2001:db8::1', 'parent'), ['2001:db8::1']],
  [
    'a name with a dot at its end',
    (t) => findHostName(t, 'example.com.', 'parent'),
    ['example.com.', '(com.)'],
  ],
  [
    'a name that begins with a dot',
    (t) => findHostName(t, '.example.com', 'dot'),
    ['.example.com', '(.com)'],
  ],
  ['no name', (t) => findHostName(t, '', 'parent'), []],
  [
    'an IPv4 address',
    (t) => findNetworkAddress(t, '192.0.2.1'),
    ['192.0.2.1', '(192.0.2)', '(192.0)', '(192)'],
  ],
  [
    'an IPv6 address',
    (t) => findNetworkAddress(t, '2001:db8::1'),
    ['2001:db8::1', '(2001:db8:)', '(2001:db8)', '(2001)'],
  ],
  ['the IPv6 loopback', (t) => findNetworkAddress(t, '::1'), ['::1', '(:)']],
  ['unknown', (t) => findNetworkAddress(t, 'unknown'), ['unknown']],
  [
    'access',
    (t) => findMailAddress(t, address('user@sub.example.com'), access),
    ['user@sub.example.com', '(sub.example.com)', '(example.com)', '(com)', '(user@)'],
  ],
  [
    'access with extension',
    (t) => findMailAddress(t, address('user+ext@example.com'), access),
    ['user+ext@example.com', '(user@example.com)', '(example.com)', '(com)', '(user+ext@)', '(user@)'],
  ],
  [
    'access, dots',
    (t) => findMailAddress(t, address('user@a.example.com'), { ...access, parentStyle: 'dot' }),
    ['user@a.example.com', '(a.example.com)', '(.example.com)', '(.com)', '(user@)'],
  ],
  [
    'access, quoted',
    (t) => findMailAddress(t, address('a b@example.com'), access),
    ['"a b"@example.com', 'a b@example.com', '(example.com)', '(com)', '("a b"@)', '(a b@)'],
  ],
  [
    'access, an at sign inside',
    (t) => findMailAddress(t, address('a@b@example'), access),
    ['"a@b"@example', 'a@b@example', '(example)', '("a@b"@)', '(a@b@)'],
  ],
  [
    'no delimiter',
    (t) => findMailAddress(t, address('user+ext@example'), { ...access, recipientDelimiter: '' }),
    ['user+ext@example', '(example)', '(user+ext@)'],
  ],
  [
    'a list owner',
    (t) => findMailAddress(t, address('owner-list@example'), { ...access, recipientDelimiter: '-' }),
    ['owner-list@example', '(example)', '(owner-list@)'],
  ],
  [
    'an address elsewhere',
    (t) => findMailAddress(t, address('user+ext@example.com'), mine),
    ['user+ext@example.com', '(user@example.com)', '(@example.com)'],
  ],
  [
    'an address of ours',
    (t) => findMailAddress(t, address('user+ext@here.example'), mine),
    ['user+ext@here.example', '(user@here.example)', '(user+ext)', '(user)', '(@here.example)'],
  ],
  [
    'an address of ours, quoted',
    (t) => findMailAddress(t, address('a b@here.example'), mine),
    ['"a b"@here.example', 'a b@here.example', '("a b")', '(a b)', '(@here.example)'],
  ],
  ['an address without domain', (t) => findMailAddress(t, address('user'), mine), ['user']],
  [
    'transport',
    (t) =>
      findMailAddress(t, address('user+x@a.example'), {
        order: 'transport',
        parentStyle: 'dot',
        recipientDelimiter: '+',
      }),
    ['user+x@a.example', '(user@a.example)', '(a.example)', '(.example)', '*'],
  ],
];

describe('the order of keys', () => {
  for (const [what, search, expected] of cases) {
    test(what, async () => {
      for (const later of [false, true]) {
        const listener = new Listener(undefined, later);
        assert.equal(await search(listener), undefined);
        assert.deepEqual(listener.asked, expected);
      }
    });

    test(`${what}: the first key that is there ends the search`, async () => {
      for (const [i, key] of expected.entries()) {
        const bare = key.replace(/^\((.*)\)$/s, '$1');
        const listener = new Listener(bare);
        assert.deepEqual(await search(listener), { value: 'value', key: bare, source: here });
        assert.deepEqual(listener.asked, expected.slice(0, i + 1));
      }
    });
  }

  test('tables that match patterns see whole keys only', async () => {
    const shop = new Workshop();
    const table = shop.tables.openAll(
      ['cidr:{{192.0.2.0/24 net}}', 'inline:{example.com=domain, 10.1=part}'],
      here,
    );
    assert.equal((await findHostName(table, 'a.example.com', 'parent'))?.value, 'domain');
    assert.equal((await findNetworkAddress(table, '10.1.2.3'))?.key, '10.1');
    assert.equal((await findNetworkAddress(table, '192.0.2.9'))?.value, 'net');
    await shop.close();
  });

  test('a table that only has find() and sourceOf() will do', async () => {
    const table: Table = {
      name: 'plain:',
      find: (key) => (key === 'com' ? 'x' : undefined),
      sourceOf: () => here,
    };
    assert.deepEqual(await findHostName(table, 'example.com', 'parent'), {
      value: 'x',
      key: 'com',
      source: here,
    });
  });

  test('names that are none are asked for as a whole', async () => {
    const listener = new Listener();
    await findHostName(listener, 'a.'.repeat(100_000), 'parent');
    await findNetworkAddress(listener, '1.'.repeat(100_000));
    assert.equal(listener.asked.length, 2);
  });
});

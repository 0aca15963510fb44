/** Keys come from attackers: whatever they are, a table answers, says that it cannot know, and does so in no time. */
import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { address } from '../../src/mail/address.ts';
import { findHostName, findMailAddress, findNetworkAddress } from '../../src/tables/search-order.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';

/** More than a line of SMTP can bring; what takes quadratic time for so many takes minutes. */
const LONG = 300_000;

const keys: Readonly<Record<string, string>> = {
  empty: '',
  'a null byte': 'user\0@example.com',
  'line ends': 'user\r\n@example.com\n',
  'octets outside of UTF-8': '\udcff\udc80@example.com',
  'half a surrogate pair': '\ud83d@example.com',
  'names of JavaScript': '__proto__',
  'more of them': 'constructor',
  'very many letters': 'a'.repeat(LONG),
  'very many dots': '.'.repeat(LONG),
  'very many colons': ':'.repeat(LONG),
  'very many at signs': '@'.repeat(LONG),
  'very many quotes': '"'.repeat(LONG),
  'very many capitals': 'Ä'.repeat(LONG),
  'a long domain': `user@${'a.'.repeat(LONG / 2)}com`,
  SQL: "'; DROP TABLE t; --",
  'a format': '%s%n${x}$1$$',
};

describe('hostile keys', () => {
  const shop = new Workshop();
  after(() => shop.close());
  const database = new DatabaseSync(`${shop.directory}/db`);
  database.exec('CREATE TABLE t (k TEXT, v TEXT)');
  database.close();
  shop.file(
    'sqlite.cf',
    `dbpath = ${shop.directory}/db\nquery = SELECT v FROM t WHERE k='%s' OR k='%u' OR k='%2.%1'\n`,
  );
  shop.file('text', 'example.com REJECT\nuser@example.com OK\n');
  shop.file('regexp', '/^(.*)\\.(.*)@(.*)$/ $1 $2 $3\n/(a|b)*c$/ x\n!/[[:print:]]/ y\n');
  shop.file('pcre', '/^(a+)+$/ x\n/(.*)(.*)(.*)z$/ y\n/@.*@.*@.*@\\d/ z\n');
  shop.file('cidr', '10.0.0.0/8 x\n2001:db8::/32 y\n');
  const specs = [
    'texthash:text',
    'hash:text',
    'regexp:regexp',
    'pcre:pcre',
    'cidr:cidr',
    'inline:{a=b}',
    'static:x',
    'unionmap:{texthash:text, pcre:pcre}',
    'pipemap:{static:x, texthash:text}',
    'environ:x',
    'unix:passwd.byname',
    `sqlite:${shop.directory}/sqlite.cf`,
  ];

  for (const spec of specs) {
    test(spec, async () => {
      const table = shop.tables.open(spec, here);
      for (const [what, key] of Object.entries(keys)) {
        await inTime(`${what} as a key`, () => table.find(key));
        await inTime(`${what} as a host name`, () => findHostName(table, key, 'dot'));
        await inTime(`${what} as an address`, () =>
          findMailAddress(table, address(key), {
            order: 'access',
            parentStyle: 'parent',
            recipientDelimiter: '+',
          }),
        );
        await inTime(`${what} as a network`, () => findNetworkAddress(table, key));
      }
    });
  }

  test('match lists', async () => {
    const items = [{ text: 'example.com 10.0.0.0/8 .example.org texthash:text', source: here }];
    const list = shop.tables.openList('network', items, { name: 'mynetworks', parentMatches: false });
    for (const [what, key] of Object.entries(keys)) {
      await inTime(what, () => list.has({ name: key, address: key }));
    }
  });
});

/** The event loop is free again after a short while, and nothing but LookupFailure is thrown. */
async function inTime(what: string, ask: () => unknown): Promise<void> {
  const began = process.cpuUsage();
  let answer: unknown;
  try {
    answer = ask();
  } catch (error) {
    if (!(error instanceof LookupFailure)) throw error;
  }
  const ms = process.cpuUsage(began).user / 1000;
  assert.ok(ms < 500, `${what} takes ${ms} ms`);
  try {
    await answer;
  } catch (error) {
    if (!(error instanceof LookupFailure)) throw error;
  }
}

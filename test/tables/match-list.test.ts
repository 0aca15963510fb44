import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { MatchKind, MatchList } from '../../src/tables/match-list.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { processorMs } from '../support/processor-time.ts';
import { here, Workshop } from './opened.ts';

type Value = string | { name: string; address: string };
type Answer = boolean | 'cannot know';

async function answer(list: MatchList, value: Value): Promise<Answer> {
  try {
    return await list.has(value);
  } catch (error) {
    if (error instanceof LookupFailure) return 'cannot know';
    throw error;
  }
}

function host(name: string, address: string) {
  return { name, address };
}

describe('MatchList', () => {
  const shop = new Workshop();
  after(() => shop.close());
  shop.file('names', 'foo !bar, baz\n# a comment\nqux inline:{\n { table = yes}\n } last\n');
  shop.file('commented', 'foo #comment bar\nbaz\n');
  shop.file('outer', `one ${shop.directory}/names !/no/such/file\n`);
  shop.file('self', `before ${shop.directory}/self after\n`);
  process.env.matchtest = 'x';

  const cases: readonly [MatchKind, 'parent' | 'dot', string, readonly [Value, Answer][]][] = [
    [
      'string',
      'dot',
      'example.com, Example.ORG .sub.net',
      [
        ['example.com', true],
        ['EXAMPLE.com', true],
        ['example.org', true],
        ['sub.example.com', false],
        ['a.sub.net', false],
        ['.sub.net', true],
      ],
    ],
    [
      'string',
      'dot',
      '!a !!b',
      [
        ['a', false],
        ['b', true],
        ['c', false],
      ],
    ],
    [
      'domain',
      'parent',
      'example.com',
      [
        ['example.com', true],
        ['a.b.example.com', true],
        ['notexample.com', false],
        ['com', false],
      ],
    ],
    [
      'domain',
      'dot',
      'example.com .example.org',
      [
        ['example.com', true],
        ['a.example.com', false],
        ['example.org', false],
        ['a.b.example.org', true],
      ],
    ],
    [
      'domain',
      'parent',
      '!no.example.com example.com',
      [
        ['a.no.example.com', false],
        ['yes.example.com', true],
      ],
    ],
    ['domain', 'parent', 'example.com !no.example.com', [['a.no.example.com', true]]],
    [
      'domain',
      'parent',
      'inline:{example.com=x}',
      [
        ['a.b.example.com', true],
        ['example.net', false],
      ],
    ],
    [
      'domain',
      'dot',
      'inline:{example.com=x, .example.com=y}',
      [
        ['a.example.com', true],
        ['example.com', true],
      ],
    ],
    ['domain', 'parent', 'cidr:{{10.0.0.0/8 x}}', [['10.1.1.1', true]]],
    [
      'network',
      'parent',
      '192.0.2.0/28',
      [
        [host('x', '192.0.2.2'), true],
        [host('x', '192.0.2.16'), false],
        ['192.0.2.2', true],
        [host('192.0.2.2', 'unknown'), false],
      ],
    ],
    [
      'network',
      'parent',
      '!192.0.2.2 192.0.2.0/28',
      [
        [host('x', '192.0.2.2'), false],
        [host('x', '192.0.2.3'), true],
      ],
    ],
    [
      'network',
      'parent',
      '192.0.2.0/98',
      [
        [host('x', '192.0.2.2'), 'cannot know'],
        [host('x', '::1'), false],
        [host('x', 'unknown'), false],
      ],
    ],
    ['network', 'parent', '192.0.2.2 192.0.2.0/98', [[host('x', '192.0.2.2'), true]]],
    ['network', 'parent', '192.0.889.0/28', [[host('x', '192.0.2.2'), 'cannot know']]],
    ['network', 'parent', '192.0.2.1/28', [[host('x', '192.0.2.2'), 'cannot know']]],
    ['network', 'parent', '2001:db8::/32', [[host('x', '2001:db8::1'), 'cannot know']]],
    [
      'network',
      'parent',
      '[2001:db8::]/32 [::1] [192.0.2.1]',
      [
        [host('x', '2001:db8:1::1'), true],
        [host('x', '2001:db9::1'), false],
        [host('x', '::1'), true],
        [host('x', '0:0:0:0:0:0:0:1'), true],
        [host('x', '192.0.2.1'), true],
        [host('x', '192.0.2.2'), false],
      ],
    ],
    ['network', 'parent', 'be/be', [[host('x', '192.0.2.1'), 'cannot know']]],
    [
      'network',
      'parent',
      'be.be 192.0.2.3',
      [
        [host('be.be', '192.0.2.1'), true],
        [host('x', '192.0.2.3'), true],
      ],
    ],
    [
      'network',
      'parent',
      '[be:be]',
      [
        [host('x', '192.0.2.1'), false],
        [host('x', '::1'), 'cannot know'],
      ],
    ],
    [
      'network',
      'parent',
      'example.com',
      [
        [host('a.example.com', '192.0.2.1'), true],
        ['192.0.2.1', false],
      ],
    ],
    [
      'network',
      'parent',
      'cidr:{{192.0.2.0/24 x}}',
      [
        [host('x', '192.0.2.1'), true],
        ['192.0.3.1', false],
      ],
    ],
    [
      'network',
      'parent',
      'environ:x',
      [
        [host('matchtest', '192.0.2.1'), true],
        [host('other', '192.0.2.1'), false],
      ],
    ],
    [
      'network',
      'parent',
      '!environ:x 192.0.2.1',
      [
        [host('matchtest', '192.0.2.1'), false],
        [host('y', '192.0.2.1'), true],
      ],
    ],
    ['string', 'dot', 'fail:1', [['bar', 'cannot know']]],
    [
      'string',
      'dot',
      'bar fail:1',
      [
        ['bar', true],
        ['baz', 'cannot know'],
      ],
    ],
    ['string', 'dot', '!fail:1 bar', [['bar', 'cannot know']]],
    ['string', 'dot', '/no/such/file', [['bar', 'cannot know']]],
    [
      'string',
      'dot',
      '$names',
      [
        ['foo', true],
        ['bar', false],
        ['baz', true],
        ['qux', true],
        ['table', true],
        ['last', true],
        ['other', false],
      ],
    ],
    [
      'string',
      'dot',
      '!$names bar table',
      [
        ['foo', false],
        ['bar', true],
        ['other', false],
        ['table', false],
      ],
    ],
    [
      'string',
      'dot',
      '$commented',
      [
        ['foo', true],
        ['bar', false],
        ['baz', true],
      ],
    ],
    [
      'string',
      'dot',
      '$outer',
      [
        ['one', true],
        ['baz', true],
        ['bar', false],
        ['other', 'cannot know'],
      ],
    ],
    [
      'string',
      'dot',
      '$self',
      [
        ['before', true],
        ['other', 'cannot know'],
      ],
    ],
    [
      'string',
      'dot',
      '',
      [
        ['', false],
        ['x', false],
      ],
    ],
  ];

  for (const [kind, style, text, questions] of cases) {
    const written = text.replace(/\$(\w+)/g, `${shop.directory}/$1`);
    const list = shop.tables.openList(kind, [{ text: written, source: here }], {
      name: 'mylist',
      parentMatches: style === 'parent',
    });
    for (const [value, expected] of questions) {
      test(`${kind} (${style}) ${text || 'empty'}: ${JSON.stringify(value)} is ${expected}`, async () => {
        assert.equal(await answer(list, value), expected);
      });
    }
  }

  test('what cannot match is complained of', async () => {
    const own = new Workshop();
    const items = ['!', '10.0.0.1/8', '2001:db8::/32', '*.example.com', '.example.com', '/no/file'];
    own.tables.openList(
      'network',
      items.map((text, i) => ({ text, source: { file: 'main.cf', line: i + 1 } })),
      {
        name: 'mynetworks',
        parentMatches: true,
      },
    );
    const all = own.complaints.join('\n');
    for (const part of [
      `main.cf:1: mynetworks: no pattern after '!'`,
      'main.cf:2: non-null host address bits in "10.0.0.1/8", perhaps you should use "10.0.0.0/8" instead',
      'main.cf:3: "2001:db8::/32" is read as a table; write IPv6 addresses in brackets',
      'main.cf:4: "*.example.com" never matches: there are no wildcards here',
      'main.cf:5: ".example.com" never matches: a domain matches its subdomains here',
      'main.cf:6: mynetworks: /no/file is unavailable: open /no/file: No such file or directory',
    ]) {
      assert.ok(all.includes(part), `${part}\nis missing in\n${all}`);
    }
    await own.close();
  });

  test('100,000 domains are asked in no time', () => {
    const names = Array.from({ length: 100_000 }, (_, i) => `d${i}.example`);
    shop.file('many', names.join('\n'));
    const list = shop.tables.openList('domain', [{ text: `${shop.directory}/many`, source: here }], {
      name: 'relay_domains',
      parentMatches: true,
    });
    const began = processorMs();
    for (let i = 0; i < 10_000; i++) assert.equal(list.has(`host.d${i * 10}.example`), true);
    const each = ((processorMs() - began) * 1000) / 10_000;
    console.log(`relay_domains with 100,000 lines: ${each.toFixed(2)} us for a look-up`);
    assert.ok(each < 500);
  });
});

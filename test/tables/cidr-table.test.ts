import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { parseNetwork } from '../../src/tables/network.ts';
import { here, Workshop } from './opened.ts';
import { noPostfix, Postmap } from './postmap.ts';
import { generator, pick } from './random.ts';

const source = `# order counts, not length
10.1.0.0/16	first
10.0.0.0/8	second
10.1.2.0/24	never reached
10.1.3.0/24	first
!192.0.2.0/24	not the documentation net
192.0.2.7	seven
192.0.2.1/24	host bits
192.0.2.0/33	too long
192.0.2/24	short
2001:db8::/32	documentation v6
::ffff:192.0.2.1	mapped
300.0.0.0/8	bad
192.0.2.8
if 192.0.2.128/25
192.0.2.129	in block
if !192.0.2.200
!192.0.2.201	not 201
endif
192.0.2.201 two hundred and one
endif extra
endif
endif
[2001:db8:1::]/48	brackets
[192.0.2.0/24]	rest
`;

const expected: Record<string, string | undefined> = {
  '10.1.2.3': 'first',
  '10.2.0.0': 'second',
  '9.9.9.9': 'not the documentation net',
  '192.0.2.7': 'seven',
  '192.0.2.8': 'rest',
  '192.0.2.129': 'in block',
  '192.0.2.130': 'not 201',
  '192.0.2.200': 'rest',
  '192.0.2.201': 'two hundred and one',
  '2001:db8::1': 'documentation v6',
  '2001:db8:1::1': 'documentation v6',
  '2001:DB8:1:0:0:0:0:1': 'documentation v6',
  '::ffff:192.0.2.1': 'mapped',
  '::1': undefined,
  '192.0.2': undefined,
  '192.0.2.07': undefined,
  'example.com': undefined,
  '192.0.2.7 ': undefined,
  '2001:db8::1%eth0': undefined,
};

describe('cidr', () => {
  const shop = new Workshop();
  after(() => shop.close());
  const spec = `cidr:${shop.file('networks', source)}`;
  const table = shop.tables.open(spec, here);
  for (const [key, value] of Object.entries(expected)) {
    test(`${key} is ${value}`, () => assert.equal(table.find(key), value));
  }

  test('a partial key is not looked up', () =>
    assert.equal(table.find('10.1.2.3', { partial: true }), undefined));
  test('entries know their lines', () =>
    assert.deepEqual(table.sourceOf('192.0.2.201'), { file: 'networks', line: 20 }));

  test('bad lines are complained of', () => {
    const rest = 'write address/length or an address; this rule is skipped';
    assert.deepEqual(shop.complaints, [
      `networks:8: "192.0.2.1/24\thost bits": non-null host address bits in "192.0.2.1/24", perhaps you should use "192.0.2.0/24" instead; ${rest}`.replace(
        '\t',
        '?',
      ),
      `networks:9: "192.0.2.0/33?too long": bad mask length in "192.0.2.0/33"; ${rest}`,
      `networks:10: "192.0.2/24?short": bad network value in "192.0.2/24"; ${rest}`,
      `networks:13: "300.0.0.0/8?bad": bad network value in "300.0.0.0/8"; ${rest}`,
      'networks:14: "192.0.2.8": no lookup result; expected format: network whitespace result',
      'networks:21: "endif extra": garbage after ENDIF; write "endif" alone',
      'networks:23: "endif": ENDIF without IF; remove it, or add the "if" line',
    ]);
  });

  test('a smaller network behind a bigger one is pointed out, unless both say the same', () => {
    assert.deepEqual(
      table.lint().map(({ source, problem }) => [source.line, problem]),
      [[4, '10.1.2.0/24 is never reached: line 2 matches first']],
    );
  });

  test('rules in the name', () => {
    const inline = shop.tables.open('cidr:{ {10.0.0.0/8 ten}, { !::/1   high  } }', here);
    assert.equal(inline.find('10.0.0.1'), 'ten');
    assert.equal(inline.find('8000::'), 'high');
    assert.deepEqual(inline.sourceOf('10.0.0.1'), here);
  });

  test('an if without endif goes on to the end', () => {
    const open = shop.tables.open(
      `cidr:${shop.file('open', 'if 10.0.0.0/8\n10.0.0.1 in\n11.0.0.1 never\n')}`,
      here,
    );
    assert.equal(open.find('10.0.0.1'), 'in');
    assert.equal(open.find('11.0.0.1'), undefined);
    assert.match(shop.complaints.join('\n'), /open:1: IF has no matching ENDIF/);
  });

  test('like postmap', { skip: noPostfix }, () => {
    const postmap = new Postmap();
    const theirs = postmap.query(spec, Object.keys(expected));
    for (const key of Object.keys(expected)) assert.equal(table.find(key), theirs.get(key), key);
    postmap.close();
  });
});

test('generated cidr tables are like postmap, and like asking one rule after the other', {
  skip: noPostfix,
}, async () => {
  const shop = new Workshop();
  const postmap = new Postmap();
  const random = generator(7);
  let compared = 0;
  for (let round = 0; round < 30; round++) {
    const lines = Array.from({ length: 80 }, (_, i) => randomRule(random, i));
    const spec = `cidr:${shop.file(`generated${round}`, `${lines.join('\n')}\n`)}`;
    const keys = [...new Set(Array.from({ length: 300 }, () => randomAddress(random)))];
    const theirs = postmap.query(spec, keys);
    const table = shop.tables.openRaw(spec, here);
    for (const key of keys) {
      assert.equal(table.find(key), theirs.get(key), `${key} in\n${lines.join('\n')}`);
      compared += 1;
    }
  }
  console.log(`compared ${compared} look-ups in 30 generated tables`);
  postmap.close();
  await shop.close();
});

function randomRule(random: (below: number) => number, i: number): string {
  const kind = random(20);
  const network = randomNetwork(random);
  if (kind === 0) return `if ${pick(random, ['', '!', '!! '])}${network}`;
  if (kind === 1) return 'ENDIF';
  if (kind === 2) return `! ${network}\tresult${i}`;
  return `${network}\tresult${i}`;
}

/** From a small world, so that networks contain each other. */
function randomNetwork(random: (below: number) => number): string {
  const isV6 = random(3) === 0;
  const bits = isV6 ? 16 + random(113) : random(33);
  const wrong = `${randomAddress(random, isV6)}/${bits}`;
  const parsed = parseNetwork(wrong);
  if (parsed.kind === 'network' || random(20) === 0) return wrong;
  return /perhaps you should use "([^"]+)"/.exec(parsed.problem)?.[1] ?? wrong;
}

function randomAddress(random: (below: number) => number, isV6 = random(3) === 0): string {
  if (!isV6) return `${10 + random(2)}.${random(2)}.${random(3)}.${random(256)}`;
  return `2001:db8:${random(2)}:${random(3).toString(16)}::${random(4)}`;
}

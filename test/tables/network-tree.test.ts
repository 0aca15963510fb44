import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  maskWord,
  type Network,
  networkContains,
  parseAddress,
  parseNetwork,
} from '../../src/tables/network.ts';
import { NetworkTree } from '../../src/tables/network-tree.ts';
import { generator } from './random.ts';

describe('parseNetwork', () => {
  const good: readonly [string, readonly number[], number][] = [
    ['0.0.0.0/0', [0], 0],
    ['192.0.2.1', [0xc0000201], 32],
    ['[192.0.2.0/24]', [0xc0000200], 24],
    ['[192.0.2.0]/24', [0xc0000200], 24],
    ['::/0', [0, 0, 0, 0], 0],
    ['::1', [0, 0, 0, 1], 128],
    ['2001:DB8::/32', [0x20010db8, 0, 0, 0], 32],
    ['[2001:db8::1]', [0x20010db8, 0, 0, 1], 128],
    ['1:2:3:4:5:6:7:8', [0x10002, 0x30004, 0x50006, 0x70008], 128],
    ['1:2:3:4:5:6:7::', [0x10002, 0x30004, 0x50006, 0x70000], 128],
    ['::ffff:192.0.2.1', [0, 0, 0xffff, 0xc0000201], 128],
    ['192.0.2.0/024', [0xc0000200], 24],
  ];
  for (const [text, words, prefixBits] of good) {
    test(text, () => {
      const parsed = parseNetwork(text);
      assert.ok(parsed.kind === 'network');
      assert.deepEqual([...parsed.network.words], words);
      assert.equal(parsed.network.prefixBits, prefixBits);
    });
  }

  const bad: readonly [string, string][] = [
    [
      '192.0.2.1/24',
      'non-null host address bits in "192.0.2.1/24", perhaps you should use "192.0.2.0/24" instead',
    ],
    [
      '2001:db8:0:1::1/64',
      'non-null host address bits in "2001:db8:0:1::1/64", perhaps you should use "2001:db8:0:1::/64" instead',
    ],
    ['192.0.2.0/33', 'bad mask length in "192.0.2.0/33"'],
    ['::/129', 'bad mask length in "::/129"'],
    ['192.0.2.0/', 'bad mask value in "192.0.2.0/"'],
    ['192.0.2.0/x', 'bad mask value in "192.0.2.0/x"'],
    ['192.0.2/24', 'bad network value in "192.0.2/24"'],
    ['192.0.2', 'bad address pattern: "192.0.2"'],
    ['192.0.2.01', 'bad address pattern: "192.0.2.01"'],
    ['192.0.2.256', 'bad address pattern: "192.0.2.256"'],
    ['192.0.2.1.', 'bad address pattern: "192.0.2.1."'],
    ['1::2::3', 'bad address pattern: "1::2::3"'],
    [':::', 'bad address pattern: ":::"'],
    [':1', 'bad address pattern: ":1"'],
    ['1:2:3:4:5:6:7', 'bad address pattern: "1:2:3:4:5:6:7"'],
    ['1:2:3:4:5:6:7:8:9', 'bad address pattern: "1:2:3:4:5:6:7:8:9"'],
    ['1:2:3:4:5:6:7:8::', 'bad address pattern: "1:2:3:4:5:6:7:8::"'],
    ['12345::', 'bad address pattern: "12345::"'],
    ['192.0.2.1::', 'bad address pattern: "192.0.2.1::"'],
    ['fe80::1%eth0', 'bad address pattern: "fe80::1%eth0"'],
    ['[::1', `missing ']' character after "[::1"`],
    ['[::1]x', 'garbage after "[::1]"'],
    ['', 'bad address pattern: ""'],
  ];
  for (const [text, problem] of bad) {
    test(text || 'nothing', () => assert.deepEqual(parseNetwork(text), { kind: 'problem', problem }));
  }

  test('an endless address is refused at once', () => {
    for (const text of [
      '1:'.repeat(500_000),
      '1.'.repeat(500_000),
      ':'.repeat(500_000),
      '1'.repeat(1_000_000),
    ]) {
      assert.equal(parseAddress(text), undefined);
    }
  });
});

describe('NetworkTree', () => {
  for (const width of [1, 4] as const) {
    test(`finds the first of 3,000 networks of ${width * 32} bits, as asking one after the other does`, () => {
      const random = generator(width);
      const tree = new NetworkTree(width);
      const networks: Network[] = [];
      for (let rule = 0; rule < 3000; rule++) {
        const network = randomNetwork(random, width);
        networks.push(network);
        tree.add(network, rule);
      }
      let found = 0;
      for (let i = 0; i < 3000; i++) {
        const address = randomAddress(random, width);
        const expected = networks.findIndex((network) => networkContains(network, address));
        assert.equal(tree.find(address), expected);
        if (expected >= 0) found += 1;
      }
      assert.ok(found > 300 && found < 2999, `${found} found`);
    });
  }
});

/** Many bits in common, so that networks nest. */
function randomAddress(random: (below: number) => number, width: 1 | 4): Uint32Array {
  return Uint32Array.from(
    { length: width },
    () => (random(16) << 28) | (random(64) << 20) | (random(4) * 77),
  );
}

function randomNetwork(random: (below: number) => number, width: 1 | 4): Network {
  const prefixBits = 14 + random(width * 32 - 13);
  const words = randomAddress(random, width).map((word, i) => word & maskWord(prefixBits, i));
  return { words, prefixBits };
}

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PatternType } from '../../src/tables/pattern-line.ts';
import { LookupFailure } from '../../src/tables/table.ts';
import { here, Workshop } from './opened.ts';
import { noPostfix, Postmap } from './postmap.ts';
import { generator, pick } from './random.ts';

/** A table for each type, with keys and what they find. */
interface Sample {
  readonly what: string;
  readonly types: readonly PatternType[];
  readonly source: string;
  readonly answers: Readonly<Record<string, string | undefined>>;
  /** Parts of the complaints, in order. */
  readonly complaints?: readonly string[];
}

const both: readonly PatternType[] = ['regexp', 'pcre'];

const samples: readonly Sample[] = [
  {
    what: 'first match in order, case does not matter',
    types: both,
    source: '/^a/ first\n/b/ second\n/^ab/ never\n',
    answers: { a: 'first', AB: 'first', xb: 'second', x: undefined },
  },
  {
    what: '/i makes case matter',
    types: both,
    source: '/abc/i small\n/ABC/ii any\n',
    answers: { abc: 'small', ABC: 'any', aBc: 'any' },
  },
  {
    what: 'groups in results',
    types: both,
    source:
      '/^(.*)-outgoing@(.*)$/ 550 Use ${1}@$(2) instead of $1 for $$5\n/^(a)|(b)$/ <$1$2>\n/^x(y)?z/ [$1]\n',
    answers: {
      'list-outgoing@example.com': '550 Use list@example.com instead of list for $5',
      a: '<a>',
      B: '<B>',
      xz: '[]',
      xyz: '[y]',
    },
  },
  {
    what: 'results without groups',
    types: both,
    source: '/a/ costs $$1  \n/b/\n/c/   550 text with   spaces\t\n',
    answers: { a: 'costs $1', b: '', c: '550 text with   spaces' },
    complaints: ['2: "/b/": no replacement text: using empty string'],
  },
  {
    what: 'bad results are skipped',
    types: both,
    source: '/a/ $2\n/(a)/ $x\n/a/ $0\n/a/ ${1\n/a/ $\n/(a)/ $1x\n!/z/ $1\n/(a)/ ${x}\n/a/ rest\n',
    answers: { a: 'rest' },
    complaints: [
      'out of range replacement index "2"',
      'non-numeric replacement index "x"',
      'out of range replacement index "0"',
      'truncated macro reference: "${1"',
      'empty macro name: "$"',
      'non-numeric replacement index "1x"',
      '$number found in negative match replacement text',
      'non-numeric replacement index "x"',
    ],
  },
  {
    what: 'negated patterns',
    types: both,
    source: '!/a/ no a\n! /b/ no b\n!!/ab/ twice no\n!!!/c/ no c\n/./ rest\n',
    answers: { x: 'no a', a: 'no b', ab: 'twice no', bca: 'rest', ba: 'no c' },
  },
  {
    what: 'blocks',
    types: both,
    source:
      'if /^owner-/\n/a$/ inner a\nif !/b/\n/c/ inner c without b\nendif\n/./ inner rest\nENDIF\nIf /x/\nendif\n/a/ outer a\n',
    answers: {
      'owner-a': 'inner a',
      'owner-c': 'inner c without b',
      'owner-bc': 'inner rest',
      a: 'outer a',
      xa: 'outer a',
      c: undefined,
    },
  },
  {
    what: 'a block without end',
    types: both,
    source: '/first/ one\nif /a/\n/b/ two\nif /c/\nendif\n/d/ three\n',
    answers: { first: 'one', ab: 'two', b: undefined, ad: 'three', d: undefined },
    complaints: ['2: IF has no matching ENDIF'],
  },
  {
    what: 'lines that make no sense',
    types: both,
    source:
      'hello /a/ x\n/a x\n/a/q x\n!\nendif\nif\nif /(/\n/[/ x\n/a/ rest\nendif extra\nif /b/ extra\n/b/ in b\nendif extra\n',
    answers: { a: 'rest', b: 'in b', hello: undefined },
    complaints: [
      '1: "hello /a/ x": unrecognized request',
      '2: "/a x": no closing regexp delimiter "/"',
      '3: "/a/q x": unknown regexp option "q"',
      '4: "!": no regexp',
      '5: "endif": ignoring ENDIF without matching IF',
      '6: "if": no regexp',
      '7: ',
      '8: ',
      '10: "endif extra": ignoring ENDIF without matching IF',
      '11: "if /b/ extra": ignoring extra text after IF statement: "extra"',
      '13: "endif extra": ignoring extra text after ENDIF',
    ],
  },
  {
    what: 'any delimiter, protected by a backslash',
    types: both,
    source: '~a/b~ tilde\n|x\\|y| bar\n"q" quote\n{c{ brace\n/sl\\/ash/ slash\n',
    answers: { 'a/b': 'tilde', q: 'quote', c: 'brace', 'sl/ash': 'slash' },
  },
  {
    what: 'lines that go on',
    types: both,
    source: '/a/ one\n  two\n# comment\n\tthree\n/b/\n  result\n',
    answers: { a: 'one  two\tthree', b: 'result' },
  },
  {
    what: 'an empty pattern matches all',
    types: both,
    source: '/a/ a\n// all\n',
    answers: { a: 'a', x: 'all' },
  },
  {
    what: 'octets',
    types: both,
    source: '/^.$/ one byte\n/^..$/ two bytes\n/ä/ umlaut\n/(ß+)/ [$1]\n',
    answers: { a: 'one byte', ä: 'two bytes', xäx: 'umlaut', XÄX: undefined, xßßx: '[ß]' },
  },
  {
    what: 'a second pattern',
    types: ['regexp'],
    source: '/a/!/b/ a without b\n/c/i!/d/i X\n/(e)/!!/f/ e with f: $1\n/g/ ! h\n',
    answers: {
      a: 'a without b',
      ab: undefined,
      c: 'X',
      cD: 'X',
      cd: undefined,
      ef: 'e with f: e',
      e: undefined,
      g: '! h',
    },
  },
  {
    what: 'POSIX: the longest match, basic syntax with x',
    types: ['regexp'],
    source: '/^(a|ab)(c|bcd)?$/ $1 $2\n/^a+b$/x plus\n/^a\\(b\\)$/x never $1\n',
    answers: { abcd: 'a bcd', abc: 'ab c', 'a+b': 'plus' },
  },
  {
    what: 'PCRE: flags',
    types: ['pcre'],
    source: '/^a.b$/s no newline\n/x y/x spaces\n/k/A at the start\n/z$/E end\n/(m+)/U [$1]\n/a/X old\n',
    answers: {
      xy: 'spaces',
      'x y': undefined,
      kx: 'at the start',
      xk: undefined,
      mmm: '[m]',
      a: 'old',
      z: 'end',
    },
    complaints: ['6: "/a/X old": ignoring obsolete regexp option "X"'],
  },
  {
    what: 'PCRE: looking around',
    types: ['pcre'],
    source: '/^(?!.*@example\\.com$).*@/ foreign\n/(?<=a)b/ behind\n/^(.)\\1$/ twice $1\n',
    answers: {
      'x@example.org': 'foreign',
      'x@example.com': undefined,
      ab: 'behind',
      b: undefined,
      cc: 'twice c',
    },
  },
];

for (const type of both) {
  describe(type, () => {
    for (const { what, types, source, answers, complaints = [] } of samples) {
      if (!types.includes(type)) continue;
      test(what, async () => {
        const shop = new Workshop();
        const table = shop.tables.openRaw(`${type}:${shop.file('rules', source)}`, here);
        for (const [key, value] of Object.entries(answers)) assert.equal(await table.find(key), value, key);
        const told = shop.complaints;
        assert.equal(told.length, complaints.length, told.join('\n'));
        for (const [i, part] of complaints.entries())
          assert.ok(told[i]?.includes(part), `${told[i]} has no ${part}`);
        await shop.close();
      });

      test(`${what}, like postmap`, { skip: noPostfix }, async () => {
        const shop = new Workshop();
        const postmap = new Postmap();
        const theirs = postmap.query(`${type}:${shop.file('rules', source)}`, Object.keys(answers));
        for (const [key, value] of Object.entries(answers)) assert.equal(theirs.get(key), value, key);
        postmap.close();
        await shop.close();
      });
    }

    test('rules in the name', async () => {
      const shop = new Workshop();
      const table = shop.tables.open(`${type}:{ {/^a b/ x y}, {!/c/ no c} }`, here);
      assert.equal(await table.find('a bc'), 'x y');
      assert.deepEqual(await table.findEntry('d'), { value: 'no c', source: here });
      assert.throws(() => shop.tables.open(`${type}:{ /a/ b }`, here).find('a'), LookupFailure);
      await shop.close();
    });

    test('entries know their lines, partial keys are not looked up', async () => {
      const shop = new Workshop();
      const table = shop.tables.open(`${type}:${shop.file('rules', '# x\n/a/ one\n/(b)/ $1\n')}`, here);
      assert.deepEqual(await table.findEntry('xbx'), { value: 'b', source: { file: 'rules', line: 3 } });
      assert.equal(table.find('a', { partial: true }), undefined);
      await shop.close();
    });

    test('pieces of a message', async () => {
      const shop = new Workshop();
      const table = shop.tables.open(
        `${type}:${shop.file('rules', '/^Subject: (.*)$/ <$1>\n/\\xff/ octet\n')}`,
        here,
      );
      const line = Buffer.concat([Buffer.from('xxSubject: hä\n'), Buffer.from([0x41, 0xff, 0xe4])]);
      assert.deepEqual(await table.findInBytes(line, 2, 14), {
        value: '<hä>',
        source: { file: 'rules', line: 1 },
      });
      assert.equal(await table.findInBytes(line, 0, 14), undefined);
      assert.equal(await table.findInBytes(line, 3, 14), undefined);
      await shop.close();
    });

    test('generated tables are like postmap', { skip: noPostfix }, async () => {
      const shop = new Workshop();
      const postmap = new Postmap();
      const random = generator(type.length);
      let compared = 0;
      for (let round = 0; round < 25; round++) {
        const rules = Array.from({ length: 40 }, (_, i) => randomRule(random, i));
        const spec = `${type}:${shop.file(`generated${round}`, `${rules.join('\n')}\n`)}`;
        const keys = [...new Set(Array.from({ length: 100 }, () => randomKey(random)))];
        const theirs = postmap.query(spec, keys);
        const table = shop.tables.openRaw(spec, here);
        for (const key of keys) {
          assert.equal(await table.find(key), theirs.get(key), `${key} in\n${rules.join('\n')}`);
          compared += 1;
        }
      }
      console.log(`${type}: compared ${compared} look-ups in 25 generated tables`);
      postmap.close();
      await shop.close();
    });
  });
}

function randomKey(random: (below: number) => number): string {
  return Array.from({ length: 1 + random(8) }, () => pick(random, [...'abcABC.@'])).join('');
}

function randomRule(random: (below: number) => number, i: number): string {
  const pattern = `/${randomPattern(random)}/${pick(random, ['', '', '', 'i'])}`;
  const kind = random(12);
  if (kind === 0) return `if ${pick(random, ['', '!'])}${pattern}`;
  if (kind === 1) return 'endif';
  if (kind === 2) return `!${pattern} result${i}`;
  return `${pattern} result${i} ${pick(random, ['', '$1', '<$1>${2}'])}`;
}

function randomPattern(random: (below: number) => number): string {
  const atoms = Array.from({ length: 1 + random(4) }, () => {
    const atom = pick(random, ['a', 'b', 'c', '.', '[ab]', '[^a]', '(a|b)', '(b)', '\\.', '@']);
    return atom + pick(random, ['', '', '', '*', '+', '?', '{2}']);
  });
  return pick(random, ['', '^']) + atoms.join('') + pick(random, ['', '$']);
}

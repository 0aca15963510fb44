/** Asks the installed Postfix what its regexp: and pcre: tables answer, and expects the same. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { encodeOctets } from '../../src/mail/octets.ts';
import { compilePattern, type Pattern, pcreSyntax, regexpSyntax } from '../../src/patterns/pattern.ts';
import { PatternError } from '../../src/patterns/pattern-error.ts';
import {
  ereGrammar,
  type Grammar,
  hardPcreGrammar,
  pcreGrammar,
  Random,
  randomPattern,
  randomText,
} from './random-patterns.ts';

const directory = mkdtempSync(join(tmpdir(), 'patterns-'));
after(() => rmSync(directory, { recursive: true }));

const found = spawnSync('postmap', ['-q', 'x', 'inline:{x=y}'], { encoding: 'utf8' });
const skip =
  found.stdout?.trim() === 'y'
    ? false
    : `no Postfix to compare with: ${found.error?.message ?? found.stderr}`;
if (skip) console.log(skip);

/** The answers of `type:` with this one rule to each key; undefined: not found. A refused rule finds nothing. */
function ask(
  type: string,
  rule: string,
  keys: readonly string[],
): { answers: Map<string, string>; warnings: string } {
  const file = join(directory, 'table');
  writeFileSync(file, encodeOctets(rule));
  const input = Buffer.concat(keys.map((key) => encodeOctets(`${key}\n`)));
  const result = spawnSync('postmap', ['-u', '-q', '-', `${type}:${file}`], { input, encoding: 'latin1' });
  const answers = new Map<string, string>();
  for (const line of result.stdout.split('\n').slice(0, -1)) {
    const tab = line.lastIndexOf('\t');
    answers.set(line.slice(0, tab), line.slice(tab + 1));
  }
  return { answers, warnings: result.stderr };
}

/** What a rule with `[$1][$2]...` gives; groups that hold nothing are empty. */
async function ours(pattern: Pattern, key: string): Promise<string | undefined> {
  const groups = await pattern.match(encodeOctets(key));
  if (groups === undefined) return undefined;
  return (
    groups
      .slice(1)
      .map((group) => `[${group ?? ''}]`)
      .join('') || 'YES'
  );
}

const latin1 = (text: string): string => encodeOctets(text).toString('latin1');

/** The keys that Postfix answers otherwise; undefined: both refuse the pattern. */
async function differences(
  type: string,
  text: string,
  flags: string,
  pattern: Pattern,
  keys: readonly string[],
) {
  const result = Array.from({ length: pattern.groups }, (_, i) => `[\${${i + 1}}]`).join('') || 'YES';
  const { answers, warnings } = ask(type, `/${text}/${flags} ${result}\n`, keys);
  if (/error in regex|regexp map/.test(warnings)) return [`Postfix refuses: ${warnings}`];
  const different: string[] = [];
  for (const key of keys) {
    const mine = await ours(pattern, key);
    const theirs = answers.get(latin1(key));
    if ((mine === undefined ? undefined : latin1(mine)) !== theirs) {
      different.push(`${JSON.stringify(key)}: Postfix ${theirs}, ours ${mine}`);
    }
  }
  return different;
}

interface Sample {
  readonly type: 'regexp' | 'pcre';
  readonly grammar: Grammar;
  readonly patterns: number;
  readonly seed: number;
  readonly flags: readonly string[];
  /** Known faults of the libraries are in patterns with anchors inside. */
  readonly anchors: number;
}

const PIECES = [...'aabbcABx1_ .-]d', 'a.b', '\u{dce9}'];

const samples: readonly Sample[] = [
  { type: 'regexp', grammar: ereGrammar, patterns: 100, seed: 11, flags: ['', 'i'], anchors: 0 },
  {
    type: 'pcre',
    grammar: pcreGrammar,
    patterns: 100,
    seed: 12,
    flags: ['', 'i', 's', 'A', 'E', 'U', 'x', 'm'],
    anchors: 6,
  },
  { type: 'pcre', grammar: hardPcreGrammar, patterns: 100, seed: 13, flags: ['', 'i', 'U'], anchors: 6 },
];

for (const sample of samples) {
  const name = `${sample.patterns} random ${sample.type} patterns of seed ${sample.seed} answer as Postfix does`;
  test(name, { skip }, async () => {
    const random = new Random(sample.seed);
    let refused = 0;
    for (let i = 0; i < sample.patterns; i++) {
      const text = randomPattern(random, sample.grammar, 2, sample.anchors);
      const flags = random.pick(sample.flags);
      const keys = Array.from({ length: 12 }, () => randomText(random, PIECES, 8)).filter(
        (key) => key !== '',
      );
      let pattern: Pattern;
      try {
        pattern = compilePattern(text, syntaxOf(sample.type, flags));
      } catch (error) {
        assert.ok(error instanceof PatternError);
        refused++;
        const { warnings } = ask(sample.type, `/${text}/${flags} YES\n`, ['a']);
        assert.match(warnings, /map/, `Postfix takes what we refuse: ${text}: ${error.message}`);
        continue;
      }
      assert.deepEqual(await differences(sample.type, text, flags, pattern, keys), [], `/${text}/${flags}`);
    }
    console.log(
      `${sample.type}: ${sample.patterns - refused} patterns x 12 keys equal, ${refused} refused by both`,
    );
  });
}

function syntaxOf(type: 'regexp' | 'pcre', flags: string) {
  const has = (flag: string): boolean => flags.includes(flag);
  if (type === 'regexp')
    return {
      ...regexpSyntax,
      ignoreCase: !has('i'),
      dialect: has('x') ? 'bre' : 'ere',
      multiline: has('m'),
    } as const;
  return {
    ...pcreSyntax,
    ignoreCase: !has('i'),
    multiline: has('m'),
    dotAll: !has('s'),
    extended: has('x'),
    anchored: has('A'),
    dollarEndOnly: has('E'),
    ungreedy: has('U'),
  };
}

/** Rules as operators write them. */
const written: readonly (readonly ['regexp' | 'pcre', string, string, readonly string[]])[] = [
  ['regexp', '^(.*)-owner@(.*)$', '', ['list-owner@example.com', 'x-y-owner@a@b', 'owner@example.com']],
  ['regexp', 'dsl.*\\..*\\..*', 'i', ['dsl-1.pool.example', 'DSL-1.pool.example', 'dsl.example']],
  ['regexp', '[ax]dsl|dial(up)?[0-9]{1,3}', '', ['ADSL', 'dialup12', 'dial7', 'dial']],
  ['regexp', '\\(a\\)\\(b\\{1,2\\}\\)', 'x', ['abb', 'ab', 'AB', '(a)(b)']],
  ['regexp', '(a)(b)\\2\\1', '', ['abba', 'abab', 'xABBAx']],
  ['regexp', '(a*)(ab)*(b*)', '', ['abb', 'aabb', 'b']],
  ['regexp', '(x|xy)(z|yz)?', '', ['xyz', 'xy', 'x']],
  ['regexp', '\u{dce0}[\u{dcc0}-\u{dcff}]', '', ['\u{dce0}\u{dcc1}', '\u{dcc0}\u{dcc1}']],
  [
    'pcre',
    '^(?!owner-)(.*)-outgoing@(.*)',
    '',
    ['list-outgoing@example.com', 'owner-outgoing@x', 'OWNER-a-outgoing@x'],
  ],
  ['pcre', '^(friend@(?!my\\.domain$).*)$', '', ['friend@my.domain', 'friend@my.domain.org', 'friend@x']],
  [
    'pcre',
    '^\\s*Content-(Disposition|Type).*name\\s*=\\s*"?(.+\\.(bat|exe|pif|scr))"?\\s*$',
    '',
    [
      'Content-Type: x; name="a b.EXE"',
      ' content-disposition: attachment; filename = a.scr',
      'Content-Type: x; name=a.txt',
    ],
  ],
  [
    'pcre',
    '(495|8)\\W*(<[^>]+>)*\\W*540\\W*91\\W*70',
    '',
    ['call 8 (<b>540</b>) 540-91-70', '495 540 91 70', '495 540 91 71'],
  ],
  ['pcre', '(?<word>\\w+) \\k<word>', '', ['the the', 'the then', 'a b']],
  ['pcre', '^(?:(a)|b)(?(1)c|d)$', '', ['ac', 'bd', 'ad', 'bc']],
  ['pcre', '\\(((?>[^()]+)|(?R))*\\)', '', ['(a(b)c)', '((a)', 'x']],
  ['pcre', 'a++b|(?i-s:C.)d', 'i', ['aab', 'Cxd', 'cxd', 'cXD']],
  ['pcre', '[а-я]', '', ['\u{dcd0}\u{dcb1}', 'a', '\u{dcaf}']],
];

test('rules as operators write them answer as Postfix does', { skip }, async () => {
  for (const [type, text, flags, keys] of written) {
    const pattern = compilePattern(text, syntaxOf(type, flags));
    assert.deepEqual(await differences(type, text, flags, pattern, keys), [], `${type} /${text}/${flags}`);
  }
});

/** The head of `(?(condition)yes|no)` (pcre2pattern(3), CONDITIONAL GROUPS). */
import { LARGEST_GROUP } from './pcre-escape.ts';
import type { PcreParser } from './pcre-parser.ts';
import type { Condition } from './syntax-tree.ts';

/** The PCRE2 that Postfix 3.7 runs with on Debian 12; `(?(VERSION>=10.4)...)` compares with it. */
const VERSION = 10.42;

/** Reads the condition; the cursor stands behind its opening parenthesis. `opened`: where the group began. */
export function readCondition(parser: PcreParser, opened: number): Condition {
  const { cursor, groups } = parser;
  const at = cursor.at;
  if (cursor.looksAt('?') || cursor.looksAt('*')) return lookCondition(parser, opened);
  const group = cursor.relativeNumber(groups.opened, LARGEST_GROUP);
  if (group !== undefined) {
    if (group === 0) throw cursor.error('the reference leads to no group', at);
    cursor.expect(')', 'the condition ends with )');
    return { kind: 'group', groups: [groups.check(group, at)] };
  }
  if (cursor.passes('VERSION')) return versionCondition(parser);
  if (cursor.passes('R&')) return { kind: 'recursion', groups: groups.numbersOf(cursor.name(')'), at) };
  if (cursor.passes('<')) return namedCondition(parser, cursor.name('>'), at, true);
  if (cursor.passes("'")) return namedCondition(parser, cursor.name("'"), at, true);
  return plainCondition(parser, cursor.name(')'), at);
}

function lookCondition(parser: PcreParser, opened: number): Condition {
  const { cursor } = parser;
  const rest = cursor.ahead(40);
  const names: [RegExp, string][] = [
    [/^\?=|^\*(pla|positive_lookahead):/, '='],
    [/^\?!|^\*(nla|negative_lookahead):/, '!'],
    [/^\?<=|^\*(plb|positive_lookbehind):/, '<='],
    [/^\?<!|^\*(nlb|negative_lookbehind):/, '<!'],
  ];
  for (const [name, symbol] of names) {
    const match = name.exec(rest);
    if (match === null) continue;
    cursor.at += match[0].length;
    return { kind: 'look', look: parser.look(symbol, opened) };
  }
  throw cursor.error('a condition is a group, R, DEFINE or a look-around');
}

function namedCondition(parser: PcreParser, name: string, at: number, closing: boolean): Condition {
  if (closing) parser.cursor.expect(')', 'the condition ends with )');
  return { kind: 'group', groups: parser.groups.numbersOf(name, at) };
}

/** `(name)`, `(R)`, `(R1)`, `(DEFINE)`: a group of that name goes first, except for DEFINE. */
function plainCondition(parser: PcreParser, name: string, at: number): Condition {
  const { groups } = parser;
  if (name === 'DEFINE') return { kind: 'constant', value: false, define: true };
  const recursion = /^R(\d*)$/.exec(name);
  if (recursion === null) return namedCondition(parser, name, at, false);
  const number = recursion[1] === '' ? undefined : groups.check(Number(recursion[1]), at);
  return { kind: 'recursion', groups: number === undefined ? undefined : [number] };
}

function versionCondition(parser: PcreParser): Condition {
  const { cursor } = parser;
  const atLeast = cursor.passes('>');
  cursor.expect('=', 'the condition is written VERSION=n.m or VERSION>=n.m');
  const major = cursor.number(1000) ?? 0;
  const minor = cursor.passes('.') ? cursor.number(99) : 0;
  cursor.expect(')', 'the condition ends with )');
  const asked = Number(`${major}.${minor ?? 0}`);
  return { kind: 'constant', value: atLeast ? VERSION >= asked : VERSION === asked };
}

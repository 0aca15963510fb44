/**
 * `\p{...}`: sets of characters by Unicode property, taken from the JavaScript engine. When a pattern is read as bytes,
 * a byte stands for the code point of the same number, as PCRE2 has it.
 *
 * Unlike PCRE2: names but for `lu` and its kin are spelled as in Unicode (`Greek`, `White_Space`); no Bidi_Class.
 */
import { CharSet } from './char-set.ts';

/** PCRE2's own names. */
const OWN: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Any: '\\p{Any}',
    'L&': '\\p{LC}',
    Xan: '\\p{L}\\p{N}',
    Xsp: '\\p{Z}\\t\\n\\v\\f\\r\\x85\\u180e',
    Xps: '\\p{Z}\\t\\n\\v\\f\\r\\x85\\u180e',
    Xwd: '\\p{L}\\p{N}_',
    Xuc: '$@`\\xa0-\\ud7ff\\ue000-\\u{10ffff}',
  }),
);

const LAST = 0x10ffff;
let everything: string | undefined;
const known = new Map<string, CharSet | undefined>();

/** The code points that have the property; undefined when there is no such property. */
export function unicodeProperty(name: string): CharSet | undefined {
  if (!known.has(name)) known.set(name, lookedUp(name));
  return known.get(name);
}

function lookedUp(name: string): CharSet | undefined {
  const own = OWN.get(name);
  if (own !== undefined) return membersOf(own);
  if (!/^[A-Za-z][\w ]*$/.test(name)) return undefined;
  const category = name.length <= 2 ? name.charAt(0).toUpperCase() + name.slice(1).toLowerCase() : name;
  const spelled = category.replaceAll(' ', '_');
  for (const property of [spelled, `Script_Extensions=${spelled}`]) {
    try {
      return membersOf(`\\p{${property}}`);
    } catch {
      // No such property under this heading.
    }
  }
  return undefined;
}

/** Runs through all code points once (about 20 ms). */
function membersOf(characterClass: string): CharSet {
  const runs = new RegExp(`[${characterClass}]+`, 'gu');
  everything ??= allCodePoints();
  const ranges: number[] = [];
  for (const match of everything.matchAll(runs)) {
    const first = match[0].codePointAt(0) ?? 0;
    const last = lastCodePoint(match[0]);
    // The text leaves surrogates out, so a run may go over the gap.
    if (first < 0xd800 && last > 0xdfff) ranges.push(first, 0xd7ff, 0xe000, last);
    else ranges.push(first, last);
  }
  return CharSet.of(ranges);
}

function lastCodePoint(text: string): number {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xdc00 && unit <= 0xdfff ? (text.codePointAt(text.length - 2) ?? 0) : unit;
}

function allCodePoints(): string {
  const parts: string[] = [];
  for (let code = 0; code <= LAST; code++) {
    if (code < 0xd800 || code > 0xdfff) parts.push(String.fromCodePoint(code));
  }
  return parts.join('');
}

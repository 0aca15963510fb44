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

const texts = new Map<number, string>();
const known = new Map<string, CharSet | undefined>();

/** The code points up to `last` that have the property; undefined when there is no such property. */
export function unicodeProperty(name: string, last: number): CharSet | undefined {
  const key = `${name} ${last}`;
  if (!known.has(key)) known.set(key, lookedUp(name, last));
  return known.get(key);
}

function lookedUp(name: string, last: number): CharSet | undefined {
  const own = OWN.get(name);
  if (own !== undefined) return membersOf(own, last);
  if (!/^[A-Za-z][\w ]*$/.test(name)) return undefined;
  const category = name.length <= 2 ? name.charAt(0).toUpperCase() + name.slice(1).toLowerCase() : name;
  const spelled = category.replaceAll(' ', '_');
  for (const property of [spelled, `Script_Extensions=${spelled}`]) {
    try {
      return membersOf(`\\p{${property}}`, last);
    } catch {
      // No such property under this heading.
    }
  }
  return undefined;
}

/** Runs through all code points up to `last` (about 30 ms for all that there are). */
function membersOf(characterClass: string, last: number): CharSet {
  const runs = new RegExp(`[${characterClass}]+`, 'gu');
  const text = texts.get(last) ?? codePoints(last);
  texts.set(last, text);
  const ranges: number[] = [];
  for (const match of text.matchAll(runs)) {
    const from = match[0].codePointAt(0) ?? 0;
    const to = lastCodePoint(match[0]);
    // The text leaves surrogates out, so a run may go over the gap.
    if (from < 0xd800 && to > 0xdfff) ranges.push(from, 0xd7ff, 0xe000, to);
    else ranges.push(from, to);
  }
  return CharSet.of(ranges);
}

function lastCodePoint(text: string): number {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xdc00 && unit <= 0xdfff ? (text.codePointAt(text.length - 2) ?? 0) : unit;
}

const CHUNK = 4096;

function codePoints(last: number): string {
  let text = '';
  for (let from = 0; from <= last; from += CHUNK) {
    if (from >= 0xd800 && from < 0xe000) continue;
    const to = Math.min(from + CHUNK - 1, last, from < 0xd800 ? 0xd7ff : last);
    text += String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i));
  }
  return text;
}

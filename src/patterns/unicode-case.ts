/**
 * Simple case folding of code points (one to one; Unicode CaseFolding.txt, status C and S), taken from what the
 * JavaScript engine knows. Built once, when the first UTF-8 pattern that ignores case is compiled (a few ms).
 */

/** Blocks with case, first and last code point; all others are passed over. */
const CASED: readonly (readonly [number, number])[] = [
  [0x41, 0x58f],
  [0x10a0, 0x10ff],
  [0x13a0, 0x13ff],
  [0x1c80, 0x1cbf],
  [0x1d70, 0x1dbf],
  [0x1e00, 0x1fff],
  [0x2100, 0x218f],
  [0x24b0, 0x24ef],
  [0x2c00, 0x2d2f],
  [0xa640, 0xa7ff],
  [0xab30, 0xabbf],
  [0xff21, 0xff5a],
  [0x10400, 0x105ff],
  [0x10c80, 0x10dff],
  [0x118a0, 0x118df],
  [0x16e40, 0x16eff],
  [0x1e900, 0x1e943],
];
/** Their full mappings are single code points, but they are special to Turkish and have no simple folding. */
const TURKISH = new Set([0x130, 0x131]);

let classes: Map<number, readonly number[]> | undefined;

/** The code points that differ from this one in case only, itself included; the preferred lower case one first. */
export function caseVariants(char: number): readonly number[] {
  if (char < 0x80 && !isAsciiLetter(char)) return [char];
  classes ??= caseClasses();
  return classes.get(char) ?? [char];
}

function isAsciiLetter(char: number): boolean {
  return (char >= 65 && char <= 90) || (char >= 97 && char <= 122);
}

function caseClasses(): Map<number, readonly number[]> {
  const found = new Map<number, Set<number>>();
  for (const [first, last] of CASED) {
    for (let char = first; char <= last; char++) {
      for (const other of caseMappings(char)) unite(found, char, other);
    }
  }
  return new Map([...found].map(([char, all]) => [char, lowerFirst(all)]));
}

/** What the character becomes in lower and upper case, as far as that is another single character. */
export function caseMappings(char: number): number[] {
  if (TURKISH.has(char)) return [];
  const text = String.fromCodePoint(char);
  return [single(text.toLowerCase()), single(text.toUpperCase())].filter(
    (other) => other !== undefined && other !== char && !TURKISH.has(other),
  ) as number[];
}

function single(text: string): number | undefined {
  const code = text.codePointAt(0);
  return code !== undefined && text.length === (code > 0xffff ? 2 : 1) ? code : undefined;
}

function unite(found: Map<number, Set<number>>, a: number, b: number): void {
  const all = new Set([a, b, ...(found.get(a) ?? []), ...(found.get(b) ?? [])]);
  for (const member of all) found.set(member, all);
}

function lowerFirst(all: Set<number>): number[] {
  const sorted = [...all].sort((a, b) => a - b);
  const isLower = (c: number): boolean => String.fromCodePoint(c).toLowerCase() === String.fromCodePoint(c);
  return [...sorted.filter(isLower), ...sorted.filter((c) => !isLower(c))];
}

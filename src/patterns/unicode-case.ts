/**
 * Simple case folding of code points (one to one; Unicode CaseFolding.txt, status C and S), taken from what the
 * JavaScript engine knows. Built once, when the first UTF-8 pattern that ignores case is compiled (about 20 ms).
 */

/** Above this no script has case. */
const LAST_CASED = 0x1e943;
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
  for (let char = 0x41; char <= LAST_CASED; char++) {
    if (TURKISH.has(char) || (char >= 0xd800 && char <= 0xdfff)) continue;
    const text = String.fromCodePoint(char);
    for (const other of [single(text.toLowerCase()), single(text.toUpperCase())]) {
      if (other !== undefined && other !== char && !TURKISH.has(other)) unite(found, char, other);
    }
  }
  return new Map([...found].map(([char, all]) => [char, lowerFirst(all)]));
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

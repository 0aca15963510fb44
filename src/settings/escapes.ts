/** Escapes in sets of characters: `\t`, `\n`, `\40` (octal), `\\`. `Postfix: unescape.c`. */

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The characters meant; a backslash before anything else is left out. */
export function unescaped(text: string): string {
  return text.replace(/\\(?:([0-7]{1,3})|(.))?/gs, (_, octal?: string, letter?: string) => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    return letter === undefined ? '' : (letters[letter] ?? letter);
  });
}

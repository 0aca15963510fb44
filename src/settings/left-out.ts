/** Dots where a document leaves something out: whoever copies it copies them, too. */

/** What to write instead of a word that only stands for others; undefined: it is an ordinary word. */
export function leftOutRemedy(word: string): string | undefined {
  if (!/^(?:\.{2,}|…)$/.test(word)) return undefined;
  return 'it stands for what the author left out: write out what belongs there, or remove it';
}

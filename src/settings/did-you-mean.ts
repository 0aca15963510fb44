/** "Did you mean": the known name that is nearest to a misspelt one, by edits of single letters. */

/** The nearest candidate; undefined when none is near enough to be meant. Linear in the candidates. */
export function didYouMean(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.toLowerCase().replaceAll('-', '_');
  let best: string | undefined;
  let bound = Math.max(1, Math.floor(wanted.length / 4)) + 1;
  for (const candidate of candidates) {
    const edits = distance(wanted, candidate.toLowerCase(), bound);
    if (edits < bound) [best, bound] = [candidate, edits];
    if (edits === 0) break;
  }
  return best;
}

/** Edits (letters added, left out, changed, or two neighbours swapped) between two words; `bound` when there are as many or more. */
function distance(a: string, b: string, bound: number): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      const same = a.charAt(i - 1) === b.charAt(j - 1) ? 0 : 1;
      let edits = Math.min(at(above, j) + 1, at(row, j - 1) + 1, at(above, j - 1) + same);
      const swapped =
        i > 1 && j > 1 && a.charAt(i - 1) === b.charAt(j - 2) && a.charAt(i - 2) === b.charAt(j - 1);
      if (swapped) edits = Math.min(edits, at(before, j - 2) + 1);
      row.push(edits);
      if (edits < least) least = edits;
    }
    if (least >= bound) return bound;
    [before, above] = [above, row];
  }
  return Math.min(bound, at(above, b.length));
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

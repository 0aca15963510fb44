/** What PCRE's `\R` stands for (pcre2pattern(3), NEWLINE SEQUENCES). */
import { CharSet } from './char-set.ts';
import { newline } from './named-sets.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './syntax-tree.ts';

/** `\R`: CR LF as one, or any single vertical white space; never half of CR LF. */
export function lineEnding(reading: Reading): Tree {
  const others = CharSet.of([10, 12, 0x85, 0x85, 0x2028, 0x2029]).within(CharSet.of([0, reading.last]));
  const cr: Tree = { kind: 'set', set: CharSet.char(13) };
  return {
    kind: 'alt',
    branches: [
      { kind: 'cat', parts: [cr, { kind: 'set', set: newline }] },
      { kind: 'cat', parts: [cr, { kind: 'assert', what: 'notBeforeNewline' }] },
      { kind: 'set', set: others },
    ],
  };
}

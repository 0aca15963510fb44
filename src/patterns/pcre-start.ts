/** What may stand in front of a PCRE pattern: `(*NO_JIT)`, `(*LIMIT_MATCH=1000)`, `(*UTF)` (pcre2pattern(3)). */
import type { PcreCursor } from './pcre-cursor.ts';
import type { Reading } from './reading.ts';

/** Ask for what we do anyway, or for nothing that changes a match. */
const HARMLESS = new Set(
  ['NO_AUTO_POSSESS', 'NO_DOTSTAR_ANCHOR', 'NO_JIT', 'NO_START_OPT', 'LF', 'BSR_UNICODE'].concat([
    'LIMIT_DEPTH',
    'LIMIT_HEAP',
    'LIMIT_MATCH',
    'LIMIT_RECURSION',
  ]),
);
/** Verbs, which belong to the pattern. */
const VERBS = new Set(['ACCEPT', 'FAIL', 'F']);
const UTF8 = new Set(['UTF', 'UTF8']);

/** Passes them; throws PatternError for those that would change the meaning of the pattern. */
export function skipStartOptions(cursor: PcreCursor, reading: Reading): void {
  for (;;) {
    const option = /^\(\*([A-Z_0-9]+)(?:=\d+)?\)/.exec(cursor.ahead(60));
    const name = option?.[1] ?? '';
    if (option === null || VERBS.has(name)) return;
    if (!HARMLESS.has(name) && !(UTF8.has(name) && reading.name === 'utf8')) {
      throw cursor.error(`(*${name}) is not supported`);
    }
    cursor.at += option[0].length;
  }
}

/** The option letters that change how the rest of a PCRE pattern or group is read: `(?i)`, `(?m-s:...)`, `(?^x)`. */
import type { PcreCursor } from './pcre-cursor.ts';

export interface PcreOptions {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly extended: boolean;
  /** `xx`: spaces in classes are ignored too. */
  readonly extendedMore: boolean;
  readonly ungreedy: boolean;
  /** `n`: plain parentheses do not capture. */
  readonly noAutoCapture: boolean;
  /** `J`: several groups may have the same name. */
  readonly duplicateNames: boolean;
}

const LETTERS = new Map<string, keyof PcreOptions>(
  Object.entries({
    i: 'ignoreCase',
    m: 'multiline',
    s: 'dotAll',
    x: 'extended',
    U: 'ungreedy',
    n: 'noAutoCapture',
    J: 'duplicateNames',
  }),
);

const CLEARED_BY_CARET: Partial<PcreOptions> = {
  ignoreCase: false,
  multiline: false,
  dotAll: false,
  extended: false,
  extendedMore: false,
  noAutoCapture: false,
};

/** Reads option letters up to `:` or `)`, which stays to be read. */
export function readOptions(cursor: PcreCursor, before: PcreOptions): PcreOptions {
  const caret = cursor.passes('^');
  const changed: { -readonly [key in keyof PcreOptions]: boolean } = {
    ...before,
    ...(caret ? CLEARED_BY_CARET : {}),
  };
  let value = true;
  while (cursor.peek() !== ':' && cursor.peek() !== ')') {
    if (cursor.passes('-')) {
      if (!value || caret) throw cursor.error('options are written (?imsx-imsx) or (?^imsx)', cursor.at - 1);
      value = false;
      continue;
    }
    const letter = cursor.peek();
    const name = LETTERS.get(letter);
    if (name === undefined) {
      throw cursor.error(
        cursor.atEnd
          ? 'the parenthesis is not closed'
          : `there is no option "${letter}"; there are i, m, s, x, n, J and U`,
      );
    }
    cursor.at++;
    changed[name] = value;
    if (name === 'extended') changed.extendedMore = cursor.passes('x') && value;
  }
  return changed;
}

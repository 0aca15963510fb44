/**
 * One logical line of a regexp or pcre table: `/pattern/flags result`, `if`, `endif`, with `!` in front of a pattern.
 * `Postfix: regexp_table(5), pcre_table(5), dict_regexp.c, dict_pcre.c`. Does not compile patterns.
 */
import { isSpace, trim } from './braces.ts';
import { parseTemplate, type ResultTemplate } from './result-template.ts';

export type PatternType = 'regexp' | 'pcre';

export interface WrittenPattern {
  readonly text: string;
  /** Each letter turns something round; see FLAGS. */
  readonly flags: string;
  readonly negated: boolean;
}

export type PatternLine =
  | {
      readonly kind: 'rule';
      readonly pattern: WrittenPattern;
      /** regexp: `/pattern/!/second/`. */
      readonly second: WrittenPattern | undefined;
      readonly result: ResultTemplate;
      readonly highestGroup: number;
      readonly remarks: readonly Remark[];
    }
  | { readonly kind: 'if'; readonly pattern: WrittenPattern; readonly remarks: readonly Remark[] }
  | { readonly kind: 'endif'; readonly remarks: readonly Remark[] }
  | { readonly kind: 'problem'; readonly problem: string; readonly remedy: string };

/** What is wrong with a line that is used all the same. */
export interface Remark {
  readonly problem: string;
  readonly remedy: string;
}

/** The flags of each type. */
const FLAGS: Readonly<Record<PatternType, string>> = { regexp: 'imx', pcre: 'imsxAEUX' };

/** Reads a line. */
export function parsePatternLine(line: string, type: PatternType): PatternLine {
  const text = trim(line);
  if (!/^[a-z0-9]/i.test(text)) return parseRule(text, type);
  if (/^if(?![a-z0-9])/i.test(text)) return parseIf(text, type);
  if (/^endif(?![a-z0-9])/i.test(text)) return parseEndif(text);
  return problem('unrecognized request', 'write /pattern/flags result, "if /pattern/" or "endif"');
}

function parseRule(text: string, type: PatternType): PatternLine {
  const first = parsePattern(text, 0, type);
  if (first.kind === 'problem') return first;
  let end = first.end;
  let second: WrittenPattern | undefined;
  if (type === 'regexp' && text.charAt(end) === '!') {
    const next = parsePattern(text, end, type);
    if (next.kind === 'problem') return next;
    second = next.pattern;
    end = next.end;
  }
  const written = trim(text.slice(end));
  const parsed = parseTemplate(written);
  if (parsed.kind === 'problem')
    return problem(parsed.problem, 'write $1, ${1} or $(1) for a group, $$ for a dollar');
  const { template: result, highestGroup } = parsed;
  if (highestGroup > 0 && first.pattern.negated) {
    return problem(
      '$number found in negative match replacement text',
      'a pattern that does not match has no groups',
    );
  }
  const remarks = [...first.remarks];
  if (written === '')
    remarks.push({
      problem: 'no replacement text: using empty string',
      remedy: 'write a result behind the pattern',
    });
  return { kind: 'rule', pattern: first.pattern, second, result, highestGroup, remarks };
}

function parseIf(text: string, type: PatternType): PatternLine {
  const parsed = parsePattern(text, 2, type);
  if (parsed.kind === 'problem') return parsed;
  const extra = trim(text.slice(parsed.end));
  const remarks = [...parsed.remarks];
  if (extra !== '') {
    remarks.push({
      problem: `ignoring extra text after IF statement: "${extra}"`,
      remedy: 'do not begin lines between IF and ENDIF with a space',
    });
  }
  return { kind: 'if', pattern: parsed.pattern, remarks };
}

function parseEndif(text: string): PatternLine {
  const extra = trim(text.slice(5));
  const remarks =
    extra === '' ? [] : [{ problem: 'ignoring extra text after ENDIF', remedy: 'write "endif" alone' }];
  return { kind: 'endif', remarks };
}

type ParsedPattern =
  | {
      readonly kind: 'pattern';
      readonly pattern: WrittenPattern;
      readonly end: number;
      readonly remarks: Remark[];
    }
  | { readonly kind: 'problem'; readonly problem: string; readonly remedy: string };

/** `!`s and white space, a delimiter, the pattern, the delimiter, flags. */
function parsePattern(text: string, start: number, type: PatternType): ParsedPattern {
  let negated = false;
  let at = start;
  for (; at < text.length; at++) {
    if (text.charAt(at) === '!') negated = !negated;
    else if (!isSpace(text.charCodeAt(at))) break;
  }
  if (at === text.length) return problem('no regexp', 'write the pattern between slashes');
  const delimiter = text.charAt(at);
  const close = closingDelimiter(text, at + 1, delimiter);
  if (close < 0)
    return problem(`no closing regexp delimiter "${delimiter}"`, `end the pattern with ${delimiter}`);
  const flags = /^[^\t-\r !]*/.exec(text.slice(close + 1))?.[0] ?? '';
  const wrong = [...flags].find((flag) => !FLAGS[type].includes(flag));
  const stray = type === 'pcre' && text.charAt(close + 1 + flags.length) === '!' ? '!' : undefined;
  if (wrong !== undefined || stray !== undefined) {
    return problem(
      `unknown regexp option "${wrong ?? stray}"`,
      `the flags of ${type} are ${[...FLAGS[type]].join(' ')}`,
    );
  }
  const remarks = flags.includes('X')
    ? [{ problem: 'ignoring obsolete regexp option "X"', remedy: 'remove it' }]
    : [];
  const pattern = { text: text.slice(at + 1, close), flags, negated };
  return { kind: 'pattern', pattern, end: close + 1 + flags.length, remarks };
}

/** A backslash protects the delimiter; -1 when there is none. */
function closingDelimiter(text: string, start: number, delimiter: string): number {
  for (let at = start; at < text.length; at++) {
    if (text.charAt(at) === '\\') at += 1;
    else if (text.charAt(at) === delimiter) return at;
  }
  return -1;
}

/** Whether a flag letter stands there an odd number of times, which turns its meaning round. */
export function isToggled(flags: string, letter: string): boolean {
  return (flags.split(letter).length - 1) % 2 === 1;
}

function problem(text: string, remedy: string): { kind: 'problem'; problem: string; remedy: string } {
  return { kind: 'problem', problem: text, remedy };
}

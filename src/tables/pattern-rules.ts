/**
 * The rules of one regexp or pcre table, compiled: which rule is the first whose patterns and blocks fit a text.
 * `Postfix: dict_regexp.c, dict_pcre.c`. A pattern that cannot decide in time makes the look-up fail for now; one that
 * does so again and again is out of service and counts as not matching, with a warning, as Postfix treats its errors.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import {
  compilePattern,
  type Pattern,
  type PatternSyntax,
  pcreSyntax,
  regexpSyntax,
} from '../patterns/pattern.ts';
import { PatternError } from '../patterns/pattern-error.ts';
import { type FileComplaints, quoted } from './file-complaints.ts';
import { isToggled, type PatternType, parsePatternLine, type WrittenPattern } from './pattern-line.ts';
import type { ResultTemplate } from './result-template.ts';

/** A pattern, and whether it is to match or not to match. */
export interface Test {
  readonly pattern: Pattern;
  readonly negated: boolean;
}

/** An open `if`: all rules behind it depend on it, up to its endif or the end. */
export interface Condition extends Test {
  readonly outer: Condition | undefined;
  /** In how many blocks it stands. */
  readonly depth: number;
  readonly line: number;
}

export interface Rule extends Test {
  readonly second: Test | undefined;
  readonly condition: Condition | undefined;
  readonly result: ResultTemplate;
  /** Whether the result needs what the groups matched. */
  readonly hasGroups: boolean;
  readonly line: number;
  readonly written: WrittenPattern;
}

/** How deep `if` blocks can stand in each other. */
const MAX_NESTING = 100;
/** Matches everything, as an empty pattern does in Postfix. */
const ALL = '.*';

export class PatternRules {
  /** In the order of the file. */
  readonly rules: Rule[] = [];
  readonly #type: PatternType;
  readonly #complaints: FileComplaints;
  readonly #compiled = new Map<string, Pattern>();
  #block: Condition | undefined;

  constructor(type: PatternType, complaints: FileComplaints) {
    this.#type = type;
    this.#complaints = complaints;
  }

  /** Takes a line of the table. */
  add(text: string, line: number): void {
    const parsed = parsePatternLine(text, this.#type);
    if (parsed.kind === 'problem') {
      this.#broken(line, text, parsed.problem, `${parsed.remedy}; this line is skipped`);
      return;
    }
    if (parsed.kind === 'endif' && !this.#block) {
      this.#broken(line, text, 'ignoring ENDIF without matching IF', 'remove it, or add the "if" line');
      return;
    }
    for (const { problem, remedy } of parsed.remarks)
      this.#complaints.remark(line, `${quoted(text)}: ${problem}`, remedy);
    if (parsed.kind === 'endif') this.#block = this.#block?.outer;
    else if (parsed.kind === 'if') this.#open(parsed.pattern, text, line);
    else this.#addRule(parsed, text, line);
  }

  /** The last line has been added. */
  finish(): void {
    for (let block = this.#block; block; block = block.outer) {
      this.#complaints.remark(block.line, 'IF has no matching ENDIF', 'write "endif" where the block ends');
    }
  }

  #open(written: WrittenPattern, text: string, line: number): void {
    const depth = (this.#block?.depth ?? -1) + 1;
    if (depth >= MAX_NESTING) {
      this.#broken(line, text, `IF is nested more than ${MAX_NESTING} times`, 'use fewer blocks');
      return;
    }
    const pattern = this.#compile(written, text, line);
    if (pattern) this.#block = { pattern, negated: written.negated, outer: this.#block, depth, line };
  }

  #addRule(
    parsed: Extract<ReturnType<typeof parsePatternLine>, { kind: 'rule' }>,
    text: string,
    line: number,
  ): void {
    const { result, highestGroup, pattern: written } = parsed;
    const pattern = this.#compile(written, text, line);
    const second = parsed.second && this.#compile(parsed.second, text, line);
    if (!pattern || (parsed.second && !second)) return;
    if (highestGroup > (written.text === '' ? 0 : pattern.groups)) {
      this.#broken(
        line,
        text,
        `out of range replacement index "${highestGroup}"`,
        'there are not so many parentheses',
      );
      return;
    }
    this.rules.push({
      ...{ pattern, negated: written.negated, result, line, written },
      second: second && parsed.second && { pattern: second, negated: parsed.second.negated },
      condition: this.#block,
      hasGroups: highestGroup > 0,
    });
  }

  /** Equal patterns are compiled once. */
  #compile({ text, flags }: WrittenPattern, line: string, number: number): Pattern | undefined {
    const syntax = syntaxOf(this.#type, flags);
    const key = `${JSON.stringify(syntax)} ${text}`;
    try {
      const pattern = this.#compiled.get(key) ?? compilePattern(text === '' ? ALL : text, syntax);
      this.#compiled.set(key, pattern);
      return pattern;
    } catch (error) {
      if (!(error instanceof PatternError)) throw error;
      this.#broken(number, line, `${error.problem} (at offset ${error.offset})`, 'this line is skipped');
      return undefined;
    }
  }

  #broken(line: number, text: string, problem: string, remedy: string): void {
    this.#complaints.broken(line, `${quoted(text)}: ${problem}`, remedy);
  }
}

/** Flag letters turn round what is usual for the type. */
function syntaxOf(type: PatternType, flags: string): PatternSyntax {
  const turned = (letter: string, usual: boolean) => isToggled(flags, letter) !== usual;
  if (type === 'regexp') {
    return {
      ...regexpSyntax,
      dialect: turned('x', true) ? 'ere' : 'bre',
      ignoreCase: turned('i', true),
      multiline: turned('m', false),
    };
  }
  return {
    ...pcreSyntax,
    ignoreCase: turned('i', true),
    multiline: turned('m', false),
    dotAll: turned('s', true),
    extended: turned('x', false),
    anchored: turned('A', false),
    dollarEndOnly: turned('E', false),
    ungreedy: turned('U', false),
  };
}

/** Asks a pattern about one text. */
export type AskPattern = (pattern: Pattern) => MaybePromise<boolean>;

/** Whether a rule fits: the blocks it stands in from the outside in, its pattern, its second pattern. */
export function fits(rule: Rule, ask: AskPattern): MaybePromise<boolean> {
  const tests: Test[] = [];
  for (let block = rule.condition; block; block = block.outer) tests.unshift(block);
  tests.push(rule);
  if (rule.second) tests.push(rule.second);
  return allHold(tests, 0, ask);
}

function allHold(tests: readonly Test[], at: number, ask: AskPattern): MaybePromise<boolean> {
  for (let i = at; i < tests.length; i++) {
    const { pattern, negated } = tests[i] as Test;
    const matches = ask(pattern);
    if (isPromise(matches)) return matches.then((known) => known !== negated && allHold(tests, i + 1, ask));
    if (matches === negated) return false;
  }
  return true;
}

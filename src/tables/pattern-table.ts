/**
 * regexp and pcre: patterns, the first match in file order. `Postfix: regexp_table(5), pcre_table(5)`.
 * How patterns are read and matched stands in the room patterns; texts are matched as bytes.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets, encodeOctets } from '../mail/octets.ts';
import type { Pattern } from '../patterns/pattern.ts';
import { PatternOverrun } from '../patterns/pattern-error.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { FileComplaints } from './file-complaints.ts';
import type { Kind, KindContext } from './kind.ts';
import { type Lookup, type TableUse, whenKnown } from './lookup.ts';
import type { PatternType } from './pattern-line.ts';
import { type AskPattern, PatternRules, type Rule } from './pattern-rules.ts';
import { PatternSearch } from './pattern-search.ts';
import { lintRule } from './pattern-traps.ts';
import { fillTemplate } from './result-template.ts';
import { openRuleText, type RuleText } from './rule-text.ts';
import { type Found, LookupFailure } from './table.ts';
import { eachLine, type TableLines } from './table-lines.ts';

const LINES_PER_SLICE = 8;
const MAX_LINT = 100;

interface Content {
  readonly rules: readonly Rule[];
  readonly search: PatternSearch;
}

export class PatternTable implements Lookup {
  readonly #context: KindContext;
  readonly #text: RuleText<Content>;

  constructor(type: PatternType, name: string, context: KindContext) {
    this.#context = context;
    this.#text = openRuleText(name, context, (bytes, complaints) => readRules(type, bytes, complaints));
  }

  get loading(): Promise<void> | undefined {
    return this.#text.loading;
  }

  find(key: string): MaybePromise<Found | undefined> {
    const text = encodeOctets(key);
    return this.#find(text, 0, text.length);
  }

  findInBytes(line: Buffer, start: number, end: number): MaybePromise<Found | undefined> {
    return this.#find(line, start, end);
  }

  /** What the rules say; those that repeat what was matched have no text of their own. */
  *entries(): Iterable<Found> {
    for (const { hasGroups, result, line } of this.#text.content.rules) {
      if (!hasGroups) yield { value: fillTemplate(result, []), source: this.#text.sourceAt(line) };
    }
  }

  complaints(): readonly Complaint[] {
    return this.#text.complaints();
  }

  lint(use: TableUse): Complaint[] {
    const found: Complaint[] = [];
    for (const rule of this.#text.content.rules) {
      if (found.length >= MAX_LINT) break;
      for (const { problem, remedy } of lintRule(rule, use)) {
        found.push({ source: this.#text.sourceAt(rule.line), severity: 'warning', problem, remedy });
      }
    }
    return found;
  }

  close(): void {
    this.#text.close();
  }

  #find(text: Buffer, start: number, end: number): MaybePromise<Found | undefined> {
    let answers: Map<Pattern, boolean> | undefined; // most texts need no pattern that is asked by itself
    const ask: AskPattern = (pattern) => {
      answers ??= new Map();
      return answers.get(pattern) ?? this.#ask(pattern, text.subarray(start, end), answers);
    };
    const rule = this.#text.content.search.find(text, start, end, ask);
    return whenKnown(rule, (found) => found && this.#found(found, text.subarray(start, end)));
  }

  /** Asks a pattern by itself; its answer is kept while one text is looked up. */
  #ask(pattern: Pattern, text: Buffer, answers: Map<Pattern, boolean>): MaybePromise<boolean> {
    const keep = (matches: boolean) => {
      answers.set(pattern, matches);
      return matches;
    };
    try {
      const matches = pattern.test(text);
      return isPromise(matches) ? matches.catch((error) => this.#undecided(error)).then(keep) : keep(matches);
    } catch (error) {
      return keep(this.#undecided(error));
    }
  }

  /** A pattern out of service does not match; any other has no answer for this text. */
  #undecided(error: unknown): boolean {
    if (!(error instanceof PatternOverrun)) throw error;
    const { table, log } = this.#context;
    if (!error.outOfService) throw new LookupFailure(table, error.message);
    log.warn(`${table}: ${error.message}`);
    return false;
  }

  #found(rule: Rule, text: Buffer): MaybePromise<Found | undefined> {
    const source = this.#text.sourceAt(rule.line);
    if (!rule.hasGroups) return { value: fillTemplate(rule.result, []), source };
    const groups = rule.pattern.match(text);
    return whenKnown(groups, (known) => ({ value: fillTemplate(rule.result, known ?? []), source }));
  }
}

function* readRules(type: PatternType, bytes: Buffer, complaints: FileComplaints): Generator<void, Content> {
  const rules = new PatternRules(type, complaints);
  const take = (lines: TableLines) =>
    rules.add(decodeOctets(lines.bytes.subarray(lines.start, lines.end)), lines.line);
  yield* eachLine(bytes, complaints, take, LINES_PER_SLICE);
  rules.finish();
  yield;
  const search = new PatternSearch(rules.rules);
  yield* search.prepare();
  return { rules: rules.rules, search };
}

export const patternKinds: readonly Kind[] = [
  {
    type: 'regexp',
    nameIs: '/file/name, or { {rule} ... }',
    wholeKeysOnly: true,
    open: (name, context) => new PatternTable('regexp', name, context),
    sentence: 'POSIX regular expressions; the first match in the file counts.',
  },
  {
    type: 'pcre',
    nameIs: '/file/name, or { {rule} ... }',
    wholeKeysOnly: true,
    open: (name, context) => new PatternTable('pcre', name, context),
    sentence: 'Perl-compatible regular expressions; the first match in the file counts.',
  },
];

/**
 * One expansion of a text with macros, from its first character to its last or to the first mistake. What the macros
 * are, and for whom, stands in macros.ts. `Postfix: mac_parse.c, mac_expand.c`.
 */
import { builtIn, type Source } from '../mail/source.ts';
import { holds, OPERATOR, suffixOf } from './comparison.ts';
import { SourceText, SourceTextBuilder } from './source-text.ts';
import { closingBrace } from './tokens.ts';

/** How deep macros may be nested. `Postfix: mac_expand.c`. */
const MAX_DEPTH = 100;
/** How long an expanded text may become, in characters: ten names that mention each other twice need not fill the memory. */
export const MAX_EXPANSION = 4_000_000;

export interface MacroRules {
  /** The text that a name stands for, before it is expanded itself; undefined when there is none (it expands to nothing). */
  lookup(name: string): SourceText | undefined;
  /** Expands what was looked up, too; templates do not, since their values come from clients. */
  readonly recursive: boolean;
  /**
   * `\$name` is the text `$name`, for whoever reads the value later. Unlike Postfix, where the backslash changes
   * nothing: the dialect of Kadlecsik's patch (2003) needs it. `\$$` is what it is in Postfix: `\$`.
   */
  readonly backslashProtects: boolean;
  /** Changes looked-up text on its way into the result. `Postfix: smtpd_expansion_filter`. */
  filter?(text: string): string;
  /** Hears of a mistake, and where it was made. */
  problem(what: string, where: MistakePlace): void;
}

export interface MistakePlace {
  /** The name whose text is wrong; undefined when it is the text that was to be expanded. */
  readonly name: string | undefined;
  readonly source: Source;
}

/** Thrown inside to leave an expansion at the first mistake; never leaves this file. */
class Mistake extends Error {
  where: MistakePlace | undefined;
  constructor(what: string, where?: MistakePlace) {
    super(what);
    this.where = where;
  }
}

export class Expansion {
  readonly #rules: MacroRules;
  readonly #result: SourceTextBuilder;
  readonly #open: string[] = [];
  #depth = 0;

  constructor(rules: MacroRules, result: SourceTextBuilder) {
    this.#rules = rules;
    this.#result = result;
  }

  run(text: SourceText, from: number, to: number): void {
    try {
      this.#expand(text, from, to, this.#result);
    } catch (error) {
      if (!(error instanceof Mistake)) throw error;
      this.#rules.problem(error.message, error.where ?? { name: undefined, source: text.sourceAt(from) });
    }
  }

  /** Literal text is copied, macros are evaluated. `Postfix: mac_parse`. */
  #expand(base: SourceText, from: number, to: number, out: SourceTextBuilder): void {
    if (++this.#depth > MAX_DEPTH) throw new Mistake(`macros are nested more than ${MAX_DEPTH} deep`);
    const text = base.text;
    let literal = from;
    for (let at = text.indexOf('$', from); at >= 0 && at < to; at = text.indexOf('$', literal)) {
      const next = at + 1 < to ? text.charAt(at + 1) : '';
      if (next === '$') {
        this.#copy(base, literal, at + 1, out);
        literal = at + 2;
      } else if (at > literal && this.#isProtected(text, at, next)) {
        this.#copy(base, literal, at - 1, out);
        this.#copy(base, at, at + 1, out);
        literal = at + 1;
      } else {
        this.#copy(base, literal, at, out);
        literal = this.#macro(base, at + 1, to, out);
      }
      if (literal >= to) break;
    }
    this.#copy(base, literal, to, out);
    this.#depth--;
  }

  #isProtected(text: string, at: number, next: string): boolean {
    return this.#rules.backslashProtects && text.charAt(at - 1) === '\\' && /[\w({]/.test(next);
  }

  #copy(base: SourceText, from: number, to: number, out: SourceTextBuilder): void {
    if (out.length + (to - from) > MAX_EXPANSION) {
      throw new Mistake(`the value grows beyond ${MAX_EXPANSION} characters when it is expanded`);
    }
    out.add(base, from, to);
  }

  /** One macro, from behind its `$`; returns the offset behind it. The innermost macro knows where a mistake is. */
  #macro(base: SourceText, at: number, limit: number, out: SourceTextBuilder): number {
    try {
      return this.#evaluate(base, at, limit, out);
    } catch (error) {
      if (error instanceof Mistake) error.where ??= { name: this.#open.at(-1), source: base.sourceAt(at) };
      throw error;
    }
  }

  #evaluate(base: SourceText, at: number, limit: number, out: SourceTextBuilder): number {
    const text = base.text;
    const open = text.charAt(at);
    if (at < limit && (open === '{' || open === '(')) {
      const end = matching(text, at, limit);
      if (end < 0) {
        throw new Mistake(
          `"${open === '{' ? '}' : ')'}" is missing in ${quoted(`$${text.slice(at, limit)}`)}`,
        );
      }
      if (end === at + 2) throw new Mistake(`there is no name in ${quoted(`$${text.slice(at, end)}`)}`);
      this.#expression(base, at + 1, end - 1, out);
      return end;
    }
    let end = at;
    while (end < limit && /\w/.test(text.charAt(end))) end++;
    if (end === at) {
      throw new Mistake(`"$" without a name in ${quoted(text.slice(at - 1, limit))}; a dollar is "$$"`);
    }
    this.#use(text.slice(at, end), out);
    return end;
  }

  /** What stands between the parentheses: a name or a comparison, and perhaps what to do then. */
  #expression(base: SourceText, from: number, to: number, out: SourceTextBuilder): void {
    const text = base.text;
    let at = skipBlanks(text, from, to);
    let value: string | undefined;
    let name: string | undefined;
    if (text.charAt(at) === '{' && at < to) {
      [value, at] = this.#comparison(base, at, to);
    } else {
      [name, at] = this.#name(text, at, to);
      if (at < to) value = this.#rules.lookup(name)?.text;
    }
    if (at < to) this.#branches(base, at, to, value !== undefined && value !== '', out);
    else if (name !== undefined) this.#use(name, out);
    else if (value !== undefined) out.add(SourceText.of(value, base.sourceAt(from)));
  }

  #name(text: string, from: number, to: number): [string, number] {
    let end = from;
    while (end < to && /\w/.test(text.charAt(end))) end++;
    const next = skipBlanks(text, end, to);
    if (next < to && text.charAt(next) !== '?' && text.charAt(next) !== ':') {
      throw new Mistake(
        `${quoted(text.slice(next, to))} does not belong to a name in ${quoted(`\${${text.slice(from, to)}}`)}`,
      );
    }
    return [text.slice(from, end), next];
  }

  /** `? {yes} : {no}`, `?yes`, `:no`. A branch that is not in braces goes on to the end. */
  #branches(base: SourceText, from: number, to: number, holds: boolean, out: SourceTextBuilder): void {
    const text = base.text;
    let at = from;
    if (text.charAt(at) === '?') {
      const yes = this.#branch(text, at + 1, to);
      if (holds) this.#expand(base, yes.from, yes.to, out);
      at = yes.next;
      if (at >= to) return;
      if (text.charAt(at) !== ':') throw new Mistake(`":" is missing before ${quoted(text.slice(at, to))}`);
    } else if (text.charAt(at) !== ':') {
      throw new Mistake(`"?" or ":" is missing before ${quoted(text.slice(at, to))}`);
    }
    const no = this.#branch(text, at + 1, to);
    if (!holds) this.#expand(base, no.from, no.to, out);
    if (no.next < to) throw new Mistake(`${quoted(text.slice(no.next, to))} is too much in a macro`);
  }

  #branch(text: string, from: number, to: number): { from: number; to: number; next: number } {
    const brace = skipBlanks(text, from, to);
    if (text.charAt(brace) !== '{' || brace >= to) return { from, to, next: to };
    const end = inBraces(text, brace, to);
    return { from: brace + 1, to: end - 1, next: skipBlanks(text, end, to) };
  }

  /** `{x} == {y}`: `true` or nothing, and the offset behind it. */
  #comparison(base: SourceText, from: number, to: number): [string, number] {
    const text = base.text;
    const leftEnd = inBraces(text, from, to);
    const operatorAt = skipBlanks(text, leftEnd, to);
    const operator = OPERATOR.exec(text.slice(operatorAt, to))?.[0] ?? '';
    if (operator === '') {
      throw new Mistake(
        `a comparison (== != < <= >= >) is missing before ${quoted(text.slice(operatorAt, to))}`,
      );
    }
    const rightAt = skipBlanks(text, operatorAt + operator.length, to);
    if (text.charAt(rightAt) !== '{' || rightAt >= to) {
      throw new Mistake(`"{text}" is missing behind ${quoted(text.slice(from, rightAt))}`);
    }
    const rightEnd = inBraces(text, rightAt, to);
    const left = this.#operand(base, from + 1, leftEnd - 1);
    const right = this.#operand(base, rightAt + 1, rightEnd - 1);
    const answer = holds(left, operator, right);
    if (answer === undefined) throw new Mistake(cannotCompare(left, operator, right));
    return [answer ? 'true' : '', skipBlanks(text, rightEnd, to)];
  }

  #operand(base: SourceText, from: number, to: number): string {
    const out = new SourceTextBuilder();
    this.#expand(base, from, to, out);
    return out.finish().text;
  }

  #use(name: string, out: SourceTextBuilder): void {
    const found = this.#rules.lookup(name);
    if (found === undefined) return;
    if (this.#rules.recursive) {
      this.#descend(name, found, out);
    } else {
      const text = this.#rules.filter === undefined ? found : SourceText.of(this.#rules.filter(found.text));
      this.#copy(text, 0, text.text.length, out);
    }
  }

  #descend(name: string, found: SourceText, out: SourceTextBuilder): void {
    const again = this.#open.indexOf(name);
    if (again >= 0) throw this.#circle(this.#open.slice(again));
    this.#open.push(name);
    this.#expand(found, 0, found.text.length, out);
    this.#open.pop();
  }

  /** Names that lead back to the first, told from the same name whoever asks, so that one circle is one complaint. */
  #circle(names: readonly string[]): Mistake {
    const sourceOf = (name: string) => this.#rules.lookup(name)?.sourceAt(0) ?? builtIn;
    const sorted = [...names].sort();
    const name = sorted.find((candidate) => sourceOf(candidate) !== builtIn) ?? sorted[0] ?? '';
    const start = names.indexOf(name);
    const turned = [...names.slice(start), ...names.slice(0, start), name];
    return new Mistake(`the value refers to itself: ${turned.join(' -> ')}`, {
      name,
      source: sourceOf(name),
    });
  }
}

function cannotCompare(left: string, operator: string, right: string): string {
  if (suffixOf(operator) === 'level') {
    return `cannot compare "${left}" ${operator} "${right}": a level is 3.6 or 3.6.1`;
  }
  return `there is no comparison "${operator}"`;
}

/** What is wrong, in quotes and not too long. */
function quoted(text: string): string {
  return `"${text.length > 60 ? `${text.slice(0, 57)}...` : text}"`;
}

function skipBlanks(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && ' \t\r\n'.includes(text.charAt(at))) at++;
  return at;
}

function inBraces(text: string, from: number, to: number): number {
  const end = closingBrace(text, from);
  if (end < 0 || end > to) throw new Mistake(`"}" is missing in ${quoted(text.slice(from, to))}`);
  return end;
}

/** The offset behind what closes the parenthesis or brace at `at`, -1 when nothing does before the limit. */
function matching(text: string, at: number, limit: number): number {
  const open = text.charAt(at);
  const close = open === '{' ? '}' : ')';
  let level = 0;
  for (let i = at; i < limit; i++) {
    const c = text.charAt(i);
    if (c === open) level++;
    else if (c === close && --level === 0) return i + 1;
  }
  return -1;
}

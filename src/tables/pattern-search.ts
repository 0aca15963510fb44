/**
 * Finds the first rule that fits a text without asking each: all patterns that are decided in linear time are asked at
 * once (patterns/pattern-set.ts), and only rules that can still be the first are looked at. A text that no pattern
 * matches costs the same for ten rules and for ten thousand.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import type { Pattern } from '../patterns/pattern.ts';
import { PatternSet } from '../patterns/pattern-set.ts';
import type { Work } from '../patterns/turns.ts';
import { whenKnown } from './lookup.ts';
import { type AskPattern, fits, type Rule } from './pattern-rules.ts';

export class PatternSearch {
  readonly #rules: readonly Rule[];
  readonly #set: PatternSet;
  /** Place of a pattern in the set. */
  readonly #places = new Map<Pattern, number>();
  /** For each place, the rules that need this pattern to match. */
  readonly #rulesOf: number[][] = [];
  /** Rules that can be the first although their pattern is not among the matching ones of the set. */
  readonly #always: number[] = [];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
    for (const [i, rule] of rules.entries()) {
      const place = this.#place(rule.pattern);
      if (place === undefined || rule.negated) this.#always.push(i);
      else this.#rulesOf[place]?.push(i);
      if (rule.second) this.#place(rule.second.pattern);
      for (let block = rule.condition; block; block = block.outer) this.#place(block.pattern);
    }
    this.#set = new PatternSet([...this.#places.keys()]);
  }

  /** Makes everything ready for the first text, in small steps. */
  prepare(): Work<void> {
    return this.#set.prepare();
  }

  /** The first rule that fits `text[start..end)`. `ask` decides patterns that need more than linear time. */
  find(text: Buffer, start: number, end: number, ask: AskPattern): MaybePromise<Rule | undefined> {
    const matching = this.#set.matches(text, start, end);
    return whenKnown(matching, (places) => this.#first(places, ask));
  }

  #first(places: readonly number[], ask: AskPattern): MaybePromise<Rule | undefined> {
    const candidates = this.#candidates(places);
    if (candidates.length === 0) return undefined;
    const matching = new Set(places);
    return this.#firstOf(candidates, 0, (pattern) => {
      const place = this.#places.get(pattern);
      return place === undefined ? ask(pattern) : matching.has(place);
    });
  }

  /** Rules that may fit, in the order of the file. */
  #candidates(places: readonly number[]): readonly number[] {
    if (places.length === 0) return this.#always;
    const found = places.flatMap((place) => this.#rulesOf[place] ?? []);
    return [...found, ...this.#always].sort((a, b) => a - b);
  }

  #firstOf(candidates: readonly number[], at: number, ask: AskPattern): MaybePromise<Rule | undefined> {
    for (let i = at; i < candidates.length; i++) {
      const rule = this.#rules[candidates[i] as number] as Rule;
      const answer = fits(rule, ask);
      if (isPromise(answer))
        return answer.then((yes) => (yes ? rule : this.#firstOf(candidates, i + 1, ask)));
      if (answer) return rule;
    }
    return undefined;
  }

  /** Undefined for patterns that are not for the set. */
  #place(pattern: Pattern): number | undefined {
    if (pattern.engine !== 'linear') return undefined;
    const known = this.#places.get(pattern);
    if (known !== undefined) return known;
    this.#places.set(pattern, this.#rulesOf.length);
    return this.#rulesOf.push([]) - 1;
  }
}

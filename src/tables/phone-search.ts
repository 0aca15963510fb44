/** Listed telephone numbers in a text: where each stands, how it is written, by which rule it counts or does not. */
import { PhoneIndex } from './phone-index.ts';
import type { PhoneNumber } from './phone-number.ts';
import { type Judgement, judgePhone } from './phone-rules.ts';
import { findStretches, type Stretch } from './phone-runs.ts';
import { type Sight, sightOf } from './phone-sight.ts';

/** A place where a listed number stands, or digits that equal one. */
export interface PhoneSighting {
  /** Of the listed number, in the order of adding. */
  readonly index: number;
  /** UTF-16 offsets into the text. */
  readonly start: number;
  readonly end: number;
  readonly written: string;
  readonly judgement: Judgement;
}

export class PhoneSearch {
  readonly #index = new PhoneIndex();

  get count(): number {
    return this.#index.count;
  }

  /** Adds a number; the index of the earlier one when it is listed already. */
  add(number: PhoneNumber): { readonly index: number; readonly isNew: boolean } {
    const known = this.#index.indexOf(number);
    return known === undefined
      ? { index: this.#index.add(number), isNew: true }
      : { index: known, isNew: false };
  }

  /** Calls back for each sighting, in the order of the text: one for each place, matches before others. */
  search(text: string, found: (sighting: PhoneSighting) => void): void {
    const index = this.#index;
    if (index.count === 0) return;
    findStretches(text, {
      hasEnding: (key) => index.hasEnding(key),
      found: (stretches, key) => {
        const sighting = this.#judge(text, stretches, index.candidates(key));
        if (sighting) found(sighting);
      },
    });
  }

  #judge(
    text: string,
    stretches: readonly Stretch[],
    candidates: readonly number[],
  ): PhoneSighting | undefined {
    let other: PhoneSighting | undefined;
    if (candidates.length === 0) return undefined;
    for (const stretch of stretches) {
      let sight: Sight | undefined;
      for (const index of candidates) {
        const number = this.#index.number(index);
        if (!mayBeRelated(stretch.digits, number.digits)) continue;
        sight ??= sightOf(text, stretch);
        const judgement = judgePhone(sight, number);
        if (judgement === undefined) continue;
        const { start, end, written } = sight;
        const sighting = { index, start, end, written, judgement };
        if (judgement.kind === 'match') return sighting;
        other ??= sighting;
      }
    }
    return other;
  }
}

function mayBeRelated(seen: string, listed: string): boolean {
  return seen.length >= listed.length ? seen.endsWith(listed) : listed.endsWith(seen);
}

/** The groups of a PCRE pattern: how many, what they are called, and which references still have to be settled. */
import type { PatternError } from './pattern-error.ts';
import type { PcreCursor } from './pcre-cursor.ts';
import { LARGEST_GROUP } from './pcre-escape.ts';

export class PcreGroups {
  readonly #cursor: PcreCursor;
  readonly #names = new Map<string, number[]>();
  readonly #references: (() => void)[] = [];
  /** Groups opened so far; a branch reset turns it back. */
  opened = 0;
  #most = 0;

  constructor(cursor: PcreCursor) {
    this.#cursor = cursor;
  }

  /** The highest number there is. */
  get count(): number {
    return Math.max(this.#most, this.opened);
  }

  open(): number {
    if (this.opened >= LARGEST_GROUP) throw this.#cursor.error(`there are at most ${LARGEST_GROUP} groups`);
    this.#most = Math.max(this.#most, ++this.opened);
    return this.opened;
  }

  /** Gives the group opened last a name. */
  name(name: string, duplicatesAllowed: boolean): void {
    const number = this.opened;
    const numbers = this.#names.get(name);
    if (numbers?.includes(number)) return;
    if (numbers !== undefined && !duplicatesAllowed) {
      throw this.#cursor.error(`there are two groups called "${name}"; (?J) allows that`);
    }
    for (const [other, theirs] of this.#names) {
      if (other !== name && theirs.includes(number))
        throw this.#cursor.error('a group of this number has another name');
    }
    this.#names.set(name, [...(numbers ?? []), number]);
  }

  /** The numbers of a name, once all groups are known: the array fills when `settle` is called. */
  numbersOf(name: string, at: number): number[] {
    const found: number[] = [];
    this.#references.push(() => {
      found.push(...(this.#names.get(name) ?? []));
      if (found.length === 0) throw this.#missing(at);
    });
    return found;
  }

  /** A number that must turn out to be a group. */
  check(number: number, at: number): number {
    this.#references.push(() => {
      if (number > this.count) throw this.#missing(at);
    });
    return number;
  }

  /** All groups are known now. */
  settle(): void {
    for (const reference of this.#references) reference();
  }

  #missing(at: number): PatternError {
    return this.#cursor.error('the reference leads to no group', at);
  }
}

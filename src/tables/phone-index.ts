/**
 * Listed numbers, found by their last six digits: one bit for each ending tells whether a place in a text deserves a
 * closer look. So ten thousand numbers cost a text no more than a hundred do.
 */
import type { PhoneNumber } from './phone-number.ts';

/** So many digits at the end of a number are its key. */
export const KEY_DIGITS = 6;
const KEYS = 10 ** KEY_DIGITS;

export class PhoneIndex {
  readonly #numbers: PhoneNumber[] = [];
  /** A bit for each key. */
  readonly #known = new Uint8Array(KEYS / 8);
  /** By key: the number that was added last. */
  readonly #last = new Map<number, number>();
  /** By number: the one before it with the same key, -1 when there is none. */
  readonly #before: number[] = [];

  get count(): number {
    return this.#numbers.length;
  }

  /** Adds a number; gives its index, in the order of adding. */
  add(number: PhoneNumber): number {
    const index = this.#numbers.push(number) - 1;
    const key = keyOf(number.digits);
    this.#before.push(this.#last.get(key) ?? -1);
    this.#last.set(key, index);
    this.#known[key >> 3] = (this.#known[key >> 3] as number) | (1 << (key & 7));
    return index;
  }

  /** The same number, if it is there: its index. */
  indexOf({ digits, country }: PhoneNumber): number | undefined {
    return this.candidates(keyOf(digits)).find((index) => {
      const other = this.number(index);
      return other.digits === digits && other.country === country;
    });
  }

  number(index: number): PhoneNumber {
    return this.#numbers[index] as PhoneNumber;
  }

  /** Whether a listed number ends so; `key`: the last six digits as a number. */
  hasEnding(key: number): boolean {
    return ((this.#known[key >> 3] as number) & (1 << (key & 7))) !== 0;
  }

  /** The numbers that end so, first listed first. */
  candidates(key: number): number[] {
    const found: number[] = [];
    for (let index = this.#last.get(key) ?? -1; index >= 0; index = this.#before[index] as number)
      found.push(index);
    return found.reverse();
  }
}

function keyOf(digits: string): number {
  return Number(digits.slice(-KEY_DIGITS)) % KEYS;
}

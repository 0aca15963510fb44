/**
 * Listed numbers, found by their last six digits: what a text must end a number with before anybody looks closer. Sized
 * so that ten thousand numbers cost a text no more than a hundred do.
 */
import type { PhoneNumber } from './phone-number.ts';

/** So many digits at the end of a number are its key. */
export const KEY_DIGITS = 6;
const KEYS = 10 ** KEY_DIGITS;
/** Slots for each number, so that most keys of a text fall into an empty one. */
const SLOTS_EACH = 16;
const FEWEST_SLOTS = 1024;
const MOST_SLOTS = 2 ** 20;

export class PhoneIndex {
  readonly #numbers: PhoneNumber[] = [];
  /** One more than the first number of a slot; 0 is empty. */
  #slots = new Int32Array(FEWEST_SLOTS);
  /** By number: one more than the next one of its slot. */
  #next: number[] = [];

  get count(): number {
    return this.#numbers.length;
  }

  /** Adds a number; gives its index, in the order of adding. */
  add(number: PhoneNumber): number {
    const index = this.#numbers.push(number) - 1;
    if (this.count * SLOTS_EACH > this.#slots.length && this.#slots.length < MOST_SLOTS) this.#grow();
    else this.#link(index);
    return index;
  }

  /** The same number, if it is there: its index. */
  indexOf({ digits, country }: PhoneNumber): number | undefined {
    for (const index of this.candidates(keyOf(digits))) {
      const other = this.number(index);
      if (other.digits === digits && other.country === country) return index;
    }
    return undefined;
  }

  number(index: number): PhoneNumber {
    return this.#numbers[index] as PhoneNumber;
  }

  /** Whether a listed number may end so; `key`: the last six digits as a number. */
  mayEndWith(key: number): boolean {
    return this.#slots[key & (this.#slots.length - 1)] !== 0;
  }

  /** The numbers that end so, first listed first. */
  candidates(key: number): number[] {
    const found: number[] = [];
    let index = (this.#slots[key & (this.#slots.length - 1)] as number) - 1;
    for (; index >= 0; index = (this.#next[index] as number) - 1) {
      if (keyOf(this.number(index).digits) === key) found.push(index);
    }
    return found.reverse();
  }

  #link(index: number): void {
    const slot = keyOf(this.number(index).digits) & (this.#slots.length - 1);
    this.#next[index] = this.#slots[slot] as number;
    this.#slots[slot] = index + 1;
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 4);
    this.#next = [];
    for (let index = 0; index < this.count; index++) this.#link(index);
  }
}

function keyOf(digits: string): number {
  return Number(digits.slice(-KEY_DIGITS)) % KEYS;
}

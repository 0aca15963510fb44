/**
 * Finds the places in a text where digits, or letters in their shape, stand in groups: `8(Ч95) 1O5-5l-86` is one run of
 * five groups. One pass, linear in the text; who asks hears of each group that could end a listed number.
 */
import { afterDigits, letter, letterDigit, phoneClasses, stop, unseen } from './phone-characters.ts';
import { KEY_DIGITS } from './phone-index.ts';

/** How many groups back a number can begin. */
const MAX_GROUPS = 24;
/** A number with all its prefixes: `810` and fifteen digits. */
const MAX_DIGITS = 18;
/** Characters between two groups; more is a gap. */
const MAX_JOINT = 5;
/** How far left of its first true digit a number can begin, in characters. */
const MAX_REACH = 24;
/** Letters alone are digits up to here: `8-8OO`; more of them are a word. */
const MAX_LETTERS = 4;
const KEYS = 10 ** KEY_DIGITS;

/** A stretch of a text that reads as digits. Offsets are UTF-16 units. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly digits: string;
  /** How many of them are true digits. */
  readonly trueDigits: number;
}

interface Group {
  readonly start: number;
  readonly end: number;
  readonly count: number;
  readonly trueDigits: number;
  /** The last six digits as a number. */
  readonly tail: number;
}

export interface StretchSearch {
  /** Whether stretches with this ending are of interest (its last six digits as a number). */
  hasEnding(key: number): boolean;
  /** Gets the stretches that end in one place with that key, the longest first. */
  found(stretches: readonly Stretch[], key: number): void;
}

/** Goes through a text. */
export function findStretches(text: string, search: StretchSearch): void {
  new Scan(text, search).run();
}

class Scan {
  readonly #text: string;
  readonly #search: StretchSearch;
  readonly #classes = phoneClasses();
  readonly #groups: Group[] = [];
  /** The next true digit, as far as it was looked for. */
  #digitAt = -1;

  constructor(text: string, search: StretchSearch) {
    this.#text = text;
    this.#search = search;
  }

  run(): void {
    const text = this.#text;
    const classes = this.#classes;
    const groups = this.#groups;
    let joint = 0;
    for (let at = this.#nextStart(0); at < text.length; at++) {
      const unitClass = classes[text.charCodeAt(at)] as number;
      if (unitClass < afterDigits || unitClass === letter) {
        if (joint > MAX_JOINT) groups.length = 0;
        at = this.#word(at) - 1;
        joint = 0;
      } else if (unitClass === stop) groups.length = 0;
      else if (unitClass !== unseen) joint += 1;
      if (groups.length === 0) at = this.#nextStart(at + 1) - 1;
    }
  }

  /** Where a number can begin: letters in front of its first true digit may belong to it. */
  #nextStart(from: number): number {
    const text = this.#text;
    const classes = this.#classes;
    if (this.#digitAt < from) {
      let at = from;
      while (at < text.length && (classes[text.charCodeAt(at)] as number) >= letterDigit) at += 1;
      this.#digitAt = at;
    }
    let start = Math.max(from, this.#digitAt - MAX_REACH);
    while (start > from && start < this.#digitAt && isWord(classes[text.charCodeAt(start - 1)] as number))
      start += 1;
    return start;
  }

  /** Takes the word that begins here; gives its end. */
  #word(start: number): number {
    const text = this.#text;
    const classes = this.#classes;
    let at = start;
    let trueDigits = 0;
    let letters = 0;
    let isMixed = false;
    for (; at < text.length; at++) {
      const unitClass = classes[text.charCodeAt(at)] as number;
      if (unitClass < letterDigit) trueDigits += 1;
      else if (unitClass < afterDigits) letters += 1;
      else if (unitClass === letter) isMixed = true;
      else if (unitClass !== unseen) break;
    }
    if (trueDigits === 0 && (isMixed || letters > MAX_LETTERS)) this.#groups.length = 0;
    else if (isMixed) this.#mixedWord(start, at);
    else this.#push(start, at);
    return at;
  }

  /** `тел8495`, `86кв`: the digits count, the letters beside them do not. */
  #mixedWord(start: number, end: number): void {
    for (let at = start; at < end; ) {
      const from = this.#skip(at, end, false);
      const to = this.#skip(from, end, true);
      if (from > start) this.#groups.length = 0;
      const [first, last] = this.#trimmed(from, to, from > start, to < end);
      if (first < last) this.#push(first, last);
      if (to < end) this.#groups.length = 0;
      at = to;
    }
  }

  #skip(from: number, end: number, over: boolean): number {
    let at = from;
    while (at < end && (this.#classes[this.#text.charCodeAt(at)] !== letter) === over) at += 1;
    return at;
  }

  /** Without the letters at those sides where a word goes on. */
  #trimmed(from: number, to: number, left: boolean, right: boolean): [number, number] {
    let [first, last] = [from, to];
    while (left && first < last && !this.#isTrueDigit(first)) first += 1;
    while (right && first < last && !this.#isTrueDigit(last - 1)) last -= 1;
    return [first, last];
  }

  #isTrueDigit(at: number): boolean {
    return (this.#classes[this.#text.charCodeAt(at)] as number) < letterDigit;
  }

  #push(start: number, end: number): void {
    let count = 0;
    let trueDigits = 0;
    let tail = 0;
    for (let at = start; at < end; at++) {
      const unitClass = this.#classes[this.#text.charCodeAt(at)] as number;
      if (unitClass >= afterDigits) continue;
      if (unitClass < letterDigit) trueDigits += 1;
      count += 1;
      tail = (tail * 10 + (unitClass & 15)) % KEYS;
    }
    if (count > MAX_DIGITS) this.#groups.length = 0;
    else {
      this.#groups.push({ start, end, count, trueDigits, tail });
      if (this.#groups.length > 2 * MAX_GROUPS) this.#groups.splice(0, MAX_GROUPS);
      const key = this.#key();
      if (key >= 0 && this.#search.hasEnding(key)) this.#search.found(this.#stretches(), key);
    }
  }

  /** The last six digits as a number; -1 when there are fewer. */
  #key(): number {
    let key = 0;
    let count = 0;
    for (let i = this.#groups.length - 1; i >= 0 && count < KEY_DIGITS; i--) {
      const group = this.#groups[i] as Group;
      key += group.tail * 10 ** count;
      count += group.count;
    }
    return count < KEY_DIGITS ? -1 : key % KEYS;
  }

  #stretches(): Stretch[] {
    const found: Stretch[] = [];
    const end = (this.#groups.at(-1) as Group).end;
    let digits = '';
    let trueDigits = 0;
    for (let i = this.#groups.length - 1; i >= 0; i--) {
      const group = this.#groups[i] as Group;
      digits = this.#digits(group) + digits;
      trueDigits += group.trueDigits;
      if (digits.length > MAX_DIGITS) break;
      if (digits.length >= KEY_DIGITS) found.push({ start: group.start, end, digits, trueDigits });
    }
    return found.reverse();
  }

  #digits({ start, end }: Group): string {
    let digits = '';
    for (let at = start; at < end; at++) {
      const unitClass = this.#classes[this.#text.charCodeAt(at)] as number;
      if (unitClass < afterDigits) digits += String(unitClass & 15);
    }
    return digits;
  }
}

function isWord(unitClass: number): boolean {
  return unitClass < afterDigits || unitClass === letter;
}

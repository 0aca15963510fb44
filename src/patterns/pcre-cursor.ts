/** Reads along a PCRE pattern: single characters, words, numbers and names. */
import type { PatternError } from './pattern-error.ts';
import type { PatternUnits } from './pattern-units.ts';

const LONGEST_NAME = 32;

export class PcreCursor {
  readonly units: PatternUnits;
  at = 0;

  constructor(units: PatternUnits) {
    this.units = units;
  }

  get atEnd(): boolean {
    return this.at >= this.units.codes.length;
  }

  /** The code `ahead` characters further; -1 behind the end. */
  code(ahead = 0): number {
    return this.units.codes[this.at + ahead] ?? -1;
  }

  /** The same as text; empty behind the end. */
  peek(ahead = 0): string {
    const code = this.code(ahead);
    return code < 0 ? '' : String.fromCodePoint(code);
  }

  /** Up to `length` characters from here on, as text. */
  ahead(length: number): string {
    return String.fromCodePoint(...this.units.codes.slice(this.at, this.at + length));
  }

  looksAt(text: string): boolean {
    for (let i = 0; i < text.length; i++) if (this.code(i) !== text.charCodeAt(i)) return false;
    return true;
  }

  /** Passes `text` when it stands here. */
  passes(text: string): boolean {
    if (!this.looksAt(text)) return false;
    this.at += text.length;
    return true;
  }

  /** Passes `text`, or says what should be. */
  expect(text: string, problem: string): void {
    if (!this.passes(text)) throw this.error(problem);
  }

  get isDigit(): boolean {
    return this.code() >= 0x30 && this.code() <= 0x39;
  }

  /** A number without sign up to `most`; undefined when there is none. */
  number(most: number): number | undefined {
    if (!this.isDigit) return undefined;
    const from = this.at;
    let value = 0;
    while (this.isDigit) {
      value = value * 10 + this.code() - 0x30;
      this.at++;
      if (value > most) throw this.error(`the number is at most ${most}`, from);
    }
    return value;
  }

  /** A number that may be relative to the groups opened so far: `+1`, `-1`. Undefined when there is none. */
  relativeNumber(groupsSoFar: number, most: number): number | undefined {
    const sign = this.peek();
    if (sign !== '+' && sign !== '-') return this.number(most);
    const digit = this.code(1);
    if (digit < 0x30 || digit > 0x39) return undefined;
    const from = this.at++;
    const value = this.number(most) ?? 0;
    const group = sign === '+' ? groupsSoFar + value : groupsSoFar - value + 1;
    if (value === 0 || group <= 0) throw this.error('the reference leads to no group', from);
    return group;
  }

  /** A group's name, up to and over `terminator`. */
  name(terminator: string): string {
    const from = this.at;
    while (isNameCode(this.code())) this.at++;
    const name = String.fromCodePoint(...this.units.codes.slice(from, this.at));
    if (name === '' || /^\d/.test(name)) throw this.error('a group name begins with a letter or _', from);
    if (name.length > LONGEST_NAME)
      throw this.error(`a group name has at most ${LONGEST_NAME} characters`, from);
    this.expect(terminator, `the group name ends with ${terminator}`);
    return name;
  }

  error(problem: string, at = this.at): PatternError {
    return this.units.error(at, problem);
  }
}

function isNameCode(code: number): boolean {
  return code >= 0 && code < 0x80 && /\w/.test(String.fromCharCode(code));
}

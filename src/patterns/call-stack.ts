/** The calls of groups that are under way: `(?R)`, `(?1)`, `(?&name)`. */
import { BacktrackLimit } from './backtrack-limit.ts';

/** Numbers that all calls keep together: 32 MB. */
const NUMBERS_LIMIT = 8 * 1024 * 1024;
const NUMBERS_EACH = 16;

export interface Call {
  readonly returnTo: number;
  readonly group: number;
  /** Where in the text it was called. */
  readonly at: number;
  /** The call that it lies in; -1: none. */
  readonly caller: number;
  /** What groups held before; they hold it again afterwards. */
  readonly registers: Int32Array;
}

export class CallStack {
  #calls: Call[] = [];
  /** The innermost call; -1: none. */
  current = -1;
  #numbers = 0;

  get innermost(): Call | undefined {
    return this.#calls[this.current];
  }

  /** Calls that are kept, finished ones included: going back may lead into them again. */
  get height(): number {
    return this.#calls.length;
  }

  clear(): void {
    this.#calls = [];
    this.current = -1;
    this.#numbers = 0;
  }

  /** Throws BacktrackLimit when there are too many, or the group calls itself without end. */
  enter(group: number, returnTo: number, at: number, registers: Int32Array): void {
    for (let call = this.innermost; call?.at === at; call = this.#calls[call.caller]) {
      if (call.group === group) throw new BacktrackLimit('it calls itself without end');
    }
    this.#numbers += registers.length + NUMBERS_EACH;
    if (this.#numbers > NUMBERS_LIMIT) throw new BacktrackLimit('too many calls of groups');
    this.#calls.push({ returnTo, group, at, caller: this.current, registers: registers.slice() });
    this.current = this.#calls.length - 1;
  }

  /** As it was when `current` and `height` were these. */
  backTo(current: number, height: number): void {
    this.current = current;
    for (const call of this.#calls.splice(height)) this.#numbers -= call.registers.length + NUMBERS_EACH;
  }

  /** Whether the innermost call is of one of these groups; undefined: of any. */
  isOf(groups: readonly number[] | undefined): boolean {
    const call = this.innermost;
    return call !== undefined && (groups === undefined || groups.includes(call.group));
  }
}

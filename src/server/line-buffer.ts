/** Input that is waiting: lines of bounded length are taken off its front. */

const LF = 10;
const CR = 13;
const NOTHING = Buffer.alloc(0);

export interface Line {
  /** Without its end; undefined when the line was longer than the limit and has been thrown away. */
  readonly bytes: Buffer | undefined;
  /** It ended with LF alone. */
  readonly bare: boolean;
}

export class LineBuffer {
  readonly #limit: number;
  #waiting: Buffer = NOTHING;
  #at = 0;
  /** Came behind `#waiting`; joined when somebody looks. */
  #more: Buffer[] = [];
  #moreBytes = 0;
  /** Inside a line that is too long: everything up to its end goes. */
  #skipping = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get bytes(): number {
    return this.#waiting.length - this.#at + this.#moreBytes;
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  push(chunk: Buffer): void {
    this.#more.push(chunk);
    this.#moreBytes += chunk.length;
  }

  /** Puts back what was not used. */
  unshift(rest: Buffer): void {
    this.#more = [rest, this.#waiting.subarray(this.#at), ...this.#more];
    this.#moreBytes = this.#more.reduce((sum, { length }) => sum + length, 0);
    this.#waiting = NOTHING;
    this.#at = 0;
  }

  /** The next line, undefined while it is not complete; `limitBytes` for this line alone. */
  takeLine(limitBytes = this.#limit): Line | undefined {
    this.#join();
    const end = this.#waiting.indexOf(LF, this.#at);
    if (end < 0) {
      if (this.#skipping || this.bytes > limitBytes) {
        this.#skipping = true;
        this.#clear();
      }
      return undefined;
    }
    const start = this.#at;
    this.#at = end + 1;
    const bare = end === start || this.#waiting[end - 1] !== CR;
    const isTooLong = this.#skipping || end - start > limitBytes;
    this.#skipping = false;
    const bytes = isTooLong ? undefined : this.#waiting.subarray(start, bare ? end : end - 1);
    if (this.isEmpty) this.#clear();
    return { bytes, bare };
  }

  /** All that is waiting, whatever it is. */
  takeAll(): Buffer | undefined {
    if (this.isEmpty) return undefined;
    this.#join();
    const all = this.#waiting.subarray(this.#at);
    this.#clear();
    return all;
  }

  /** The beginning of what is waiting, made visible. */
  peek(bytes: number): string {
    this.#join();
    const text = this.#waiting.subarray(this.#at, this.#at + bytes).toString('latin1');
    return JSON.stringify(text).slice(1, -1);
  }

  #join(): void {
    if (this.#moreBytes === 0) return;
    const rest = this.#waiting.subarray(this.#at);
    const [only] = this.#more;
    this.#waiting =
      only && rest.length === 0 && this.#more.length === 1 ? only : Buffer.concat([rest, ...this.#more]);
    this.#at = 0;
    this.#more = [];
    this.#moreBytes = 0;
  }

  #clear(): void {
    this.#waiting = NOTHING;
    this.#at = 0;
    this.#more = [];
    this.#moreBytes = 0;
  }
}

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
  /** Inside a line that is too long: everything up to its end goes. */
  #skipping = false;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get bytes(): number {
    return this.#waiting.length - this.#at;
  }

  get isEmpty(): boolean {
    return this.bytes === 0;
  }

  push(chunk: Buffer): void {
    this.#waiting = this.isEmpty ? chunk : Buffer.concat([this.#waiting.subarray(this.#at), chunk]);
    this.#at = 0;
  }

  /** Puts back what was not used. */
  unshift(rest: Buffer): void {
    this.push(NOTHING);
    this.#waiting = this.isEmpty ? rest : Buffer.concat([rest, this.#waiting]);
  }

  /** The next line, undefined while it is not complete. */
  takeLine(): Line | undefined {
    const end = this.#waiting.indexOf(LF, this.#at);
    if (end < 0) {
      if (this.#skipping || this.bytes > this.#limit) {
        this.#skipping = true;
        this.#clear();
      }
      return undefined;
    }
    const start = this.#at;
    this.#at = end + 1;
    const bare = end === start || this.#waiting[end - 1] !== CR;
    const isTooLong = this.#skipping || end - start > this.#limit;
    this.#skipping = false;
    const bytes = isTooLong ? undefined : this.#waiting.subarray(start, bare ? end : end - 1);
    if (this.isEmpty) this.#clear();
    return { bytes, bare };
  }

  /** All that is waiting, whatever it is. */
  takeAll(): Buffer | undefined {
    if (this.isEmpty) return undefined;
    const all = this.#waiting.subarray(this.#at);
    this.#clear();
    return all;
  }

  /** The beginning of what is waiting, made visible. */
  peek(bytes: number): string {
    const text = this.#waiting.subarray(this.#at, this.#at + bytes).toString('latin1');
    return JSON.stringify(text).slice(1, -1);
  }

  #clear(): void {
    this.#waiting = NOTHING;
    this.#at = 0;
  }
}

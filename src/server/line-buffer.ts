/**
 * Input that is waiting: lines are taken off its front. What a line has beyond the limit is thrown away as it comes, so
 * that no client fills our memory. `Postfix: smtp_get with SMTP_GET_FLAG_SKIP`.
 */
import { escapedOctets } from '../mail/octets.ts';

const LF = 10;
const CR = 13;
const NOTHING = Buffer.alloc(0);

export interface Line {
  /** Without its end. */
  readonly bytes: Buffer;
  /** It was longer than the limit: this is its beginning. */
  readonly isCut: boolean;
  /** It ended with LF alone. `Postfix: nobody looks at the end of a line that is cut`. */
  readonly bare: boolean;
}

export class LineBuffer {
  readonly #limit: number;
  #waiting: Buffer = NOTHING;
  #at = 0;
  /** Came behind `#waiting`; joined when somebody looks. */
  #more: Buffer[] = [];
  #moreBytes = 0;
  /** The beginning of a line that is too long: everything up to its end goes. */
  #cut: Buffer | undefined;

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
      if (this.#cut || this.bytes > limitBytes) {
        this.#cut ??= Buffer.from(this.#waiting.subarray(this.#at, this.#at + limitBytes));
        this.#clear();
      }
      return undefined;
    }
    const start = this.#at;
    this.#at = end + 1;
    const line = this.#lineOf(this.#waiting.subarray(start, end), limitBytes);
    if (this.isEmpty) this.#clear();
    return line;
  }

  #lineOf(bytes: Buffer, limitBytes: number): Line {
    const cut = this.#cut ?? (bytes.length > limitBytes ? bytes.subarray(0, limitBytes) : undefined);
    this.#cut = undefined;
    if (cut) return { bytes: cut, isCut: true, bare: false };
    const bare = bytes.at(-1) !== CR;
    return { bytes: bare ? bytes : bytes.subarray(0, -1), isCut: false, bare };
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
    return escapedOctets(this.#waiting.subarray(this.#at, this.#at + bytes));
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

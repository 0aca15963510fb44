/** Says on a terminal how far something has come that takes more than a second. */
const EVERY_MS = 500;

export class Progress {
  readonly #what: string;
  #count = 0;
  #told = performance.now();
  #isShown = false;

  /** `what`: behind the number, such as `attempts judged`. */
  constructor(what: string) {
    this.#what = what;
  }

  step(): void {
    this.#count += 1;
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#told < EVERY_MS) return;
    this.#told = now;
    this.#isShown = true;
    process.stderr.write(`\r${this.#count} ${this.#what} `);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#isShown) process.stderr.write('\r\x1b[K');
  }
}

/**
 * A deadline that is moved with every command but costs a timer only now and then: moving it later is a
 * subtraction, and the running timer notices when it fires too early.
 */

/** What a timer takes at most. */
const longestMs = 2 ** 31 - 1;

export class Deadline {
  readonly #onExpiry: () => void;
  #at = Number.POSITIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(onExpiry: () => void) {
    this.#onExpiry = onExpiry;
  }

  /** Expires in so many milliseconds, whatever was said before. */
  arm(ms: number): void {
    this.#at = performance.now() + ms;
    if (this.#timer === undefined || this.#at < this.#timerAt) this.#schedule(ms);
  }

  /** Does not expire until armed again. */
  disarm(): void {
    this.#at = Number.POSITIVE_INFINITY;
  }

  /** Disarmed, and no timer is left behind. */
  cancel(): void {
    this.disarm();
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(ms: number): void {
    clearTimeout(this.#timer);
    this.#timerAt = this.#at;
    this.#timer = setTimeout(() => this.#fired(), Math.min(ms, longestMs));
  }

  #fired(): void {
    this.#timer = undefined;
    if (this.#at === Number.POSITIVE_INFINITY) return;
    const leftMs = this.#at - performance.now();
    if (leftMs > 1) this.#schedule(leftMs);
    else {
      this.disarm();
      this.#onExpiry();
    }
  }
}

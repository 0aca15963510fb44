/**
 * Lets so many pieces of work through at once; a bounded number of others waits, not longer than a deadline. Who cannot
 * wait any longer is told Busy.
 */
export class Busy extends Error {}

export interface TurnstileOptions {
  readonly atOnce: number;
  readonly mostWaiting: number;
  /** How long one may wait for its turn. */
  readonly patienceMs: number;
}

export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #waiting = new Set<() => void>();
  #inside = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
  }

  /** Does the work when it has its turn. Rejects with Busy when that does not come, and as the work does. */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside >= this.#options.atOnce) await this.#turn();
    else this.#inside += 1;
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  #turn(): Promise<void> {
    const { mostWaiting, patienceMs } = this.#options;
    if (this.#waiting.size >= mostWaiting) throw new Busy(`more than ${mostWaiting} are waiting`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        reject(new Busy(`no turn within ${patienceMs / 1000} s`));
      }, patienceMs);
      const enter = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.add(enter);
    });
  }

  /** The place goes to whoever waits longest. */
  #leave(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#inside -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

/**
 * How long a name server is waited for. One that is silent again and again is waited for a quarter of the time, until it
 * says something: so mail goes on when the DNS is gone, and nobody need tell us that it is back. It is asked all the
 * same, so that strangers whose own servers are slow cannot keep us from asking about others.
 */

/** Questions in a row without an answer before a server is taken for silent. One domain of others can be silent, too. */
const SILENT_AFTER = 4;
const SHARE = 4;

export class Silence {
  readonly #timeoutMs: number;
  #unanswered = 0;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  get isSilent(): boolean {
    return this.#unanswered >= SILENT_AFTER;
  }

  get waitMs(): number {
    return this.isSilent ? this.#timeoutMs / SHARE : this.#timeoutMs;
  }

  broken(): void {
    this.#unanswered = 0;
  }

  goesOn(): void {
    this.#unanswered += 1;
  }
}

/** Values kept in this process for a while: the newest ones, and a bounded number of them. */
export class Recent<T> {
  readonly #kept = new Map<string, { readonly value: T; readonly until: number }>();
  readonly #limit: number;
  readonly #keptMs: number;
  readonly #now: () => number;

  /** `limit`: the most values kept; the oldest go first. */
  constructor(limit: number, keptMs: number, now: () => number = Date.now) {
    this.#limit = limit;
    this.#keptMs = keptMs;
    this.#now = now;
  }

  get(key: string): T | undefined {
    const found = this.#kept.get(key);
    if (!found || found.until > this.#now()) return found?.value;
    this.#kept.delete(key);
    return undefined;
  }

  set(key: string, value: T, keptMs = this.#keptMs): void {
    this.#kept.delete(key);
    this.#kept.set(key, { value, until: this.#now() + keptMs });
    if (this.#kept.size <= this.#limit) return;
    const oldest = this.#kept.keys().next();
    if (!oldest.done) this.#kept.delete(oldest.value);
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }
}

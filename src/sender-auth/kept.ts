/** What was made of a text, kept for the next time it is met: records and keys that every mail of a sender brings. */
export class Kept<T> {
  readonly #limit: number;
  readonly #values = new Map<string, T>();

  /** `limit`: the most values kept; the oldest go first. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The kept value of this text, or what `make` makes; what it throws is not kept. */
  get(text: string, make: () => T): T {
    const known = this.#values.get(text);
    if (known !== undefined) return known;
    const value = make();
    const [oldest] = this.#values.size >= this.#limit ? this.#values.keys() : [];
    if (oldest !== undefined) this.#values.delete(oldest);
    this.#values.set(text, value);
    return value;
  }
}

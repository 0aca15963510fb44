/** Answers kept for their time to live, and one question for all who ask the same at the same time. */
import type { Answer } from './dns.ts';

interface Entry {
  readonly answer: Promise<Answer<unknown>>;
  /** Milliseconds since 1970; Infinity while the question is under way. */
  expires: number;
}

export interface Timed<T> {
  readonly answer: Answer<T>;
  readonly ttlMs: number;
}

export class AnswerCache {
  readonly #entries = new Map<string, Entry>();
  readonly #limit: number;
  readonly #now: () => number;
  /** Where the oldest is looked for; a new look would begin at all that went before. */
  #oldest: MapIterator<string>;

  /** `limit`: the most answers kept; the oldest go first. */
  constructor(limit: number, now: () => number = Date.now) {
    this.#limit = limit;
    this.#now = now;
    this.#oldest = this.#entries.keys();
  }

  /** The kept answer, or `ask`'s, which is kept and shared with those who ask meanwhile. */
  get<T>(key: string, ask: () => Promise<Timed<T>>): Promise<Answer<T>> {
    const known = this.#entries.get(key);
    if (known && known.expires > this.#now()) return known.answer as Promise<Answer<T>>;
    if (known) this.#entries.delete(key);
    else if (this.#entries.size >= this.#limit) this.#dropOldest();
    const entry: Entry = { answer: this.#fill(key, ask), expires: Number.POSITIVE_INFINITY };
    this.#entries.set(key, entry);
    return entry.answer as Promise<Answer<T>>;
  }

  clear(): void {
    this.#entries.clear();
  }

  async #fill<T>(key: string, ask: () => Promise<Timed<T>>): Promise<Answer<T>> {
    try {
      const { answer, ttlMs } = await ask();
      const entry = this.#entries.get(key);
      if (entry && ttlMs > 0) entry.expires = this.#now() + ttlMs;
      else this.#entries.delete(key);
      return answer;
    } catch (error) {
      this.#entries.delete(key); // a bug is not kept for those who ask later
      throw error;
    }
  }

  #dropOldest(): void {
    let oldest = this.#oldest.next();
    if (oldest.done) {
      this.#oldest = this.#entries.keys();
      oldest = this.#oldest.next();
    }
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}

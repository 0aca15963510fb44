/**
 * Which answers of the DNS are worth writing down: those that are new, and once a day those that still hold, so that the
 * ledger knows what was true at any time of its retention.
 */

/** Questions that are remembered; beyond that an answer may be written twice. */
const MOST_QUESTIONS = 20_000;
const AGAIN_MS = 86_400_000;

export class AnswerNews {
  readonly #told = new Map<string, { readonly answer: string; readonly time: number }>();

  isNews(question: string, answer: string, now: number): boolean {
    const told = this.#told.get(question);
    if (told?.answer === answer && now - told.time < AGAIN_MS) return false;
    this.#told.delete(question);
    this.#told.set(question, { answer, time: now });
    if (this.#told.size > MOST_QUESTIONS) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    const oldest = this.#told.keys().next();
    if (!oldest.done) this.#told.delete(oldest.value);
  }
}

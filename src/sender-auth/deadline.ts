/**
 * One deadline for all DNS questions of a check: who asks through it gets `unknown` when time is up.
 * RFC 7208 4.6.4 (at least 20 s for SPF). A question that rejects is unknown as well; nothing here throws.
 */
import type { Answer } from '../dns/dns.ts';

export class Deadline {
  readonly #expired: Promise<Answer<never>>;
  readonly #timer: NodeJS.Timeout;

  /** Starts now. `end()` must be called when the check is over. */
  constructor(timeoutMs: number) {
    const { promise, resolve } = Promise.withResolvers<Answer<never>>();
    this.#expired = promise;
    this.#timer = setTimeout(
      () => resolve({ kind: 'unknown', why: `no answer in ${timeoutMs} ms` }),
      timeoutMs,
    );
  }

  /** The answer, or unknown when it is not there in time. */
  within<T>(question: Promise<Answer<T>>): Promise<Answer<T>> {
    return Promise.race([question.catch(failed<T>), this.#expired]);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function failed<T>(error: unknown): Answer<T> {
  return { kind: 'unknown', why: error instanceof Error ? error.message : String(error) };
}

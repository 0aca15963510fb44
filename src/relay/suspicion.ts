/**
 * What is remembered of a next hop that left us waiting: from then on one mail at a time asks it, and the others wait
 * for that one, a second at most. So a flood does not hang on its time-outs, and it is used as soon as it answers.
 */

/** An attempt that fails later than this was a wait. */
const quickFailureMs = 1_000;
/** How long others wait for the one that asks. */
const probeWaitMs = 1_000;

export class Suspicion {
  #isSuspect = false;
  #probe: { readonly startedAt: number; readonly succeeds: Promise<boolean> } | undefined;

  /** Makes the attempt; undefined: not made, because the next hop does not answer. Rejects when the attempt does. */
  async attempt<T>(make: () => Promise<T>): Promise<T | undefined> {
    if (this.#isSuspect && this.#probe !== undefined && !(await this.#probeAnswers(this.#probe)))
      return undefined;
    const startedAt = performance.now();
    const attempt = make();
    const isProbe = this.#isSuspect && this.#probe === undefined;
    if (isProbe) this.#probe = { startedAt, succeeds: attempt.then(yes, no) };
    try {
      const made = await attempt;
      this.#isSuspect = false;
      return made;
    } catch (error) {
      this.#isSuspect = performance.now() - startedAt > quickFailureMs;
      throw error;
    } finally {
      if (isProbe) this.#probe = undefined;
    }
  }

  async #probeAnswers(probe: {
    readonly startedAt: number;
    readonly succeeds: Promise<boolean>;
  }): Promise<boolean> {
    const leftMs = probe.startedAt + probeWaitMs - performance.now();
    if (leftMs <= 0) return false;
    const { promise: late, resolve } = Promise.withResolvers<false>();
    const timer = setTimeout(resolve, leftMs, false);
    const answers = await Promise.race([probe.succeeds, late]);
    clearTimeout(timer);
    return answers;
  }
}

const yes = () => true;
const no = () => false;

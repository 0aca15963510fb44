/** Waits until something is there, without waiting longer than it takes. */

const LOOK_AGAIN_MS = 20;

/** Resolves with what `look` finds; rejects with what `missing` says when it has not been found in time. */
export async function until<T>(
  look: () => T | false | undefined | Promise<T | false | undefined>,
  missing: () => string,
  withinMs = 15_000,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(missing());
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

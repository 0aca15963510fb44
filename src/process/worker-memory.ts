/**
 * How much memory a worker keeps for later: V8 and malloc take what a burst of clients needs, and keep it. Ten thousand
 * mails, forty at a time, made 294 MB of the 76 MB that a worker starts with; with these limits it is 182 MB, and a mail
 * costs the same CPU time.
 */

/** Of V8 13.6, in Node 24: a smaller young generation, and the old one is looked through when it has doubled. */
const HEAP_FLAGS: readonly string[] = ['--max-semi-space-size=8', '--heap-growing-percent=100'];

/** What a worker's program is started with. Another V8 may not know these words, so it is left alone. */
export function heapFlags(version = process.versions.node): readonly string[] {
  return version.startsWith('24.') ? HEAP_FLAGS : [];
}

/** What stands in its environment, for glibc: threads share two heaps, instead of each having its own. */
export const MALLOC = { MALLOC_ARENA_MAX: '2' } as const;

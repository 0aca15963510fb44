/** Processor time of this thread: tests measure it rather than the clock, since others use the machine too. */

/** Milliseconds since the thread began. */
export function processorMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** What something costs the first time. */
export async function costMs(work: () => unknown): Promise<number> {
  const before = processorMs();
  await work();
  return processorMs() - before;
}

/** What one round costs when the code is warm: the mean of `rounds`, since the clock ticks in milliseconds. */
export async function meanMs(rounds: number, work: () => unknown): Promise<number> {
  for (let i = 0; i < WARM_UP_ROUNDS; i++) await work();
  const before = processorMs();
  for (let i = 0; i < rounds; i++) await work();
  return (processorMs() - before) / rounds;
}

const WARM_UP_ROUNDS = 2;

/** Watches the event loop: the longest time for which it kept its thread busy at a stretch. */
export class LoopWatch {
  longestMs = 0;
  #last = processorMs();
  readonly #timer: NodeJS.Timeout;

  constructor() {
    this.#timer = setInterval(() => this.#look(), 1);
  }

  stop(): void {
    this.#look();
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = processorMs();
    this.longestMs = Math.max(this.longestMs, now - this.#last);
    this.#last = now;
  }
}

/** What work costs: time on the clock, and time of the processor, which other programs on the machine do not stretch. */
export interface Cost {
  readonly meanUs: number;
  readonly cpuUs: number;
  readonly worstMs: number;
}

export async function costOf(work: () => unknown, times: number): Promise<Cost> {
  let worstMs = 0;
  const cpu = process.cpuUsage();
  const began = performance.now();
  for (let i = 0; i < times; i++) {
    const start = performance.now();
    const done = work();
    if (done instanceof Promise) await done;
    worstMs = Math.max(worstMs, performance.now() - start);
  }
  const meanUs = ((performance.now() - began) / times) * 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { meanUs, cpuUs: (user + system) / times, worstMs };
}

/** For the test's report. */
export function costText({ meanUs, cpuUs, worstMs }: Cost): string {
  return `${meanUs.toFixed(1)} us (processor ${cpuUs.toFixed(1)} us, worst ${worstMs.toFixed(2)} ms)`;
}

/** Measures the longest time that the loop was kept busy without a break, in CPU time of its thread: what others do on
 * the machine does not count. */
export async function busiest<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly longestMs: number }> {
  let longest = 0;
  let isOver = false;
  let last = cpuMs();
  const sample = () => {
    const now = cpuMs();
    longest = Math.max(longest, now - last);
    last = now;
    if (!isOver) setImmediate(sample);
  };
  setImmediate(sample);
  try {
    const result = await work();
    sample();
    return { result, longestMs: longest };
  } finally {
    isOver = true;
  }
}

function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

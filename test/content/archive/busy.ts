/** Measures how long the loop is kept busy without a break. */
import { processorMs } from '../../support/processor-time.ts';

/** The longest time, in processor time of this thread: what others do on the machine does not count. */
export async function busiest<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly longestMs: number }> {
  let longest = 0;
  let isOver = false;
  let last = processorMs();
  const sample = () => {
    const now = processorMs();
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

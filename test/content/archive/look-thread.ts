/**
 * Looks at attachments in a thread of its own and measures how long its loop is busy: the runner of the tests keeps account
 * of every promise in its own thread, which takes longer than the work.
 */
import { once } from 'node:events';
import { after } from 'node:test';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { directory, keysOf, type LookOptions } from '../attachment-look.ts';
import { busiest } from './busy.ts';

interface Question {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly options: LookOptions;
}

export interface Answer {
  readonly keys: readonly string[];
  /** The loop was busy for so long at most. */
  readonly longestMs: number;
}

let thread: Worker | undefined;

/** All keys that are asked about. One question at a time. */
export async function lookInThread(name: string, bytes: Buffer, options: LookOptions): Promise<Answer> {
  thread ??= new Worker(new URL(import.meta.url), { workerData: { directory } });
  const answered = once(thread, 'message');
  thread.postMessage({ name, bytes, options });
  const [answer] = await answered;
  return answer;
}

if (isMainThread) after(() => thread?.terminate());
else {
  parentPort?.on('message', async ({ name, bytes, options }: Question) => {
    const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { result: keys, longestMs } = await busiest(() => keysOf(name, whole, options));
    parentPort?.postMessage({ keys, longestMs } satisfies Answer);
  });
}

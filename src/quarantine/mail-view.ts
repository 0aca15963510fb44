/**
 * A mail as a person reads it: subject, people, text, names of attachments. Mailparser decodes it, in a thread of its
 * own with little time and memory, because held mail is often hostile; undefined where that is not enough for it.
 * What comes out is text of strangers: who prints it takes care of control characters.
 */
import { Worker } from 'node:worker_threads';
import { threadProgram } from '../thread-program.ts';

export interface MailView {
  readonly subject: string;
  readonly from: string;
  readonly to: string;
  readonly date: string;
  /** The beginning of it. */
  readonly text: string;
  readonly attachments: readonly {
    readonly name: string;
    readonly type: string;
    readonly sizeBytes: number;
  }[];
}

/** What the thread is asked. */
export interface ViewWish {
  readonly path: string;
  /** Behind these the message is not looked at. */
  readonly mostBytes: number;
  readonly mostTextLength: number;
}

const MOST_BYTES = 20_000_000;
const MOST_TEXT_LENGTH = 20_000;
const TIMEOUT_MS = 5_000;
const MEMORY_MB = 200;

/** The mail in this file. */
export function viewMail(path: string, timeoutMs = TIMEOUT_MS): Promise<MailView | undefined> {
  const wish: ViewWish = { path, mostBytes: MOST_BYTES, mostTextLength: MOST_TEXT_LENGTH };
  const thread = new Worker(threadProgram(import.meta.url, 'mail-view-thread'), {
    workerData: wish,
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: MEMORY_MB },
  });
  return new Promise((resolve) => {
    const settle = (view: MailView | undefined) => {
      clearTimeout(timer);
      void thread.terminate();
      resolve(view);
    };
    const timer = setTimeout(() => settle(undefined), timeoutMs);
    thread.once('message', settle);
    thread.once('error', () => settle(undefined));
    thread.once('exit', () => settle(undefined));
  });
}

/**
 * Checks crypt(3) hashes in a thread of their own, started when the first one is needed. One question is worked on at a
 * time; one that takes too long ends with the thread.
 */
import { Worker } from 'node:worker_threads';
import { threadProgram } from '../thread-program.ts';
import type { CryptAnswer, CryptQuestion } from './crypt-work.ts';

interface Waiting {
  resolve(matches: boolean): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

export class CryptThread {
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;

  /** `timeoutMs`: how long one question may take, those before it included. */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** Whether the hash is one of the password. Rejects when the thread cannot answer. */
  matches(hash: string, password: string): Promise<boolean> {
    const id = ++this.#lastId;
    const worker = this.#start();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#stop(new Error('the hash takes too long')), this.#timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      worker.ref();
      const question: CryptQuestion = { id, password, hash };
      worker.postMessage(question);
    });
  }

  async close(): Promise<void> {
    await this.#stop(new Error('closed'));
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(threadProgram(import.meta.url, 'crypt-work'));
    worker.on('message', (answer: CryptAnswer) => this.#answered(answer));
    worker.on('error', (error) => this.#ended(worker, error));
    worker.on('exit', () => this.#ended(worker, new Error('the thread ended')));
    this.#worker = worker;
    return worker;
  }

  #answered({ id, matches }: CryptAnswer): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    waiting.resolve(matches);
  }

  async #stop(reason: Error): Promise<void> {
    const worker = this.#worker;
    if (!worker) return;
    this.#ended(worker, reason);
    await worker.terminate();
  }

  #ended(worker: Worker, reason: Error): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(reason);
    }
    this.#waiting.clear();
  }
}

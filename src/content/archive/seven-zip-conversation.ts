/** Answers the letters of the thread that runs 7-Zip until it is done with one archive. */
import type { Worker } from 'node:worker_threads';
import type { PartReader } from '../part.ts';
import { BrokenArchive, OverBudget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import {
  answerAt,
  goOn,
  headerBytes,
  lengthAt,
  type OpenLetter,
  type Outcome,
  sharedBytes,
  stop,
  type ThreadLetter,
  windowBytes,
} from './seven-zip-letters.ts';
import type { Opened } from './unpacker.ts';

export class Conversation {
  readonly #thread: Worker;
  readonly #bytes: ByteSource;
  readonly #to: Opened;
  readonly #shared = new SharedArrayBuffer(sharedBytes);
  readonly #control = new Int32Array(this.#shared, 0, headerBytes / 4);
  #reader: PartReader | undefined;
  /** The thread has not said that it is done. */
  isUnderWay = true;

  constructor(thread: Worker, bytes: ByteSource, to: Opened) {
    this.#thread = thread;
    this.#bytes = bytes;
    this.#to = to;
  }

  /** Rejects with OverBudget when the time is over, and with whatever a member's reader throws. */
  run(how: Omit<OpenLetter, 'sizeBytes' | 'shared'>): Promise<Outcome> {
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    const timer = setTimeout(() => reject(new OverBudget('too long')), this.#to.budget.leftMs);
    const heard = (letter: ThreadLetter) => {
      if (letter.kind === 'done') {
        this.isUnderWay = false;
        resolve(letter.outcome);
      } else this.#answer(letter).catch(reject);
    };
    const died = (error: Error) => reject(new BrokenArchive(`7-Zip ended: ${error.message}`));
    const ended = () => reject(new BrokenArchive('7-Zip ended'));
    this.#thread.on('message', heard).once('error', died).once('exit', ended);
    this.#thread.postMessage({ ...how, sizeBytes: this.#bytes.sizeBytes, shared: this.#shared });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#thread.off('message', heard).off('error', died).off('exit', ended);
    });
  }

  async #answer(letter: Exclude<ThreadLetter, { kind: 'done' }>): Promise<void> {
    try {
      await this.#act(letter);
      await this.#to.budget.breathe();
      this.#reply(goOn);
    } catch (error) {
      this.#reply(stop);
      throw error;
    }
  }

  async #act(letter: Exclude<ThreadLetter, { kind: 'done' }>): Promise<void> {
    switch (letter.kind) {
      case 'read': {
        const bytes = await this.#bytes.read(letter.offset, Math.min(letter.length, windowBytes));
        new Uint8Array(this.#shared, headerBytes).set(bytes);
        Atomics.store(this.#control, lengthAt, bytes.length);
        return;
      }
      case 'member':
        this.#reader = this.#to.member([letter.name]);
        return;
      case 'bytes':
        return this.#reader?.write(Buffer.from(letter.bytes.buffer, 0, letter.bytes.length));
      case 'end':
        return this.#reader?.end();
    }
  }

  #reply(answer: number): void {
    Atomics.store(this.#control, answerAt, answer);
    Atomics.notify(this.#control, answerAt);
  }
}

/**
 * The thread's side of the letters: 7-Zip asks for bytes and hands out members, and sleeps until each letter has its
 * answer. One for each archive.
 */
import { parentPort } from 'node:worker_threads';
import type { ArchiveBytes, Unpacked } from './seven-zip-files.ts';
import {
  answerAt,
  goOn,
  headerBytes,
  lengthAt,
  type ThreadLetter,
  waiting,
  windowBytes,
} from './seven-zip-letters.ts';

/** Whoever asked does not want to hear more. */
export class Stopped extends Error {}

export class Correspondence implements ArchiveBytes, Unpacked {
  readonly sizeBytes: number;
  /** The paths of what was unpacked. */
  readonly told = new Set<string>();
  readonly #control: Int32Array;
  readonly #shared: Uint8Array;
  #window = new Uint8Array(0);
  #windowAt = 0;
  #isStopped = false;

  constructor(sizeBytes: number, shared: SharedArrayBuffer) {
    this.sizeBytes = sizeBytes;
    this.#control = new Int32Array(shared, 0, headerBytes / 4);
    this.#shared = new Uint8Array(shared, headerBytes);
  }

  /** Throws Stopped, also when 7-Zip went on after it was stopped. */
  goOn(): void {
    if (this.#isStopped) throw new Stopped();
  }

  read(target: Uint8Array, offset: number): number {
    let had = 0;
    while (had < target.length && offset + had < this.sizeBytes) {
      had += this.#piece(target.subarray(had), offset + had);
    }
    return had;
  }

  begin(path: string): void {
    this.told.add(path);
    this.#ask({ kind: 'member', name: path });
  }

  bytes(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.#ask({ kind: 'bytes', bytes: copy }, [copy.buffer]);
  }

  end(): void {
    this.#ask({ kind: 'end' });
  }

  /** From the window, which is moved when it is elsewhere. */
  #piece(target: Uint8Array, offset: number): number {
    if (offset < this.#windowAt || offset >= this.#windowAt + this.#window.length) {
      this.#ask({ kind: 'read', offset, length: windowBytes });
      this.#window = this.#shared.slice(0, Atomics.load(this.#control, lengthAt));
      this.#windowAt = offset;
      if (this.#window.length === 0) throw new Error('the archive is shorter than it was said to be');
    }
    const from = offset - this.#windowAt;
    const bytes = this.#window.subarray(from, from + target.length);
    target.set(bytes);
    return bytes.length;
  }

  #ask(letter: ThreadLetter, transfer: readonly ArrayBuffer[] = []): void {
    this.goOn();
    Atomics.store(this.#control, answerAt, waiting);
    parentPort?.postMessage(letter, [...transfer]);
    Atomics.wait(this.#control, answerAt, waiting);
    this.#isStopped = Atomics.load(this.#control, answerAt) !== goOn;
    this.goOn();
  }
}

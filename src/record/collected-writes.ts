/**
 * Lines for a file, collected for a moment and written in the order in which they came. What cannot be written (a full
 * disk) is lost, since no mail waits for its log. Pino's own destination does the same at four times the cost of a line.
 */
import { write, writeSync } from 'node:fs';

/** Written at once when so much has come together. */
const COLLECT_LETTERS = 16_384;
/** No line waits longer. */
const LONGEST_WAIT_MS = 200;
/** Whoever reads from a pipe may be slow; beyond this, lines are lost. */
const MOST_WAITING_LETTERS = 16_777_216;
/** Until a pipe that is full is tried again. */
const PAUSE_MS = 50;

export class CollectedWrites {
  readonly #fd: number;
  #text = '';
  #timer: NodeJS.Timeout | undefined;
  #isWriting = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Takes lines, with their ends. Never throws. */
  write(lines: string): void {
    if (this.#text.length >= MOST_WAITING_LETTERS) return;
    this.#text += lines;
    if (this.#text.length >= COLLECT_LETTERS) this.#write();
    else this.#timer ??= setTimeout(() => this.#write(), LONGEST_WAIT_MS).unref();
  }

  /** Writes what is waiting before it returns. */
  flushSync(): void {
    let rest = this.#taken();
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#fd, rest));
    } catch {
      // the disk is full, or nobody reads: there is nobody left to tell
    }
  }

  #write(): void {
    if (!this.#isWriting) this.#writeAll(this.#taken());
  }

  #writeAll(bytes: Buffer): void {
    this.#isWriting = bytes.length > 0;
    if (!this.#isWriting) return;
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#writeAll(bytes), PAUSE_MS);
      else if (!error && written < bytes.length) this.#writeAll(bytes.subarray(written));
      else this.#written();
    });
  }

  /** What came meanwhile has waited long enough when there is much of it; else its time is running. */
  #written(): void {
    this.#isWriting = false;
    if (this.#text.length >= COLLECT_LETTERS) this.#write();
    else if (this.#text !== '') this.#timer ??= setTimeout(() => this.#write(), LONGEST_WAIT_MS).unref();
  }

  #taken(): Buffer {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.from(this.#text);
    this.#text = '';
    return bytes;
  }
}

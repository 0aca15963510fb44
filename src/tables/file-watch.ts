/**
 * Notices changed files by asking for their state every so often: notifications of the file system do not come through
 * network mounts. One timer for all files; one file is read at a time.
 */

export interface WatchedFile {
  /** Looks whether the file has changed and reads it then; `force`: reads it in any case. Does not reject. */
  check(force: boolean): Promise<void>;
}

export class FileWatch {
  readonly #pollMs: number;
  readonly #files = new Set<WatchedFile>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;

  constructor(pollMs: number) {
    this.#pollMs = pollMs;
  }

  add(file: WatchedFile): void {
    this.#files.add(file);
    this.#timer ??= setInterval(() => this.#tick(), this.#pollMs).unref();
  }

  remove(file: WatchedFile): void {
    this.#files.delete(file);
  }

  /** Checks all files, after the round that may be under way. */
  checkAll(force: boolean): Promise<void> {
    const round = (this.#round ?? Promise.resolve()).then(() => this.#check(force));
    this.#round = round;
    return round.finally(() => {
      if (this.#round === round) this.#round = undefined;
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#files.clear();
    await this.#round;
  }

  #tick(): void {
    if (!this.#round) void this.checkAll(false);
  }

  async #check(force: boolean): Promise<void> {
    for (const file of [...this.#files]) await file.check(force);
  }
}

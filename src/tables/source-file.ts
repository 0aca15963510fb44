/**
 * The text file behind a table, match list or option set, and the version of it that is in force. A changed file is
 * read in slices while the old version answers, and takes its place at once when it is whole.
 * At start broken lines are skipped, as in Postfix. Unlike Postfix: a later version with new broken lines is not taken.
 * A file that cannot be read leaves the old version in force; without one, look-ups fail for now.
 * `Postfix: dict_surrogate, dict_changed`.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getSystemErrorMessage } from 'node:util';
import { formatSource, type Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { Complaint } from '../settings/complaint.ts';
import { FileComplaints } from './file-complaints.ts';
import type { WatchedFile } from './file-watch.ts';
import { neighbourHint } from './neighbouring-file.ts';
import { LookupFailure } from './table.ts';

/** Reads a file's bytes into what answers look-ups; yields often enough to share the processor. */
export type Reader<C> = (bytes: Buffer, complaints: FileComplaints) => Generator<void, C>;

/** How long other work has to wait for a file that is read while the gateway runs. */
const SLICE_MS = 10;
/** A file that changed this recently may still be in the middle of being written. */
const SETTLE_MS = 1000;
/** One that became empty has probably been cut before it is written anew, and an empty table lets everybody in. */
const EMPTY_SETTLE_MS = 5000;
const MAX_FILE_BYTES = 1024 ** 3;
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

export interface SourceFileOptions {
  readonly path: string;
  /** As messages show it. */
  readonly shown: string;
  /** `hash:/etc/postfix/access` */
  readonly table: string;
  /** Where the table is named. */
  readonly source: Source;
  readonly log: Log;
  /** Hears that another version is in force. */
  readonly onChange: () => void;
}

interface Version<C> {
  readonly content: C;
  readonly complaints: FileComplaints;
}

interface FileState {
  isFile(): boolean;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly mtimeMs: bigint;
  readonly ctimeNs: bigint;
}

export class SourceFile<C> implements WatchedFile {
  /** There while the file is read for the first time in the background. */
  loading: Promise<void> | undefined;
  readonly #options: SourceFileOptions;
  readonly #reader: Reader<C>;
  #version: Version<C> | undefined;
  /** Why the newest version is not in force. */
  #failure: string | undefined;
  #refused: readonly Complaint[] = [];
  /** The state of the file that was looked at last. */
  #stamp = '';
  #closed = false;

  constructor(reader: Reader<C>, options: SourceFileOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /** What the version in force says. Throws LookupFailure when there is none. */
  get content(): C {
    if (this.#version) return this.#version.content;
    const { table, path } = this.#options;
    throw new LookupFailure(`${table} is unavailable. open ${path}`, this.#failure ?? 'not read yet');
  }

  /** Reads the file now; a big one takes seconds. */
  load(): void {
    try {
      const fd = openSync(this.#options.path, FLAGS);
      try {
        this.#stamp = stampOf(checkedState(fstatSync(fd, { bigint: true }), this.#options.path));
        this.#take(this.#parse(readFileSync(fd)));
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      this.#cannotRead(error);
    }
  }

  /** Reads the file in the background; `loading` says when it is there. */
  loadInBackground(): void {
    this.loading = this.#reload().finally(() => {
      this.loading = undefined;
    });
  }

  async check(force: boolean): Promise<void> {
    if (this.#closed || this.loading) return;
    if (force || (await this.#hasChanged())) await this.#reload();
  }

  complaints(): Complaint[] {
    const { path, source, table } = this.#options;
    const own = this.#version?.complaints.all() ?? [];
    if (this.#failure === undefined) return [...own, ...this.#refused];
    const hint = this.#stamp === GONE && !this.#version ? neighbourHint(path) : undefined;
    const remedy = this.#version
      ? 'the version read before stays in force'
      : `look-ups fail for now (451) until it can be read${hint === undefined ? '' : `; ${hint}`}`;
    const problem = `${table} is ${this.#version ? 'not read again' : 'unavailable'}: open ${path}: ${this.#failure}`;
    return [{ source, severity: 'warning', problem, remedy }, ...own];
  }

  close(): void {
    this.#closed = true;
  }

  async #hasChanged(): Promise<boolean> {
    const state = await stat(this.#options.path, { bigint: true }).catch(() => undefined);
    if (!state) return this.#stamp !== GONE;
    if (stampOf(state) === this.#stamp) return false;
    const age = Date.now() - Number(state.mtimeMs);
    return age >= (state.size === 0n ? EMPTY_SETTLE_MS : SETTLE_MS) || age < 0;
  }

  async #reload(): Promise<void> {
    try {
      const bytes = await this.#readBytes();
      const version = await this.#parseInSlices(bytes);
      if (!this.#closed) this.#consider(version);
    } catch (error) {
      if (!this.#closed) this.#cannotRead(error);
    }
  }

  async #readBytes(): Promise<Buffer> {
    const handle = await open(this.#options.path, FLAGS);
    try {
      const look = async () => stampOf(checkedState(await handle.stat({ bigint: true }), this.#options.path));
      const before = await look();
      const bytes = await handle.readFile();
      if (before !== (await look())) throw new UnusableFile('it is being written; it is read again soon');
      this.#stamp = before;
      return bytes;
    } finally {
      await handle.close();
    }
  }

  #parse(bytes: Buffer): Version<C> {
    const complaints = new FileComplaints(this.#options.shown);
    const work = this.#reader(bytes, complaints);
    for (;;) {
      const step = work.next();
      if (step.done) return { content: step.value, complaints };
    }
  }

  async #parseInSlices(bytes: Buffer): Promise<Version<C>> {
    const complaints = new FileComplaints(this.#options.shown);
    const work = this.#reader(bytes, complaints);
    for (let until = performance.now() + SLICE_MS; ; ) {
      const step = work.next();
      if (step.done) return { content: step.value, complaints };
      if (performance.now() < until) continue;
      await nextTurn();
      if (this.#closed) throw new UnusableFile('closed');
      until = performance.now() + SLICE_MS;
    }
  }

  /** Another version takes the place of the old one, unless it brings new mistakes. */
  #consider(version: Version<C>): void {
    const { log, shown } = this.#options;
    const fresh = this.#version ? version.complaints.newSince(this.#version.complaints) : [];
    if (fresh.length === 0) {
      if (this.#version || this.#failure !== undefined) log.info(`${shown}: new version in force`);
      this.#take(version);
      return;
    }
    this.#failure = undefined;
    this.#refused = fresh;
    for (const { source, problem, remedy } of fresh) {
      log.warn(
        `${formatSource(source)}: ${problem}; ${remedy}; the new version is refused, the old one stays in force`,
      );
    }
  }

  #take(version: Version<C>): void {
    this.#version = version;
    this.#failure = undefined;
    this.#refused = [];
    this.#options.onChange();
  }

  #cannotRead(error: unknown): void {
    const { log, table, path } = this.#options;
    const { errno, code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') this.#stamp = GONE;
    const failure = errno === undefined ? message : systemMessage(errno);
    if (failure === this.#failure) return;
    this.#failure = failure;
    const goesOn = this.#version ? `; ${table} goes on with the version read before` : '';
    log.warn(`open ${path}: ${failure}${goesOn}`);
    if (errno === undefined && !(error instanceof UnusableFile)) log.error(String((error as Error).stack));
  }
}

/** The file is there, but it is no text file of a reasonable size. */
class UnusableFile extends Error {}

const GONE = 'gone';

/** The time of change too: programs that copy files set the time of modification back. */
function stampOf({ ino, size, mtimeNs, ctimeNs }: FileState): string {
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

function checkedState(state: FileState, path: string): FileState {
  if (!state.isFile() && path !== '/dev/null') throw new UnusableFile('not a regular file');
  if (state.size > MAX_FILE_BYTES) throw new UnusableFile(`larger than ${MAX_FILE_BYTES} bytes`);
  return state;
}

/** As C's strerror() has it: `No such file or directory`. */
function systemMessage(errno: number): string {
  const message = getSystemErrorMessage(errno);
  return message.charAt(0).toUpperCase() + message.slice(1);
}

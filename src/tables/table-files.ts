/** The text files that tables, match lists and options come from: where they are, how messages call them, who watches them. */
import { isAbsolute, relative, resolve } from 'node:path';
import type { Source } from '../mail/source.ts';
import type { Log } from '../record/log.ts';
import type { FileWatch, WatchedFile } from './file-watch.ts';
import { type Reader, SourceFile } from './source-file.ts';

export interface TableFilesOptions {
  readonly watch: FileWatch;
  readonly log: Log;
  /** Relative names begin here; names inside are shown without it. */
  readonly directory: string;
  /** Files are read while the caller goes on. */
  readonly background: boolean;
}

/** What a file is for, in messages. */
export interface FilePurpose {
  /** `hash:/etc/postfix/access` */
  readonly table: string;
  /** Where the table is named. */
  readonly source: Source;
  /** Hears that another version is in force. */
  readonly onChange?: () => void;
}

export class TableFiles {
  readonly #options: TableFilesOptions;

  constructor(options: TableFilesOptions) {
    this.#options = options;
  }

  /** Reads a file now (or in the background), and again whenever it changes. */
  open<C>(name: string, purpose: FilePurpose, reader: Reader<C>): SourceFile<C> {
    const file = this.prepare(name, purpose, reader);
    this.start(file);
    return file;
  }

  /** A file that is not read yet. */
  prepare<C>(name: string, purpose: FilePurpose, reader: Reader<C>): SourceFile<C> {
    const { table, source, onChange = () => {} } = purpose;
    const path = this.path(name);
    const { log } = this.#options;
    return new SourceFile(reader, { table, source, onChange, path, shown: this.shown(path), log });
  }

  start(file: SourceFile<unknown>): void {
    if (this.#options.background) file.loadInBackground();
    else file.load();
    this.watch(file);
  }

  watch(file: WatchedFile): void {
    this.#options.watch.add(file);
  }

  unwatch(file: WatchedFile): void {
    this.#options.watch.remove(file);
  }

  close(file: SourceFile<unknown>): void {
    this.unwatch(file);
    file.close();
  }

  path(name: string): string {
    return resolve(this.#options.directory, name);
  }

  shown(path: string): string {
    const inside = relative(this.#options.directory, path);
    return inside === '' || inside.startsWith('..') || isAbsolute(inside) ? path : inside;
  }
}

/**
 * sqlite: rows of an SQLite database, by the query of a configuration file. `Postfix: sqlite_table(5), dict_sqlite.c`.
 * Read-only. A busy or missing database fails the look-up for now; a query that SQLite does not understand is a
 * configuration error. Queries run on the event loop: they have to use an index.
 * Unlike Postfix, the options cannot stand in main.cf.
 */
import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { decodeOctets } from '../mail/octets.ts';
import type { Complaint } from '../settings/complaint.ts';
import type { WatchedFile } from './file-watch.ts';
import { BadTableName, type Kind, type KindContext } from './kind.ts';
import { type Lookup, whenKnown } from './lookup.ts';
import { MatchList } from './match-list.ts';
import type { SourceFile } from './source-file.ts';
import { readSqliteOptions, type SqliteOptions } from './sqlite-options.ts';
import { type Found, LookupFailure } from './table.ts';

/** How long a look-up waits for a writer; the event loop waits with it. */
const BUSY_MS = 50;

export class SqliteTable implements Lookup, WatchedFile {
  readonly #context: KindContext;
  readonly #file: SourceFile<SqliteOptions | undefined>;
  #database: DatabaseSync | undefined;
  /** The inode of the open database. */
  #inode = 0;
  #domains: MatchList | undefined;

  constructor(name: string, context: KindContext) {
    if (!/^[/.]/.test(name)) {
      throw new BadTableName(
        'the options of an sqlite table cannot stand in main.cf',
        'write sqlite:/file/name',
        'config',
      );
    }
    this.#context = context;
    const { table, source, files } = context;
    const onChange = () => this.#forget();
    this.#file = files.open(name, { table, source, onChange }, readSqliteOptions);
    files.watch(this);
  }

  get loading(): Promise<void> | undefined {
    return this.#file.loading;
  }

  find(key: string): MaybePromise<Found | undefined> {
    const config = this.#file.content;
    if (!config) throw new LookupFailure(this.#context.table, 'the options make no table', 'config');
    if (key.includes('\0')) return undefined;
    return whenKnown(this.#isInDomains(key, config), (inDomains) =>
      inDomains ? this.#query(key, config) : undefined,
    );
  }

  complaints(): readonly Complaint[] {
    return this.#file.complaints();
  }

  /** Another file has taken the place of the database: it is opened with the next look-up. */
  async check(force: boolean): Promise<void> {
    if (force) this.#forget();
    if (!this.#database) return;
    const path = this.#path();
    const state = path === undefined ? undefined : await stat(path).catch(() => undefined);
    if (state && state.ino !== this.#inode) this.#forget();
  }

  close(): void {
    this.#context.files.unwatch(this);
    this.#context.files.close(this.#file);
    this.#forget();
  }

  #isInDomains(key: string, config: SqliteOptions): MaybePromise<boolean> {
    if (config.domain === '') return true;
    const at = key.lastIndexOf('@');
    if (at < 1) return false;
    const { table, source, files, utf8, openInner } = this.#context;
    this.#domains ??= new MatchList('string', [{ text: config.domain, source }], {
      name: table,
      parentMatches: false,
      openTable: openInner,
      files,
      utf8,
    });
    return this.#domains.has(key.slice(at + 1));
  }

  #query(key: string, config: SqliteOptions): Found | undefined {
    const sql = config.templates.query(key, (text) => text.replaceAll("'", "''"));
    if (sql === undefined) return undefined;
    const values: string[] = [];
    for (const row of this.#rows(sql, key)) {
      const value = config.templates.result(textOf(row[0] ?? null), key);
      if (value !== undefined) values.push(value);
      if (config.expansionLimit > 0 && values.length > config.expansionLimit) {
        throw new LookupFailure(this.#context.table, `Expansion limit exceeded for key '${key}'`);
      }
    }
    const value = values.join(',');
    return value === '' ? undefined : { value, source: this.#context.source };
  }

  #rows(sql: string, key: string): SQLOutputValue[][] {
    try {
      const statement = this.#open().prepare(sql);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      return statement.all() as unknown as SQLOutputValue[][];
    } catch (error) {
      const { table } = this.#context;
      const problem = (error as Error).message;
      throw new LookupFailure(
        `${table} lookup error for "${key}"`,
        problem,
        isForNow(error) ? 'retry' : 'config',
      );
    }
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database;
    const path = this.#path() ?? '';
    const database = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS });
    this.#inode = statSync(path).ino;
    this.#database = database;
    return database;
  }

  #path(): string | undefined {
    const dbpath = this.#file.content?.dbpath;
    return dbpath === undefined ? undefined : this.#context.files.path(dbpath);
  }

  #forget(): void {
    this.#database?.close();
    this.#database = undefined;
    this.#domains?.close();
    this.#domains = undefined;
  }
}

/** Busy, locked, cannot open, read errors: the next attempt may do better. SQL errors stay what they are. */
function isForNow(error: unknown): boolean {
  const SQLITE_ERROR = 1;
  const { errcode } = error as { errcode?: number };
  return errcode !== SQLITE_ERROR;
}

/** As SQLite writes values as text. */
function textOf(value: SQLOutputValue): string {
  if (value === null) return '';
  if (value instanceof Uint8Array) return decodeOctets(Buffer.from(value));
  return typeof value === 'number' && Number.isInteger(value) ? `${value}.0` : String(value);
}

export const sqliteKinds: readonly Kind[] = [
  {
    type: 'sqlite',
    nameIs: '/file/name of the options',
    wholeKeysOnly: false,
    open: (name, context) => new SqliteTable(name, context),
    sentence: 'Rows of an SQLite database.',
  },
];

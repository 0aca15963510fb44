/**
 * A file of SQLite that several processes share: how it is opened, and what becomes of a broken one.
 * Write-ahead log with `synchronous = NORMAL`: what was written survives the end of the process however it comes (a
 * power failure may take the last seconds). Nearly all waiting for the disk is left to housework in a thread of its own
 * (keeper.ts, log-fold.ts); here the log is only folded in when nobody did that for long.
 */
import {
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** How long a step waits for another process that is writing, before the event loop gets its turn. */
const BUSY_MS = 5;
/** The same while the file is opened. */
const OPEN_BUSY_MS = 1_000;
/** Pages of the log after which a writer folds it in by itself: 200 MB, when there is no keeper. */
const LAST_RESORT_PAGES = 50_000;
const KEPT_LOG_BYTES = 64 * 1024 * 1024;

/** What stands in a file. */
export interface DatabaseFormat {
  /** Statements that make an empty file into one of this format. */
  readonly schema: string;
  /** Files of later versions are not touched. */
  readonly version: number;
  readonly cacheKiB: number;
  /** Larger where rows are larger than a quarter of it. */
  readonly pageSizeBytes: number;
}

export interface OpenDatabase {
  readonly db: DatabaseSync;
  /** Tells this file from another one that takes its name later. */
  readonly inode: number;
}

/** Opens the file, and makes it when it is not there. Throws what node:sqlite and node:fs throw. */
export function openDatabase(path: string, format: DatabaseFormat): OpenDatabase {
  const inode = touch(path);
  const db = new DatabaseSync(path, { timeout: OPEN_BUSY_MS });
  try {
    db.exec(`PRAGMA page_size = ${format.pageSizeBytes}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${format.cacheKiB};
      PRAGMA wal_autocheckpoint = ${LAST_RESORT_PAGES}; PRAGMA journal_size_limit = ${KEPT_LOG_BYTES};`);
    prepareSchema(db, format);
    db.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    return { db, inode };
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareSchema(db: DatabaseSync, { schema, version }: DatabaseFormat): void {
  const found = Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (found > version) throw new Error(`made by a newer version of this program (format ${found})`);
  if (found === 0) db.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${version}; COMMIT;`);
}

/** Makes an empty file that only its owner reads. Root leaves it to the owner of the directory, who will serve. */
function touch(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  const { ino, size } = statSync(path);
  if (process.getuid?.() === 0 && size === 0) {
    const { uid, gid } = statSync(dirname(path));
    chownSync(path, uid, gid);
  }
  return ino;
}

/** The inode that has the name now; undefined when there is no such file. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/**
 * Gives a broken database another name, so that a new one can be begun and somebody can look at the old one. Several
 * processes may find out at the same time: only the one that still sees the broken file moves it.
 * Gives the new name, or undefined when another process was faster.
 */
export function moveAside(path: string, inode: number, now = new Date()): string | undefined {
  const stamp = now.toISOString().replace(/[-:]|\..*/g, '');
  const aside = `${path}.broken-${stamp}-${inode}`;
  if (inodeOf(path) !== inode) return undefined;
  try {
    linkSync(path, aside); // fails when another process has done so, which then also removes the old name
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
  if (inodeOf(path) === inode) unlinkSync(path);
  rmSync(`${path}-shm`, { force: true });
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
  return aside;
}

/** Another connection is writing. SQLITE_BUSY, SQLITE_LOCKED */
export function isBusy(error: unknown): boolean {
  return [5, 6].includes(primaryCode(error));
}

/** The file is not what a database should be. SQLITE_CORRUPT, SQLITE_NOTADB */
export function isBroken(error: unknown): boolean {
  return [11, 26].includes(primaryCode(error));
}

function primaryCode(error: unknown): number {
  const code = (error as { errcode?: unknown }).errcode;
  return typeof code === 'number' ? code & 0xff : -1;
}

/**
 * Results of scans that took longer than the client could wait: it was told to try again, and hears the result when it
 * does. All workers of a machine share them through small files, so that it does not matter which of them it meets
 * then. Not a cache of everything: the same content hardly ever comes twice but for that reason.
 * Nothing here may hold up mail: when the disk fails, each worker knows its own results alone.
 */
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from './scan-result.ts';

export interface LateResult {
  readonly result: Verdict | { readonly kind: 'unknown'; readonly why: string };
  /** Who said so, and the version of its database, as far as known. */
  readonly server: string;
  readonly version: string | undefined;
  readonly until: number;
}

/** It is still being scanned, here or in another process. */
export type Late = LateResult | 'pending';

/** How soon others hear of a result, at the latest. */
const LOOK_EVERY_MS = 1_000;
const MOST_KEPT = 1_000;
/** Nothing is of use longer than this. */
const OLDEST_MS = 6 * 3_600_000;

export class LateResults {
  readonly #directory: string | undefined;
  readonly #own = new Map<string, Late>();
  /** What was in the directory when it was looked at last. */
  #listed: Promise<ReadonlySet<string>> = Promise.resolve(new Set());
  #listedAt = 0;

  /** `directory`: shared with the other workers; it is made when it is needed. */
  constructor(directory: string | undefined) {
    this.#directory = directory;
  }

  /** What is known of this content. `hash` is hexadecimal. */
  async find(hash: string): Promise<Late | undefined> {
    const own = this.#own.get(hash);
    if (own && (own === 'pending' || own.until > Date.now())) return own;
    this.#own.delete(hash);
    if (this.#directory === undefined || !(await this.#list()).has(hash)) return undefined;
    return read(join(this.#directory, hash));
  }

  /** A client was told to come back; the scan goes on, at most until then. */
  async begin(hash: string, until: number): Promise<void> {
    this.#remember(hash, 'pending');
    await this.#share(hash, { until, pid: process.pid });
  }

  /** The scan has ended; undefined: without a result. */
  async end(hash: string, late: LateResult | undefined): Promise<void> {
    this.#own.delete(hash);
    if (late) this.#remember(hash, late);
    if (late) await this.#share(hash, late);
    else if (this.#directory !== undefined)
      await rm(join(this.#directory, hash), { force: true }).catch(() => {});
  }

  #remember(hash: string, late: Late): void {
    this.#own.set(hash, late);
    const [oldest] = this.#own.keys();
    if (this.#own.size > MOST_KEPT && oldest !== undefined) this.#own.delete(oldest);
  }

  /** The names in the directory, not older than a second: most of the time there are none. */
  #list(): Promise<ReadonlySet<string>> {
    if (Date.now() - this.#listedAt < LOOK_EVERY_MS) return this.#listed;
    this.#listedAt = Date.now();
    this.#listed = readdir(this.#directory ?? '').then(
      (names) => new Set(names),
      () => new Set(),
    );
    return this.#listed;
  }

  async #share(hash: string, content: object): Promise<void> {
    if (this.#directory === undefined) return;
    const unfinished = join(this.#directory, `${hash}.${process.pid}`);
    try {
      await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 });
      await rename(unfinished, join(this.#directory, hash));
      await sweep(this.#directory);
    } catch {
      await rm(unfinished, { force: true }).catch(() => {});
    }
  }
}

interface Pending {
  readonly until: number;
  /** The process that waits for the result. */
  readonly pid: number;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there, and somebody else's
  }
}

async function read(path: string): Promise<Late | undefined> {
  try {
    const found = JSON.parse(await readFile(path, 'utf8')) as LateResult | Pending;
    if (!(found.until > Date.now())) return undefined;
    if ('result' in found) return found;
    return isRunning(found.pid) ? 'pending' : undefined;
  } catch {
    return undefined;
  }
}

/** What has lost its use goes; it is done by whoever adds something. */
async function sweep(directory: string): Promise<void> {
  const names = await readdir(directory);
  const aged: { path: string; at: number }[] = [];
  for (const name of names) {
    const path = join(directory, name);
    const at = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => undefined,
    );
    if (at !== undefined) aged.push({ path, at });
  }
  aged.sort((a, b) => b.at - a.at);
  const tooMany = aged.slice(MOST_KEPT);
  const tooOld = aged.slice(0, MOST_KEPT).filter(({ at }) => at < Date.now() - OLDEST_MS);
  for (const { path } of [...tooMany, ...tooOld]) await rm(path, { force: true });
}

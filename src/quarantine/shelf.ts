/**
 * Files of held mail: `ID.eml` is the message, `ID.json` its story. A mail is there when its story is there, and the
 * story comes last and goes first: whatever a crash leaves behind is no mail, and is swept away. Several processes may
 * use the directory at once. Everything is on the disk, not only on its way, when `put` resolves.
 */
import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chown, link, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatStory, type HeldMail, isHeldId, parseStory } from './held-mail.ts';

type Bytes = Iterable<Buffer> | AsyncIterable<Buffer>;

const MESSAGE = '.eml';
const STORY = '.json';
const LOCK = '.lock';
const UNFINISHED = '.new';
/** What is no mail after so long will not become one. */
const LEFT_OVER_MS = 3_600_000;
/** One message may be held so many times: once for its recipients, and once for each copy. */
const MOST_NAMES = 1_000;

export class Shelf {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  messagePath(id: string): string {
    return join(this.directory, id + MESSAGE);
  }

  /** Keeps a mail under its id, or one with a number. Rejects with what the system says. */
  async put(held: HeldMail, message: Bytes): Promise<HeldMail> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const unfinished = await this.#write(message);
    try {
      const named = { ...held, id: await this.#name(unfinished, held.id) };
      try {
        await this.replace(named);
      } catch (error) {
        await rm(this.messagePath(named.id), { force: true });
        throw error;
      }
      return named;
    } finally {
      await rm(unfinished, { force: true }).catch(() => {});
    }
  }

  /** Another story for a mail that is there. */
  async replace(held: HeldMail): Promise<void> {
    const unfinished = await this.#write([Buffer.from(formatStory(held))]);
    try {
      await rename(unfinished, join(this.directory, held.id + STORY));
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      throw error;
    }
    await this.#syncDirectory();
  }

  /** In any order. */
  async ids(): Promise<string[]> {
    const names = await this.#names();
    return names.filter((name) => name.endsWith(STORY)).map((name) => name.slice(0, -STORY.length));
  }

  /** Undefined: there is none of that id. Throws when it cannot be read. */
  async find(id: string): Promise<HeldMail | undefined> {
    if (!isHeldId(id)) return undefined;
    try {
      return parseStory(await readFile(join(this.directory, id + STORY), 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  message(id: string): AsyncIterable<Buffer> {
    return createReadStream(this.messagePath(id));
  }

  /** False: it was not there. */
  async remove(id: string): Promise<boolean> {
    if (!isHeldId(id)) return false;
    const wasThere = await rm(join(this.directory, id + STORY)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    await rm(this.messagePath(id), { force: true });
    await rm(join(this.directory, id + LOCK), { force: true });
    return wasThere;
  }

  /** The right to do something with a mail that nobody else may do at the same time; undefined: somebody does. */
  async claim(id: string): Promise<(() => Promise<void>) | undefined> {
    const path = join(this.directory, id + LOCK);
    for (let attempt = 0; attempt < 2; attempt++) {
      try {
        await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 });
        return () => rm(path, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
        if (isRunning(Number(await readFile(path, 'utf8').catch(() => '')))) return undefined;
        await rm(path, { force: true });
      }
    }
    return undefined;
  }

  async isClaimed(id: string): Promise<boolean> {
    const pid = await readFile(join(this.directory, id + LOCK), 'utf8').catch(() => '');
    return isRunning(Number(pid));
  }

  /** What a crash has left behind. */
  async sweepLeftOvers(now = Date.now()): Promise<void> {
    const names = await this.#names();
    const held = new Set(names);
    for (const name of names) {
      const isOrphan = name.endsWith(MESSAGE) && !held.has(name.slice(0, -MESSAGE.length) + STORY);
      const isLock = name.endsWith(LOCK) && !held.has(name.slice(0, -LOCK.length) + STORY);
      if (!isOrphan && !isLock && !name.endsWith(UNFINISHED)) continue;
      const path = join(this.directory, name);
      const changedAt = await stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => now,
      );
      if (changedAt < now - LEFT_OVER_MS) await rm(path, { force: true });
    }
  }

  /** Bytes that everything takes on the disk, in whole blocks. */
  async usedBytes(): Promise<number> {
    let used = 0;
    for (const name of await this.#names()) {
      used += await stat(join(this.directory, name)).then(
        ({ size }) => diskBytes(size),
        () => 0, // gone meanwhile
      );
    }
    return used;
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** A file that nobody looks at yet. */
  async #write(bytes: Bytes): Promise<string> {
    const path = join(this.directory, `${randomUUID()}${UNFINISHED}`);
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(bytes);
      await file.datasync();
      await this.#handOver(path);
    } catch (error) {
      await file.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
    await file.close();
    return path;
  }

  /** What root writes belongs to whom the quarantine belongs to. */
  async #handOver(path: string): Promise<void> {
    if (process.getuid?.() !== 0) return;
    const { uid, gid } = await stat(this.directory);
    if (uid !== 0) await chown(path, uid, gid);
  }

  /** Gives the message a name that is free. */
  async #name(unfinished: string, id: string): Promise<string> {
    for (let number = 1; number < MOST_NAMES; number++) {
      const name = number === 1 ? id : `${id}-${number}`;
      try {
        await link(unfinished, this.messagePath(name));
        return name;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
    throw new Error(`${id} is held ${MOST_NAMES} times already`);
  }

  async #syncDirectory(): Promise<void> {
    const directory = await open(this.directory, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  }
}

const BLOCK_BYTES = 4_096;

/** What a file of so many bytes takes on the disk. */
export function diskBytes(sizeBytes: number): number {
  return Math.ceil(Math.max(sizeBytes, 1) / BLOCK_BYTES) * BLOCK_BYTES;
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there, and somebody else's
  }
}

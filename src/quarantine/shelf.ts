/**
 * Files of held mail: `ID.eml` is the message, `ID.json` its story. A mail is there when its story is there, and the
 * story comes last and goes first: whatever a crash leaves behind is no mail, and is swept away. Several processes may
 * use the directory at once. Everything is on the disk, not only on its way, when `put` resolves.
 */
import { createReadStream } from 'node:fs';
import { link, mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { claim, isClaimed } from './claim.ts';
import { syncDirectory, UNFINISHED, writeUnfinished } from './durable-file.ts';
import { formatStory, type HeldMail, isHeldId, parseStory } from './held-mail.ts';

type Bytes = Iterable<Buffer> | AsyncIterable<Buffer>;

const MESSAGE = '.eml';
const STORY = '.json';
const LOCK = '.lock';
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
    const made = await mkdir(this.directory, { recursive: true, mode: 0o700 });
    if (made !== undefined) await syncDirectory(dirname(made));
    const unfinished = await writeUnfinished(this.directory, message);
    try {
      const { size } = await stat(unfinished);
      if (size !== held.sizeBytes) throw new Error(`${size} bytes instead of ${held.sizeBytes}`);
      const named = { ...held, id: await this.#name(unfinished, held.id) };
      await this.replace(named).catch(async (error: Error) => {
        await this.remove(named.id).catch(() => {});
        throw error;
      });
      return named;
    } finally {
      await rm(unfinished, { force: true }).catch(() => {});
    }
  }

  /** Another story for a mail that is there. */
  async replace(held: HeldMail): Promise<void> {
    const unfinished = await writeUnfinished(this.directory, [Buffer.from(formatStory(held))]);
    try {
      await rename(unfinished, join(this.directory, held.id + STORY));
    } catch (error) {
      await rm(unfinished, { force: true }).catch(() => {});
      throw error;
    }
    await syncDirectory(this.directory);
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

  /** Undefined: somebody else has claimed it. */
  claim(id: string): Promise<(() => Promise<void>) | undefined> {
    return claim(join(this.directory, id + LOCK));
  }

  isClaimed(id: string): Promise<boolean> {
    return isClaimed(join(this.directory, id + LOCK));
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
}

const BLOCK_BYTES = 4_096;

/** What a file of so many bytes takes on the disk. */
export function diskBytes(sizeBytes: number): number {
  return Math.ceil(Math.max(sizeBytes, 1) / BLOCK_BYTES) * BLOCK_BYTES;
}

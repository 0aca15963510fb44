/** Files that are on the disk, not only on their way there, before anybody is told of them. */
import { randomUUID } from 'node:crypto';
import { chown, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** What ends so is not finished: nobody looks at it. */
export const UNFINISHED = '.new';

/** Writes a file under a name of its own; the caller gives it its real one. Rejects with what the system says. */
export async function writeUnfinished(
  directory: string,
  bytes: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<string> {
  const path = join(directory, `${randomUUID()}${UNFINISHED}`);
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(bytes);
    await handOver(path, directory);
    await file.sync();
  } catch (error) {
    await file.close().catch(() => {});
    await rm(path, { force: true }).catch(() => {});
    throw error;
  }
  await file.close();
  return path;
}

/** Names that were given or taken are on the disk, too. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** What root writes belongs to whom the directory belongs to. */
async function handOver(path: string, directory: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(directory);
  if (uid !== 0) await chown(path, uid, gid);
}

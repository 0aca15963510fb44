/** The right to do something with a mail that nobody else may do at the same time, in whatever process. */
import { readFile, rm, writeFile } from 'node:fs/promises';

/** Undefined: somebody else has it. What a dead process has left behind does not count. */
export async function claim(path: string): Promise<(() => Promise<void>) | undefined> {
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx', mode: 0o600 });
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (await isClaimed(path)) return undefined;
      await rm(path, { force: true });
    }
  }
  return undefined;
}

export async function isClaimed(path: string): Promise<boolean> {
  const pid = Number(await readFile(path, 'utf8').catch(() => ''));
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there, and somebody else's
  }
}

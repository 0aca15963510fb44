/**
 * A new file with a private key, readable by its owner alone. What is there already is never written over: mail that was
 * signed with an old key is on its way, and who throws it away cannot sign like that again.
 */
import { mkdir, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Who the file belongs to; undefined: whoever makes it. */
export interface KeyOwner {
  readonly uid: number;
  readonly gid: number;
}

const KEY_MODE = 0o600;
const DIRECTORY_MODE = 0o755;

/** Writes the file, and its directory when that is missing. Rejects with EEXIST when the file is there. */
export async function writeNewKeyFile(path: string, pem: string, owner: KeyOwner | undefined): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  const file = await open(path, 'wx', KEY_MODE);
  try {
    if (owner) await file.chown(owner.uid, owner.gid);
    await file.writeFile(pem);
    await file.sync();
  } catch (error) {
    await unlink(path).catch(() => {});
    throw error;
  } finally {
    await file.close();
  }
}

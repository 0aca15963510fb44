/**
 * The file of exceptions: `sender|recipient OK` lines that let one sender write to one user, for
 * `check_access \${sender}|\${recipient} texthash:...`. Parameter: user_exceptions_file. Changed as a whole, so that who reads
 * it meanwhile sees the old or the new one.
 */
import { chmodSync, chownSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';

export interface Exception {
  readonly sender: string;
  readonly user: string;
}

const HEAD =
  '# Senders whom single users want to hear from, whatever the rules say; written by `portcullis exceptions`.\n';

export class ExceptionsFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  list(): Exception[] {
    return this.#text()
      .split('\n')
      .flatMap((line) => {
        const [, sender, user] = /^([^#\s|]*)\|(\S+)\s/.exec(`${line} `) ?? [];
        return sender === undefined || user === undefined ? [] : [{ sender, user }];
      });
  }

  /** False: it stood there. */
  add({ sender, user }: Exception): boolean {
    const text = this.#text() || HEAD;
    if (this.#lineOf({ sender, user }) !== undefined) return false;
    this.#replace(`${text}${text.endsWith('\n') ? '' : '\n'}${keyOf({ sender, user })}\tOK\n`);
    return true;
  }

  /** False: it was not there. */
  remove(exception: Exception): boolean {
    const line = this.#lineOf(exception);
    if (line === undefined) return false;
    this.#replace(
      this.#text()
        .split('\n')
        .filter((one) => one !== line)
        .join('\n'),
    );
    return true;
  }

  #lineOf(exception: Exception): string | undefined {
    const key = keyOf(exception);
    return this.#text()
      .split('\n')
      .find((line) => line.split(/\s/, 1)[0]?.toLowerCase() === key);
  }

  #text(): string {
    return existsSync(this.path) ? readFileSync(this.path, 'utf8') : '';
  }

  #replace(text: string): void {
    const unfinished = `${this.path}.new`;
    writeFileSync(unfinished, text, { mode: 0o644 });
    if (existsSync(this.path)) {
      const { mode, uid, gid } = statSync(this.path);
      chmodSync(unfinished, mode & 0o7777);
      if (process.getuid?.() === 0) chownSync(unfinished, uid, gid);
    }
    renameSync(unfinished, this.path);
  }
}

function keyOf({ sender, user }: Exception): string {
  return `${sender}|${user}`.toLowerCase();
}

/**
 * What 7-Zip says is in an archive: `7zz l -slt`, a block of `Name = value` lines for each member, with `Path` first.
 * Comments are the sender's words, and are passed over.
 */

interface Listed {
  readonly isDirectory: boolean;
}

export class Listing {
  readonly members = new Map<string, Listed>();
  isEncrypted = false;
  /** What comes then is not kept. */
  isTooLong = false;
  readonly #most: number;
  #path: string | undefined;
  #isKnown = false;

  constructor(most: number) {
    this.#most = most;
  }

  line(line: string): void {
    const [, key, value = ''] = /^([A-Z][A-Za-z ]*) = (.*)$/.exec(line) ?? [];
    if (key === 'Path') this.#begin(value);
    if (key === 'Comment') this.#path = undefined;
    if (this.#path === undefined || this.isTooLong) return;
    const isDirectory =
      (key === 'Folder' && value === '+') || (key === 'Attributes' && /(?:^| )D/.test(value));
    if (isDirectory && !this.#isKnown) this.members.set(this.#path, { isDirectory });
    if (key === 'Encrypted' && value === '+') this.isEncrypted = true;
  }

  #begin(path: string): void {
    this.isTooLong ||= this.members.size >= this.#most;
    this.#path = path;
    this.#isKnown = this.members.has(path);
    if (!this.isTooLong) this.members.set(path, { isDirectory: false });
  }
}

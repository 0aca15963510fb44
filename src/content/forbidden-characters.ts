/**
 * Characters that refuse a message, or are taken out of it. Parameters: message_reject_characters,
 * message_strip_characters. `Postfix: cleanup_message_headerbody`. Line ends are not characters.
 */

const LF = 10;
const CR = 13;

export class ForbiddenCharacters {
  readonly #rejected = new Uint8Array(256);
  readonly #stripped = new Uint8Array(256);
  readonly #rejects: boolean;
  readonly #strips: boolean;

  /** Texts of single octets. */
  constructor(rejected: string, stripped: string) {
    const sets = [
      [rejected, this.#rejected],
      [stripped, this.#stripped],
    ] as const;
    for (const [text, set] of sets) for (const byte of Buffer.from(text, 'latin1')) set[byte] = 1;
    for (const lineEnd of [LF, CR]) this.#rejected[lineEnd] = this.#stripped[lineEnd] = 0;
    this.#rejects = rejected !== '';
    this.#strips = stripped !== '';
  }

  /** The line (as far as it is in this chunk) with a character that refuses the message. */
  rejectedLine(chunk: Buffer): Buffer | undefined {
    const at = this.#rejects ? chunk.findIndex((byte) => this.#rejected[byte] === 1) : -1;
    if (at < 0) return undefined;
    const start = chunk.lastIndexOf(LF, at) + 1;
    const end = chunk.indexOf(LF, at);
    return chunk.subarray(start, end < 0 ? chunk.length : end);
  }

  /** The chunk without the characters that are taken out. */
  stripped(chunk: Buffer): Buffer {
    return this.#strips ? Buffer.from(chunk.filter((byte) => this.#stripped[byte] === 0)) : chunk;
  }
}

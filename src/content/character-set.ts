/**
 * A set of characters that refuse a message, or are taken out of it. Parameters: message_reject_characters,
 * message_strip_characters. `Postfix: cleanup_message_headerbody`. Line ends are not characters.
 */

export class CharacterSet {
  readonly #members = new Uint8Array(256);

  /** `text`: one character per octet. */
  constructor(text: string) {
    for (const byte of Buffer.from(text, 'latin1')) this.#members[byte] = 1;
    for (const lineEnd of Buffer.from('\r\n')) this.#members[lineEnd] = 0;
  }

  /** Whether one of them is in `bytes[start..end)`. */
  isIn(bytes: Buffer, start: number, end: number): boolean {
    for (let at = start; at < end; at++) if (this.#members[bytes[at] as number] === 1) return true;
    return false;
  }

  /** The bytes without them. */
  stripped(bytes: Buffer): Buffer {
    if (!this.isIn(bytes, 0, bytes.length)) return bytes;
    return Buffer.from(bytes.filter((byte) => this.#members[byte] === 0));
  }
}

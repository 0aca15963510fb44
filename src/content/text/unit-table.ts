/** Replaces characters one by one, a whole text in one pass over its UTF-16 units. */

export class UnitTable {
  readonly #units: Uint16Array;

  /** `replacement` of each character up to `last`; one that is longer than one unit is not used. */
  constructor(last: number, replacement: (char: string) => string) {
    this.#units = Uint16Array.from({ length: last + 1 }, (_, unit) => {
      const other = replacement(String.fromCharCode(unit));
      return other.length === 1 ? other.charCodeAt(0) : unit;
    });
  }

  /** As many units as before. */
  mapped(text: string): string {
    const bytes = Buffer.from(text, 'utf16le');
    const units = new Uint16Array(bytes.buffer, bytes.byteOffset, text.length);
    const table = this.#units;
    for (let at = 0; at < units.length; at++) {
      const unit = units[at] as number;
      if (unit > 0x7f && unit < table.length) units[at] = table[unit] as number;
    }
    return bytes.toString('utf16le');
  }
}

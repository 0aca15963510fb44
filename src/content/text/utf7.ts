/** UTF-7: ASCII, with UTF-16 in base64 between `+` and `-`. RFC 2152. Bytes above 127 are none. */
import type { CharsetDecoder } from './charset.ts';

const PLUS = 0x2b;
const MINUS = 0x2d;
const VALUES = new Int8Array(256).fill(-1);
for (const [value, char] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  VALUES[char.charCodeAt(0)] = value;

export class Utf7Decoder implements CharsetDecoder {
  #inBase64 = false;
  /** Nothing has come behind the plus sign yet: `+-` is a plus sign. */
  #isFresh = false;
  #bits = 0;
  #bitCount = 0;

  decode(bytes: Uint8Array): string {
    const units: number[] = [];
    for (const byte of bytes) this.#take(byte, units);
    let text = '';
    for (let at = 0; at < units.length; at += 4096)
      text += String.fromCharCode(...units.slice(at, at + 4096));
    return text;
  }

  #take(byte: number, units: number[]): void {
    const value = VALUES[byte] as number;
    if (!this.#inBase64) {
      if (byte === PLUS) this.#begin();
      else units.push(byte < 0x80 ? byte : REPLACEMENT);
    } else if (value >= 0) this.#add(value, units);
    else {
      this.#inBase64 = false;
      if (byte !== MINUS) units.push(byte < 0x80 ? byte : REPLACEMENT);
      else if (this.#isFresh) units.push(PLUS);
    }
  }

  #begin(): void {
    this.#inBase64 = true;
    this.#isFresh = true;
    this.#bits = 0;
    this.#bitCount = 0;
  }

  #add(value: number, units: number[]): void {
    this.#isFresh = false;
    this.#bits = (this.#bits << 6) | value;
    this.#bitCount += 6;
    if (this.#bitCount < 16) return;
    this.#bitCount -= 16;
    units.push((this.#bits >> this.#bitCount) & 0xffff);
    this.#bits &= (1 << this.#bitCount) - 1;
  }
}

const REPLACEMENT = 0xfffd;

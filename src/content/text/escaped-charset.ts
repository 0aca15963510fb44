/**
 * Charsets of seven bits that switch between ASCII and two bytes for each character: HZ (`~{` ... `~}`, RFC 1843),
 * ISO-2022-KR and ISO-2022-CN (SO ... SI, RFC 1557, RFC 1922; GB 2312 only). They become their eight-bit sisters.
 */
import type { CharsetDecoder } from './charset.ts';

const SHIFT_OUT = 0x0e;
const SHIFT_IN = 0x0f;
const ESCAPE = 0x1b;
const TILDE = 0x7e;
const OPEN = 0x7b;
const CLOSE = 0x7d;
const LF = 0x0a;
/** `ESC $ ) C` says which charset is shifted to. */
const DESIGNATION_BYTES = 4;

export class EscapedDecoder implements CharsetDecoder {
  readonly #switching: 'tilde' | 'shift';
  readonly #inner: CharsetDecoder;
  #isShifted = false;
  /** An escape that goes on in the next piece. */
  #escape: number[] = [];

  constructor(switching: 'tilde' | 'shift', inner: CharsetDecoder) {
    this.#switching = switching;
    this.#inner = inner;
  }

  decode(bytes: Uint8Array, how: { readonly stream: boolean }): string {
    const eightBit: number[] = [];
    for (const byte of bytes) {
      if (this.#switching === 'tilde') this.#tilde(byte, eightBit);
      else this.#shift(byte, eightBit);
    }
    return this.#inner.decode(Uint8Array.from(eightBit), how);
  }

  #tilde(byte: number, to: number[]): void {
    if (this.#escape.length > 0) {
      this.#escape = [];
      if (byte === OPEN) this.#isShifted = true;
      else if (byte === CLOSE) this.#isShifted = false;
      else if (byte !== LF) to.push(TILDE, ...(byte === TILDE ? [] : [byte]));
    } else if (byte === TILDE) this.#escape = [byte];
    else this.#push(byte, to);
  }

  #shift(byte: number, to: number[]): void {
    if (this.#escape.length > 0) {
      this.#escape.push(byte);
      if (this.#escape.length === DESIGNATION_BYTES) this.#escape = [];
    } else if (byte === ESCAPE) this.#escape = [byte];
    else if (byte === SHIFT_OUT || byte === SHIFT_IN) this.#isShifted = byte === SHIFT_OUT;
    else this.#push(byte, to);
  }

  /** A line ends what was shifted. */
  #push(byte: number, to: number[]): void {
    if (byte === LF) this.#isShifted = false;
    to.push(this.#isShifted && byte > 0x20 ? byte | 0x80 : byte);
  }
}

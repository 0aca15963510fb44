/**
 * Undoes base64 and quoted-printable as bytes arrive, cut anywhere. RFC 2045 6.7, 6.8. As lenient as mail programs are:
 * octets that do not belong there are passed over, base64 goes on behind `=`, a wrong `=XY` stands for itself.
 * It never fails; an unknown encoding is passed on as it is.
 */

export interface TransferDecoder {
  /** The decoded bytes; may be empty. The result may share memory with what was written. */
  write(bytes: Buffer): Buffer;
  /** What was left over. */
  end(): Buffer;
}

/** Ways to undo an encoding, by its name. */
export type DecoderKind = 'identity' | 'base64' | 'quoted-printable';

const NOTHING = Buffer.alloc(0);

export function transferDecoder(kind: DecoderKind): TransferDecoder {
  if (kind === 'base64') return new Base64Decoder();
  return kind === 'quoted-printable' ? new QuotedPrintableDecoder() : identity;
}

const identity: TransferDecoder = { write: (bytes) => bytes, end: () => NOTHING };

/** Values of the alphabet, of both variants; 64: padding; 255: passed over. */
const BASE64 = new Uint8Array(256).fill(255);
for (const [value, c] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries()) {
  BASE64[c.charCodeAt(0)] = value;
}
const PADDING = 64;
BASE64['='.charCodeAt(0)] = PADDING;

class Base64Decoder implements TransferDecoder {
  #bits = 0;
  #count = 0;

  write(bytes: Buffer): Buffer {
    const out = Buffer.allocUnsafeSlow(Math.ceil(((bytes.length + 3) * 3) / 4));
    let to = 0;
    let bits = this.#bits;
    let count = this.#count;
    for (let at = 0; at < bytes.length; at++) {
      const value = BASE64[bytes[at] as number] as number;
      if (value < 64) {
        bits = (bits << 6) | value;
        if (++count === 4) {
          out[to] = bits >> 16;
          out[to + 1] = bits >> 8;
          out[to + 2] = bits;
          to += 3;
          bits = 0;
          count = 0;
        }
      } else if (value === PADDING) {
        to = flushBits(bits, count, out, to);
        bits = 0;
        count = 0;
      }
    }
    this.#bits = bits;
    this.#count = count;
    return out.subarray(0, to);
  }

  end(): Buffer {
    const out = Buffer.alloc(2);
    const to = flushBits(this.#bits, this.#count, out, 0);
    this.#bits = 0;
    this.#count = 0;
    return out.subarray(0, to);
  }
}

/** Two characters are one octet, three are two. */
function flushBits(bits: number, count: number, out: Buffer, to: number): number {
  if (count === 2) out[to] = bits >> 4;
  if (count === 3) {
    out[to] = bits >> 10;
    out[to + 1] = bits >> 2;
  }
  return to + Math.max(0, count - 1);
}

const EQUALS = 61;
const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
/** A soft line end with more blanks than this is none. */
const MOST_BLANKS = 1_000;

class QuotedPrintableDecoder implements TransferDecoder {
  /** What began with `=` and is not complete. */
  #open: Buffer = NOTHING;

  write(bytes: Buffer): Buffer {
    const whole = this.#open.length > 0 ? Buffer.concat([this.#open, bytes]) : bytes;
    this.#open = NOTHING;
    let equals = whole.indexOf(EQUALS);
    if (equals < 0) return whole;
    const out = Buffer.allocUnsafeSlow(whole.length);
    let to = 0;
    let from = 0;
    for (; equals >= 0; equals = whole.indexOf(EQUALS, from)) {
      to += whole.copy(out, to, from, equals);
      const { length, octet } = readQuoted(whole, equals);
      if (length === 0) {
        this.#open = Buffer.from(whole.subarray(equals));
        return out.subarray(0, to);
      }
      if (octet >= 0) out[to++] = octet;
      from = equals + length;
    }
    to += whole.copy(out, to, from);
    return out.subarray(0, to);
  }

  end(): Buffer {
    const rest = this.#open;
    this.#open = NOTHING;
    return rest.length > 1 && isSoftEnd(rest) ? NOTHING : rest;
  }
}

/** `length` 0: not complete yet. `octet` -1: a soft line end, nothing is to be written. */
function readQuoted(bytes: Buffer, equals: number): { length: number; octet: number } {
  const incomplete = { length: 0, octet: -1 };
  const [first, second] = [bytes[equals + 1], bytes[equals + 2]];
  if (first === undefined) return incomplete;
  if (first === LF) return { length: 2, octet: -1 };
  if (first === CR || first === SPACE || first === TAB) return readSoftEnd(bytes, equals);
  const high = hexValue(first);
  if (high < 0) return { length: 1, octet: EQUALS };
  if (second === undefined) return incomplete;
  const low = hexValue(second);
  return low < 0 ? { length: 1, octet: EQUALS } : { length: 3, octet: high * 16 + low };
}

function readSoftEnd(bytes: Buffer, equals: number): { length: number; octet: number } {
  let at = equals + 1;
  const most = Math.min(bytes.length, equals + MOST_BLANKS);
  while (at < most && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
  if (bytes[at] === CR) at += 1;
  if (bytes[at] === LF) return { length: at + 1 - equals, octet: -1 };
  if (at >= bytes.length && bytes.length - equals < MOST_BLANKS) return { length: 0, octet: -1 };
  return { length: 1, octet: EQUALS };
}

function isSoftEnd(bytes: Buffer): boolean {
  return bytes.subarray(1).every((byte) => byte === SPACE || byte === TAB || byte === CR);
}

function hexValue(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

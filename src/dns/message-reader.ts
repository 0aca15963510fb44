/**
 * Reads what a DNS message is made of, from front to back: numbers, names, records. RFC 1035 4.1. Nothing is believed:
 * what is cut off, or a name without an end, is a RangeError.
 */

export interface RawRecord {
  /** Whose record it is, lower case. */
  readonly owner: string;
  readonly type: number;
  readonly ttlSeconds: number;
  /** Where its data begins. */
  readonly dataAt: number;
  readonly dataBytes: number;
}

const POINTER = 0xc0;
/** RFC 1035 2.3.4. */
const LONGEST_NAME = 255;
const LONGEST_LABEL = 63;
/** RFC 2181 8: a time to live beyond this is none. */
const LONGEST_TTL = 2 ** 31 - 1;

export class MessageReader {
  readonly #message: Buffer;
  at: number;

  constructor(message: Buffer, at: number) {
    this.#message = message;
    this.at = at;
  }

  uint8(): number {
    const octet = this.#message[this.at++];
    if (octet === undefined) throw new RangeError('the message is cut off');
    return octet;
  }

  uint16(): number {
    return this.uint8() * 256 + this.uint8();
  }

  uint32(): number {
    return this.uint16() * 65_536 + this.uint16();
  }

  bytes(length: number): Buffer {
    const begin = this.at;
    this.at += length;
    if (this.at > this.#message.length) throw new RangeError('the message is cut off');
    return this.#message.subarray(begin, this.at);
  }

  /** A name without its last dot, as it is written; the root is empty. */
  name(): string {
    let text = '';
    let octets = 0;
    let behind: number | undefined;
    for (let length = this.uint8(); length > 0; length = this.uint8()) {
      octets += length < POINTER ? length + 1 : 1; // pointers count too, so that a ring of them ends
      if (octets > LONGEST_NAME) throw new RangeError('a name is too long');
      if (length >= POINTER) {
        const target = (length - POINTER) * 256 + this.uint8();
        behind ??= this.at;
        this.at = target;
      } else {
        if (length > LONGEST_LABEL) throw new RangeError('a label is too long');
        text += `${text === '' ? '' : '.'}${labelText(this.bytes(length))}`;
      }
    }
    if (behind !== undefined) this.at = behind;
    return text;
  }

  record(): RawRecord {
    const owner = this.name().toLowerCase();
    const type = this.uint16();
    this.at += 2; // the class
    const ttl = this.uint32();
    const dataBytes = this.uint16();
    const dataAt = this.at;
    this.bytes(dataBytes);
    return { owner, type, ttlSeconds: ttl > LONGEST_TTL ? 0 : ttl, dataAt, dataBytes };
  }
}

/** What could be taken for something else is escaped. RFC 1035 5.1. */
function labelText(label: Buffer): string {
  const text = label.toString('latin1');
  return /^[!-\-/-[\]-~]*$/.test(text) ? text : text.replace(/[^!-~]|[.\\]/g, escaped);
}

function escaped(character: string): string {
  const isVisible = character === '.' || character === '\\';
  return `\\${isVisible ? character : String(character.charCodeAt(0)).padStart(3, '0')}`;
}

/** The header of a part while it is read: its fields as they came, and lines in between that are none. */
import type { Field } from '../part.ts';
import { headerNameLength } from './header-name.ts';
import type { TextRecord } from './record-scanner.ts';

/** The header of a part is no longer than this, or nobody can look at the part. */
export const partHeaderLimitBytes = 1_048_576;
/** So many fields cost more than they say. */
const MOST_FIELDS = 10_000;

const SPACE = 32;
const TAB = 9;
const COLON = 58;

export class PartHeader {
  readonly #fields: Field[] = [];
  readonly #stray: Buffer[] = [];
  /** The lines of the field, or of the text that is none. */
  #open: Buffer[] = [];
  #isField = false;
  #sizeBytes = 0;

  /** False: there is too much of it. */
  add(record: TextRecord): boolean {
    const { bytes, start, end, rawEnd, continues } = record;
    const first = bytes[start];
    if (!continues && !(this.#open.length > 0 && (first === SPACE || first === TAB))) {
      this.#close();
      this.#isField = headerNameLength(bytes, start, end) > 0;
    }
    this.#open.push(Buffer.from(bytes.subarray(start, rawEnd)));
    this.#sizeBytes += rawEnd - start;
    return this.#sizeBytes <= partHeaderLimitBytes && this.#fields.length <= MOST_FIELDS;
  }

  /** The fields, and the lines that were none. */
  end(): { fields: Field[]; stray: Buffer } {
    this.#close();
    return { fields: this.#fields, stray: Buffer.concat(this.#stray) };
  }

  #close(): void {
    if (this.#open.length === 0) return;
    const [only = Buffer.alloc(0)] = this.#open;
    const bytes = this.#open.length === 1 ? only : Buffer.concat(this.#open);
    this.#open = [];
    if (!this.#isField) this.#stray.push(bytes);
    else {
      const colon = bytes.indexOf(COLON);
      const name = bytes.toString('latin1', 0, colon).trimEnd().toLowerCase();
      this.#fields.push({ name, value: withoutLineEnd(bytes.subarray(colon + 1)) });
    }
  }
}

function withoutLineEnd(bytes: Buffer): Buffer {
  let end = bytes.length;
  if (bytes[end - 1] === 10) end -= 1;
  if (end < bytes.length && bytes[end - 1] === 13) end -= 1;
  return bytes.subarray(0, end);
}

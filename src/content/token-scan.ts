/**
 * Looks for words in the raw bytes of documents that make them more than something to read: programs in PDF, objects in
 * RTF, and HTML that builds a file in the browser. Compressed parts of PDF are not undone: what hides there stays hidden.
 */
import type { Flag } from './archive/unpacker.ts';

interface Mark {
  readonly flag: Flag;
  /** One word of each group must be there. */
  readonly groups: readonly (readonly Buffer[])[];
}

/** By the name of the type. */
const marks: Readonly<Record<string, readonly Mark[]>> = {
  pdf: [
    mark('javascript', ['/JavaScript', '/JS ', '/JS(', '/JS<', '/JS\n', '/JS\r', '/JS/']),
    mark('launch', ['/Launch']),
    mark('embedded', ['/EmbeddedFile']),
    mark('encrypted', ['/Encrypt']),
  ],
  rtf: [mark('embedded', ['\\objdata', '\\objocx', '\\objupdate'])],
  svg: [mark('javascript', ['<script', '<SCRIPT', 'javascript:', ' onload='])],
  html: [
    mark(
      'smuggling',
      ['createObjectURL', 'msSaveOrOpenBlob', 'msSaveBlob', 'data:application/'],
      ['atob(', 'Uint8Array', 'fromCharCode', 'charCodeAt', '.download', 'download='],
      ['<script', '<SCRIPT', 'javascript:', 'onload=', 'onerror='],
    ),
  ],
};

const longest = Math.max(
  ...Object.values(marks).flatMap((rows) =>
    rows.flatMap(({ groups }) => groups.flat().map((word) => word.length)),
  ),
);

export class TokenScan {
  /** Groups that are still missing. */
  #missing: { readonly flag: Flag; groups: (readonly Buffer[])[] }[];
  readonly #found: Flag[] = [];
  /** The end of what was seen: a word may be cut. */
  #tail: Buffer = Buffer.alloc(0);

  /** Undefined: nothing is looked for in this type. */
  static of(type: string): TokenScan | undefined {
    const rows = Object.hasOwn(marks, type) ? marks[type] : undefined;
    return rows && new TokenScan(rows);
  }

  private constructor(rows: readonly Mark[]) {
    this.#missing = rows.map(({ flag, groups }) => ({ flag, groups: [...groups] }));
  }

  /** What was found, once all bytes were written. */
  get flags(): readonly Flag[] {
    return this.#found;
  }

  write(bytes: Buffer): void {
    if (this.#missing.length === 0) return;
    const seam = Buffer.concat([this.#tail, bytes.subarray(0, longest)]);
    for (const one of this.#missing) {
      one.groups = one.groups.filter(
        (words) => !words.some((word) => bytes.includes(word) || seam.includes(word)),
      );
      if (one.groups.length === 0) this.#found.push(one.flag);
    }
    this.#missing = this.#missing.filter(({ groups }) => groups.length > 0);
    const end = bytes.length >= longest ? bytes : Buffer.concat([this.#tail, bytes]);
    this.#tail = Buffer.from(end.subarray(-longest));
  }
}

function mark(flag: Flag, ...groups: readonly (readonly string[])[]): Mark {
  return { flag, groups: groups.map((words) => words.map((word) => Buffer.from(word, 'latin1'))) };
}

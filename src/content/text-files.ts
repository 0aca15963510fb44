/**
 * Files written out as text, in the middle of it: uuencode, base64 of the same family, yEnc. POSIX.1-2017 uuencode,
 * "yEncode - A quick and dirty encoding for binaries". Lines are read as mail programs do: what comes before and behind
 * does not matter, a damaged line ends nothing.
 */
import type { MaybePromise } from '../mail/maybe-promise.ts';
import { decodeCharset } from './encoded-words.ts';
import { type FileType, innerTypes } from './file-type.ts';
import type { PartReader } from './part.ts';

/** Longer lines belong to no such file. */
const longestLine = 4_096;
/** Plain bytes are handed on in pieces of about this size. */
const pieceBytes = 32_768;

const LF = 10;
/** What a line begins with that begins a file, with the line end before it. */
const MARKS = [Buffer.from('\nbegin'), Buffer.from('\n=ybegin ')];
const MARK = /^(?:begin(-base64)? +[0-7]{3,4} +(\S.*)|=ybegin [^\r\n]*?\bname=(.+))$/;

export interface TextFiles {
  /** A file begins. */
  begin(type: FileType, names: readonly string[]): PartReader;
}

interface Coding {
  /** Undefined: the file is over. */
  line(line: Buffer): Buffer | undefined;
}

export class TextFileScan implements PartReader {
  readonly #files: TextFiles;
  /** A line that is not complete. */
  #carry: Buffer = Buffer.alloc(0);
  /** The line goes on behind what was too long to be carried. */
  #inLongLine = false;
  #open: { readonly reader: PartReader; readonly coding: Coding } | undefined;

  constructor(files: TextFiles) {
    this.#files = files;
  }

  async write(bytes: Buffer): Promise<void> {
    let rest = this.#carry.length > 0 ? Buffer.concat([this.#carry, bytes]) : bytes;
    this.#carry = Buffer.alloc(0);
    if (this.#inLongLine) {
      const end = rest.indexOf(LF);
      if (end < 0) return;
      rest = rest.subarray(end + 1);
      this.#inLongLine = false;
    }
    while (rest.length > 0) {
      const left = this.#open ? await this.#decode(rest) : this.#search(rest);
      if (!left) return;
      rest = left;
    }
  }

  async end(): Promise<void> {
    if (this.#carry.length > 0) await this.write(Buffer.from('\n'));
    await this.#close();
  }

  /** What stands behind the line that begins a file; undefined: nothing begins here. The bytes begin with a line. */
  #search(bytes: Buffer): Buffer | undefined {
    const next = MARKS.map((mark) => (bytes.subarray(0, mark.length - 1).equals(mark.subarray(1)) ? 0 : -2));
    for (let start = nearest(bytes, next, 0); start >= 0; start = nearest(bytes, next, start + 1)) {
      const end = bytes.indexOf(LF, start);
      if (end < 0) break;
      if (end - start <= longestLine && this.#begins(lineOf(bytes, start, end)))
        return bytes.subarray(end + 1);
    }
    this.#keep(bytes.subarray(bytes.lastIndexOf(LF) + 1));
    return undefined;
  }

  #keep(line: Buffer): void {
    if (line.length > longestLine) this.#inLongLine = true;
    else this.#carry = line;
  }

  #begins(line: Buffer): boolean {
    const [, base64, name, yencName] = MARK.exec(line.toString('latin1')) ?? [];
    const written = (yencName ?? name)?.trim();
    if (written === undefined) return false;
    const type = yencName === undefined ? innerTypes.uue : innerTypes.yenc;
    const names = [decodeCharset(Buffer.from(written, 'latin1'), '')];
    const coding = yencName === undefined ? (base64 ? base64Coding : uuCoding) : yencCoding;
    this.#open = { reader: this.#files.begin(type, names), coding };
    return true;
  }

  /** What stands behind the file; undefined: it is not over. */
  async #decode(bytes: Buffer): Promise<Buffer | undefined> {
    let pieces: Buffer[] = [];
    let had = 0;
    let at = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, at)) {
      const plain = this.#open?.coding.line(lineOf(bytes, at, end));
      at = end + 1;
      if (!plain) {
        await this.#open?.reader.write(Buffer.concat(pieces));
        await this.#close();
        return bytes.subarray(at);
      }
      pieces.push(plain);
      had += plain.length;
      if (had < pieceBytes) continue;
      await this.#open?.reader.write(Buffer.concat(pieces));
      pieces = [];
      had = 0;
    }
    if (had > 0) await this.#open?.reader.write(Buffer.concat(pieces));
    this.#keep(bytes.subarray(at));
    return undefined;
  }

  #close(): MaybePromise<void> {
    const reader = this.#open?.reader;
    this.#open = undefined;
    return reader?.end();
  }
}

/** Where the next line begins with a mark; `next` remembers where each mark comes next: -2 not known, -1 nowhere. */
function nearest(bytes: Buffer, next: number[], from: number): number {
  for (const [i, mark] of MARKS.entries()) {
    const known = next[i] ?? -1;
    if (known === -1 || known >= from) continue;
    const at = bytes.indexOf(mark, Math.max(0, from - 1));
    next[i] = at < 0 ? -1 : at + 1;
  }
  const found = next.filter((at) => at >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** Without its line end. */
function lineOf(bytes: Buffer, start: number, end: number): Buffer {
  return bytes.subarray(start, bytes[end - 1] === 13 && end > start ? end - 1 : end);
}

/** The first character says how many bytes a line has; four characters are three bytes. */
const uuCoding: Coding = {
  line(line) {
    if (line.equals(Buffer.from('end'))) return undefined;
    const first = line[0];
    if (first === undefined || first < 0x20 || first > 0x60) return Buffer.alloc(0);
    const length = (first - 0x20) & 0x3f;
    const plain = Buffer.alloc(Math.ceil(length / 3) * 3);
    for (let from = 1, to = 0; to < length; from += 4, to += 3) {
      let bits = 0;
      for (let i = 0; i < 4; i++) bits = (bits << 6) | (((line[from + i] ?? 0x20) - 0x20) & 0x3f);
      plain.writeUIntBE(bits, to, 3);
    }
    return plain.subarray(0, length);
  },
};

const base64Coding: Coding = {
  line: (line) =>
    line.equals(Buffer.from('====')) ? undefined : Buffer.from(line.toString('latin1'), 'base64'),
};

/** Each byte is 42 more than it was; `=` says that the next one is 64 more as well. */
const yencCoding: Coding = {
  line(line) {
    const command = line.subarray(0, 6).toString('latin1');
    if (command === '=yend ') return undefined;
    if (command === '=ypart') return Buffer.alloc(0);
    const plain = Buffer.alloc(line.length);
    let to = 0;
    for (let at = 0; at < line.length; at++) {
      let byte = line[at] ?? 0;
      if (byte === 0x3d) byte = (line[++at] ?? 0) - 64;
      plain[to++] = byte - 42;
    }
    return plain.subarray(0, to);
  },
};

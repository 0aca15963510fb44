/**
 * The thread that runs 7-Zip: lists an archive, then unpacks it member by member. A fresh sandbox for each archive, so
 * that nothing is left of a hostile one; a bound on its memory. It is ended from outside when it takes too long.
 * Unpacking stops at the first member that wants a password: the names of the rest are known from the list.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort } from 'node:worker_threads';
import { type ArchiveBytes, type Fs, mountArchive, mountSink } from './seven-zip-files.ts';
import {
  answerAt,
  goOn,
  headerBytes,
  lengthAt,
  type OpenLetter,
  type Outcome,
  type ThreadLetter,
  waiting,
  windowBytes,
} from './seven-zip-letters.ts';

interface Instance {
  readonly FS: Fs;
  callMain(words: readonly string[]): number | undefined;
}

interface WasmInstance {
  readonly exports: object;
}

/** The part of the global WebAssembly that is used here; Node's types leave it to browsers. */
interface Wasm {
  readonly Module: new (bytes: Buffer) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
  readonly Memory: { readonly prototype: WasmMemory };
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By so many pages of 64 KiB. */
  grow(this: WasmMemory, pages: number): number;
}

interface InstanceOptions {
  readonly noExitRuntime: boolean;
  print(line: string): void;
  printErr(line: string): void;
  stdin(): null;
  instantiateWasm(imports: object, ready: (instance: WasmInstance) => void): object;
}

const { WebAssembly } = globalThis as unknown as { WebAssembly: Wasm };
const require = createRequire(import.meta.url);
const newInstance = require('7z-wasm') as (options: InstanceOptions) => Promise<Instance>;
const program = new WebAssembly.Module(readFileSync(require.resolve('7z-wasm/7zz.wasm')));

const PAGE = 65_536;
/** Of the archive that is being opened. */
let memoryBytes = 0;
let memoryRefused = false;

const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * PAGE > memoryBytes) {
    memoryRefused = true;
    throw new RangeError('more memory than allowed');
  }
  return grow.call(this, pages);
};

/** Whoever asked does not want to hear more. */
class Stopped extends Error {}

parentPort?.on('message', async (letter: OpenLetter) => {
  memoryBytes = letter.memoryBytes;
  memoryRefused = false;
  let outcome: Outcome;
  try {
    outcome = await new Opening(letter).run();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    outcome = { isEncrypted: false, isBroken: false, isUnreadable: false, overBudget: undefined };
  }
  write({ kind: 'done', outcome });
});

function write(letter: ThreadLetter, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(letter, [...transfer]);
}

/** One run of 7-Zip: what it printed, and what it returned. */
interface Run {
  readonly lines: readonly string[];
  readonly code: number | undefined;
}

class Opening {
  readonly #letter: OpenLetter;
  readonly #control: Int32Array;
  readonly #shared: Uint8Array;
  #window = new Uint8Array(0);
  #windowAt = 0;
  #stopped = false;

  constructor(letter: OpenLetter) {
    this.#letter = letter;
    this.#control = new Int32Array(letter.shared, 0, headerBytes / 4);
    this.#shared = new Uint8Array(letter.shared, headerBytes);
  }

  /** As every format that the archive could be read in; it is sound when one of them is. */
  async run(): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (const format of this.#letter.formats) outcomes.push(await this.#open(format));
    return {
      isEncrypted: outcomes.some(({ isEncrypted }) => isEncrypted),
      isBroken: outcomes.every(({ isBroken }) => isBroken),
      isUnreadable: outcomes.some(({ isUnreadable }) => isUnreadable),
      overBudget: outcomes.find(({ overBudget }) => overBudget)?.overBudget,
    };
  }

  async #open(format: string | undefined): Promise<Outcome> {
    const as = format === undefined ? [] : [`-t${format}`];
    const listed = new Listing(this.#letter.mostMembers);
    const list = await this.#seven(['l', '-slt', '-ba', ...as], (line) => listed.line(line));
    const told = new Set<string>();
    const unpack = listed.isTooLong ? list : await this.#seven(['x', '-y', '-o/out', ...as], () => {}, told);
    for (const [name, member] of listed.members) {
      if (told.has(name) || member.isDirectory) continue;
      this.#ask({ kind: 'member', name });
      this.#ask({ kind: 'end' });
    }
    const lines = [...list.lines, ...unpack.lines];
    const says = (words: RegExp) => lines.some((line) => words.test(line.split(' : ', 1)[0] ?? ''));
    const isEncrypted = listed.isEncrypted || says(/password|encrypted/i);
    const isUnreadable = says(/unsupported (?:method|feature)/i);
    const failed = list.code !== 0 || unpack.code !== 0;
    return {
      isEncrypted,
      isBroken: failed && !isEncrypted && !isUnreadable && !memoryRefused,
      isUnreadable,
      overBudget: memoryRefused ? 'memory' : listed.isTooLong ? 'members' : undefined,
    };
  }

  /** Runs one command; `told` collects the paths of what was unpacked. */
  async #seven(
    words: readonly string[],
    print: (line: string) => void,
    told = new Set<string>(),
  ): Promise<Run> {
    const lines: string[] = [];
    const note = (line: string) => {
      if (lines.length < MOST_LINES) lines.push(line.slice(0, 200));
    };
    const instance = await newInstance({
      noExitRuntime: true,
      stdin: () => null,
      printErr: note,
      print: (line) => {
        if (words[0] === 'l') print(line);
        if (line.startsWith('Enter password')) note(line);
      },
      instantiateWasm: (imports, ready) => {
        const made = new WebAssembly.Instance(program, imports);
        ready(made);
        return made.exports;
      },
    });
    mountArchive(instance.FS, '/in', this.#archive());
    mountSink(instance.FS, '/out', {
      begin: (path) => {
        told.add(path);
        this.#ask({ kind: 'member', name: path });
      },
      bytes: (bytes) => this.#bytes(bytes),
      end: () => this.#ask({ kind: 'end' }),
    });
    let code: number | undefined;
    try {
      code = instance.callMain([...words, '-bd', '--', '/in/archive']);
    } catch {
      // a question for a password, an exception of C++, a broken sandbox: it could not go on
    }
    if (this.#stopped) throw new Stopped();
    return { lines, code };
  }

  #archive(): ArchiveBytes {
    const { sizeBytes } = this.#letter;
    return {
      sizeBytes,
      read: (target, offset) => {
        let had = 0;
        while (had < target.length && offset + had < sizeBytes)
          had += this.#piece(target.subarray(had), offset + had);
        return had;
      },
    };
  }

  /** From the window, which is moved when it is elsewhere. */
  #piece(target: Uint8Array, offset: number): number {
    if (offset < this.#windowAt || offset >= this.#windowAt + this.#window.length) {
      this.#ask({ kind: 'read', offset, length: windowBytes });
      this.#window = this.#shared.slice(0, Atomics.load(this.#control, lengthAt));
      this.#windowAt = offset;
      if (this.#window.length === 0) throw new Stopped();
    }
    const from = offset - this.#windowAt;
    const bytes = this.#window.subarray(from, from + target.length);
    target.set(bytes);
    return bytes.length;
  }

  #bytes(bytes: Uint8Array): void {
    const copy = bytes.slice();
    this.#ask({ kind: 'bytes', bytes: copy }, [copy.buffer]);
  }

  /** Sleeps until there is an answer. Throws Stopped. */
  #ask(letter: ThreadLetter, transfer: readonly ArrayBuffer[] = []): void {
    if (this.#stopped) throw new Stopped();
    Atomics.store(this.#control, answerAt, waiting);
    write(letter, transfer);
    Atomics.wait(this.#control, answerAt, waiting);
    if (Atomics.load(this.#control, answerAt) !== goOn) {
      this.#stopped = true;
      throw new Stopped();
    }
  }
}

const MOST_LINES = 100;

interface Listed {
  readonly isDirectory: boolean;
}

/** `7zz l -slt`: a block of `Name = value` lines for each member, with `Path` first. Comments are the sender's words. */
class Listing {
  readonly members = new Map<string, Listed>();
  isEncrypted = false;
  /** What comes then is not kept. */
  isTooLong = false;
  readonly #most: number;
  #path: string | undefined;
  #isKnown = false;

  constructor(most: number) {
    this.#most = most;
  }

  line(line: string): void {
    const [, key, value = ''] = /^([A-Z][A-Za-z ]*) = (.*)$/.exec(line) ?? [];
    if (key === 'Path') this.#begin(value);
    if (key === 'Comment') this.#path = undefined;
    if (this.#path === undefined || this.isTooLong) return;
    const isDirectory =
      (key === 'Folder' && value === '+') || (key === 'Attributes' && /(?:^| )D/.test(value));
    if (isDirectory && !this.#isKnown) this.members.set(this.#path, { isDirectory });
    if (key === 'Encrypted' && value === '+') this.isEncrypted = true;
  }

  #begin(path: string): void {
    this.isTooLong ||= this.members.size >= this.#most;
    this.#path = path;
    this.#isKnown = this.members.has(path);
    if (!this.isTooLong) this.members.set(path, { isDirectory: false });
  }
}

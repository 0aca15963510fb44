/**
 * 7-Zip, one command at a time, each in a sandbox of its own, so that nothing is left of a hostile archive: the archive
 * as `/in/archive`, what is unpacked in `/out`, a bound on the memory. It cannot see anything else.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type ArchiveBytes, type Fs, mountArchive, mountSink, type Unpacked } from './seven-zip-files.ts';

export interface Command {
  readonly words: readonly string[];
  readonly archive: ArchiveBytes;
  readonly sink: Unpacked;
  readonly memoryBytes: number;
  /** Hears every line of the answer; must not throw. */
  print(line: string): void;
}

export interface Run {
  /** What it complained about, and whether it asked for a password. */
  readonly complaints: readonly string[];
  /** Undefined: it did not come to an end. */
  readonly code: number | undefined;
  /** It wanted more memory. */
  readonly memoryRefused: boolean;
}

interface Instance {
  readonly FS: Fs;
  callMain(words: readonly string[]): number | undefined;
}

interface InstanceOptions {
  readonly noExitRuntime: boolean;
  print(line: string): void;
  printErr(line: string): void;
  stdin(): null;
  instantiateWasm(imports: object, ready: (instance: WasmInstance) => void): object;
}

/** The part of the global WebAssembly that is used here; Node's types leave it to browsers. */
interface Wasm {
  readonly Module: new (bytes: Buffer) => object;
  readonly Instance: new (module: object, imports: object) => WasmInstance;
  readonly Memory: { readonly prototype: WasmMemory };
}

interface WasmInstance {
  readonly exports: object;
}

interface WasmMemory {
  readonly buffer: ArrayBuffer;
  /** By so many pages. */
  grow(this: WasmMemory, pages: number): number;
}

const { WebAssembly } = globalThis as unknown as { WebAssembly: Wasm };
const require = createRequire(import.meta.url);
const newInstance = require('7z-wasm') as (options: InstanceOptions) => Promise<Instance>;
const program = new WebAssembly.Module(readFileSync(require.resolve('7z-wasm/7zz.wasm')));

/** Complaints beyond these say nothing new. */
const MOST_COMPLAINTS = 100;
const COMPLAINT_LENGTH = 200;
const PAGE_BYTES = 65_536;

/** Of the command that runs: 7-Zip asks the thread's global object for memory. */
let memoryBytes = 0;
let memoryRefused = false;

const grow = WebAssembly.Memory.prototype.grow;
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * PAGE_BYTES > memoryBytes) {
    memoryRefused = true;
    throw new RangeError('more memory than allowed');
  }
  return grow.call(this, pages);
};

/** Runs a command; what the archive and the sink throw ends it, and is for them to remember. */
export async function runSevenZip(command: Command): Promise<Run> {
  const complaints: string[] = [];
  const note = (line: string) => {
    if (complaints.length < MOST_COMPLAINTS) complaints.push(line.slice(0, COMPLAINT_LENGTH));
  };
  memoryBytes = command.memoryBytes;
  memoryRefused = false;
  const instance = await newInstance({
    noExitRuntime: true,
    stdin: () => null,
    printErr: note,
    print: (line) => {
      command.print(line);
      if (line.startsWith('Enter password')) note(line);
    },
    instantiateWasm: (imports, ready) => {
      const made = new WebAssembly.Instance(program, imports);
      ready(made);
      return made.exports;
    },
  });
  mountArchive(instance.FS, '/in', command.archive);
  mountSink(instance.FS, '/out', command.sink);
  let code: number | undefined;
  try {
    code = instance.callMain([...command.words, '-bd', '--', '/in/archive']);
  } catch {
    // a question for a password, an exception of C++, a broken sandbox: it could not go on
  }
  return { complaints, code, memoryRefused };
}

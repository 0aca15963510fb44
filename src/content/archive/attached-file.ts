/**
 * One file of a message while its bytes arrive: an attachment, or a member of one. It asks for its names at once, looks
 * at its first bytes, keeps what must be opened once it is whole, and asks for what it turned out to be at its end.
 * Text that people read in the message itself is no file; only files written out in it are looked for.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { extensionOf, type FileNames, fileNames } from '../attachment-names.ts';
import { BlockList } from '../block-list.ts';
import { headBytes, isText } from '../file-marks.ts';
import { type FileType, fileType } from '../file-type.ts';
import type { PartReader } from '../part.ts';
import { TextFileScan } from '../text-files.ts';
import { TokenScan } from '../token-scan.ts';
import { SpoolSlice } from './byte-source.ts';
import type { Examination } from './examination.ts';
import type { Level } from './level.ts';
import { isArchiveName } from './openers.ts';
import type { Flag, MemberFacts } from './unpacker.ts';

export class AttachedFile implements PartReader {
  readonly names: FileNames | undefined;
  readonly level: Level;
  readonly #examination: Examination;
  readonly #facts: MemberFacts;
  #asked = false;
  /** The first bytes, until there are enough of them to judge. */
  #head: BlockList | undefined = new BlockList();
  /** What it is by its content, once that is known; bodies have none. */
  type: FileType | undefined;
  #tokens: TokenScan | undefined;
  #texts: TextFileScan | undefined;
  /** Files written out in this one. */
  #inner: Level | undefined;
  #keptAt: number | undefined;
  #keptBytes = 0;

  constructor(examination: Examination, level: Level, written: readonly string[], facts: MemberFacts = {}) {
    this.#examination = examination;
    this.level = level;
    this.names = fileNames(written);
    this.#facts = facts;
  }

  /** What reports and paths call it. */
  get shown(): string {
    return this.names?.shown ?? `unnamed${this.type ? `.${this.type.name}` : ''}`;
  }

  /** The part and the path of the file, for people. */
  get place(): string {
    return `part ${this.level.part}: ${[...this.level.path, this.shown].join('/')}`;
  }

  write(bytes: Buffer): MaybePromise<void> {
    if (this.level.depth > 0) this.#examination.budget.unpacked(bytes.length);
    if (!this.#asked) return this.#ask().then(() => this.#take(bytes));
    return this.#take(bytes);
  }

  async end(): Promise<void> {
    if (!this.#asked) await this.#ask();
    if (this.#head) await this.#judge();
    await this.#texts?.end();
    const { search } = this.#examination;
    for (const type of [this.#facts.codedAs, this.type]) if (type) await search.type(type, this.place);
    for (const flag of this.#flags()) await search.flag(flag, this.place);
    this.#toBeOpened();
  }

  async #ask(): Promise<void> {
    this.#asked = true;
    if (!this.names || this.#facts.internal) return;
    const { search } = this.#examination;
    await search.names(this.names.forms, this.level.path, this.place);
    for (const flag of this.names.flags) await search.flag(flag, this.place);
  }

  #take(bytes: Buffer): MaybePromise<void> {
    if (!this.#head) return this.#pass(bytes);
    this.#head.push(bytes);
    if (this.#head.sizeBytes >= headBytes) return this.#judge();
  }

  /** There is enough to say what it is. */
  async #judge(): Promise<void> {
    const chunks = this.#head?.blocks() ?? [];
    this.#head = undefined;
    const head = Buffer.concat(chunks).subarray(0, headBytes);
    if (head.length === 0) return;
    const text = isText(head);
    this.type = this.#isFile || !text ? fileType(head) : undefined;
    this.#tokens = this.type && TokenScan.of(this.type.name);
    if (text) this.#texts = this.#textScan();
    if (!text || this.#mayOpen) this.#keptAt = this.level.sizeBytes;
    for (const chunk of chunks) await this.#pass(chunk);
  }

  /** Whether it is more than text to be read. */
  get #isFile(): boolean {
    return this.names !== undefined || !this.#facts.isBody;
  }

  get #mayOpen(): boolean {
    return this.#examination.openers.of(this.type) !== undefined || this.isCalledArchive;
  }

  get isCalledArchive(): boolean {
    return this.names?.forms.some((name) => isArchiveName(extensionOf(name))) ?? false;
  }

  #pass(bytes: Buffer): MaybePromise<void> {
    this.#tokens?.write(bytes);
    const wait = this.#texts?.write(bytes);
    return isPromise(wait) ? wait.then(() => this.#keep(bytes)) : this.#keep(bytes);
  }

  #keep(bytes: Buffer): MaybePromise<void> {
    if (this.#keptAt === undefined) return;
    this.#keptBytes += bytes.length;
    return this.level.append(bytes);
  }

  #textScan(): TextFileScan {
    const { part, depth, path } = this.level;
    return new TextFileScan({
      begin: (codedAs, names) => {
        // a body is no place; a file is
        const inside = this.names ? [...path, this.shown] : path;
        this.#inner ??= this.#examination.level({ part, path: inside, depth: depth + 1 });
        return this.#examination.member(this.#inner, names, { codedAs });
      },
    });
  }

  #flags(): Flag[] {
    const flags = [...(this.#tokens?.flags ?? [])];
    if (this.#isDisguised()) flags.push('disguised');
    return flags;
  }

  /** A program whose name says that it is something else. */
  #isDisguised(): boolean {
    if (this.type?.group !== 'executable' || !this.names) return false;
    const extension = extensionOf(this.names.shown);
    return extension !== '' && !PROGRAM.test(extension);
  }

  #toBeOpened(): void {
    const { jobs, spool } = this.level;
    if (this.#inner) jobs.push({ kind: 'level', level: this.#inner });
    if (this.#keptAt === undefined) return;
    jobs.push({ kind: 'file', file: this, source: new SpoolSlice(spool, this.#keptAt, this.#keptBytes) });
  }
}

/** Extensions that programs have. */
const PROGRAM =
  /^(?:exe|dll|com|scr|pif|cpl|ocx|sys|drv|efi|mui|ax|acm|msi|msp|mst|lnk|chm|class|dex|wasm|jar|apk|bin|so(?:\.\d+)*|o|ko|elf|dylib|bundle|axf|out|run|appimage|xll|wll|tsp|ime|node|pyd)$/;

/**
 * The attachments of one message being looked at: readers for parts and members, archives opened level by level. An
 * archive over its budget is `type=archive-bomb`, one that cannot be read `flag=broken`; neither keeps the others from
 * being looked at, but nothing is opened once the budget of the message is spent.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import type { KeySearch } from '../attachment-keys.ts';
import { type FileType, innerTypes } from '../file-type.ts';
import type { PartReader } from '../part.ts';
import type { SpoolOptions } from '../spool.ts';
import { AttachedFile } from './attached-file.ts';
import { BrokenArchive, type Budget, OverBudget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';
import { type Job, Level, type LevelOptions } from './level.ts';
import type { Opener, Openers } from './openers.ts';
import type { Flag, MemberFacts, Opened } from './unpacker.ts';
import { hasZipEnd } from './zip-directory.ts';

export interface ExaminationOptions {
  readonly search: KeySearch;
  readonly budget: Budget;
  readonly openers: Openers;
  readonly spool: SpoolOptions;
}

export class Examination {
  readonly search: KeySearch;
  readonly budget: Budget;
  readonly openers: Openers;
  readonly #spool: SpoolOptions;
  readonly #levels = new Set<Level>();

  constructor({ search, budget, openers, spool }: ExaminationOptions) {
    this.search = search;
    this.budget = budget;
    this.openers = openers;
    this.#spool = spool;
  }

  level(options: Omit<LevelOptions, 'spool'>): Level {
    const level = new Level({ ...options, spool: this.#spool });
    this.#levels.add(level);
    return level;
  }

  /** Reads one part of the message; at its end, all that is in it has been looked at. */
  attachment(part: string, names: readonly string[], facts: MemberFacts): PartReader {
    const level = this.level({ part, path: [], depth: 0 });
    const file = new AttachedFile(this, level, names, facts);
    let isBomb = false;
    const guarded = async (work: MaybePromise<void>) => {
      try {
        await work;
      } catch (error) {
        if (!(error instanceof OverBudget)) throw error;
        isBomb = true;
        await this.search.type(innerTypes.bomb, file.place);
      }
    };
    return {
      write: (bytes) => {
        this.budget.packed(bytes.length);
        if (isBomb) return;
        const wait = file.write(bytes);
        if (isPromise(wait)) return guarded(wait);
      },
      end: async () => {
        if (!isBomb) await guarded(file.end());
        await this.#openAll(level);
      },
    };
  }

  /** A member of an archive, or a file written out in a text. Throws OverBudget. */
  member(level: Level, names: readonly string[], facts: MemberFacts = {}): PartReader {
    this.budget.member();
    return new AttachedFile(this, level, names, facts);
  }

  /** Lets go of everything. */
  close(): void {
    this.budget.cancel();
    for (const level of this.#levels) level.close();
    this.#levels.clear();
  }

  async #openAll(level: Level): Promise<void> {
    try {
      for (const job of level.jobs) await this.#open(job);
    } finally {
      level.close();
      this.#levels.delete(level);
    }
  }

  async #open(job: Job): Promise<void> {
    if (job.kind === 'level') return this.#openAll(job.level);
    if (this.budget.isOver) return;
    const { file, source } = job;
    const opener = await this.#openerOf(file, source);
    if (opener) await this.#unpack(file, source, opener);
  }

  async #openerOf(file: AttachedFile, source: ByteSource): Promise<Opener | undefined> {
    const known = this.openers.of(file.type);
    if (known) return known;
    if (await hasZipEnd(source)) return this.openers.zip;
    if (file.type?.group === 'archive') await this.search.flag('unreadable', file.place);
    else if (file.isCalledArchive) return this.openers.any;
    return undefined;
  }

  async #unpack(file: AttachedFile, source: ByteSource, { unpack, packsOne = false }: Opener): Promise<void> {
    const { level: outer } = file;
    const isSame = outer.packsOne && file.type?.name === 'tar';
    const path = isSame ? outer.path : [...outer.path, file.shown];
    const level = this.level({ part: outer.part, path, depth: outer.depth + 1, packsOne });
    const types = new Set<FileType>();
    const flags = new Set<Flag>();
    const opened: Opened = {
      name: file.shown,
      budget: this.budget,
      member: (names, facts) => this.member(level, names, facts),
      isA: (type) => types.add(type),
      flag: (flag) => flags.add(flag),
    };
    try {
      this.budget.depth(level.depth);
      await this.budget.timed(() => unpack(source, opened));
    } catch (error) {
      if (error instanceof OverBudget) types.add(innerTypes.bomb);
      else if (error instanceof BrokenArchive) flags.add('broken');
      else throw error;
    }
    for (const type of types) await this.search.type(type, file.place);
    for (const flag of flags) await this.search.flag(flag, file.place);
    await this.#openAll(level);
  }
}

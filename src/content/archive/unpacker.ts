/** What opens archives, and what they hand their members to. One file per format; kinds of archives are unpackers.ts. */

import type { FileType } from '../file-type.ts';
import type { PartReader } from '../part.ts';
import { BrokenArchive, type Budget } from './budget.ts';
import type { ByteSource } from './byte-source.ts';

/** What is noteworthy about a file, besides its type: the keys `flag=...`. */
export type Flag =
  | 'encrypted'
  | 'broken'
  | 'unreadable'
  | 'ambiguous'
  | 'macro'
  | 'javascript'
  | 'launch'
  | 'embedded'
  | 'smuggling'
  | 'disguised'
  | 'rlo'
  | 'double-extension';

/** The archive that is being opened, as its unpacker sees it. */
export interface Opened {
  /** How it is called. */
  readonly name: string;
  readonly budget: Budget;
  /**
   * A member begins; all names it has, the likeliest first. Its bytes are wanted. Members come one after the other:
   * each is ended before the next begins. Throws OverBudget.
   */
  member(names: readonly string[], how?: MemberFacts): PartReader;
  /** The archive itself turns out to be something more special. */
  isA(type: FileType): void;
  flag(flag: Flag): void;
}

export interface MemberFacts {
  /** It belongs to the format of a document: nobody sees its name. */
  readonly internal?: boolean;
  /** It is read as text by people: it is no file, unless it is not a text. */
  readonly isBody?: boolean;
  /** It was written out in a text this way. */
  readonly codedAs?: FileType;
}

/** Hands out all members. Rejects with OverBudget, BrokenArchive, SpoolError. */
export type Unpacker = (bytes: ByteSource, to: Opened) => Promise<void>;

/** Hands out one member. Rejects with OverBudget. A member that breaks off is ended all the same. */
export async function memberBytes(
  to: Opened,
  names: readonly string[],
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
  how: MemberFacts = {},
): Promise<void> {
  const reader = to.member(names, how);
  let broken: BrokenArchive | undefined;
  try {
    for await (const chunk of chunks) {
      await reader.write(chunk);
      await to.budget.breathe();
    }
  } catch (error) {
    if (!(error instanceof BrokenArchive)) throw error;
    broken = error;
  }
  await reader.end();
  if (broken) throw broken;
}

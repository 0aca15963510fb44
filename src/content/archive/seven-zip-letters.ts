/**
 * What is said between the thread that runs 7-Zip and those who ask it. 7-Zip cannot wait for promises, so the thread
 * writes a letter and sleeps until the answer stands in shared memory: one letter is under way at a time.
 */

/** To the thread. */
export interface OpenLetter {
  readonly sizeBytes: number;
  readonly formats: readonly (string | undefined)[];
  readonly mostMembers: number;
  readonly memoryBytes: number;
  readonly shared: SharedArrayBuffer;
}

/** From the thread. All but `done` wait for an answer. */
export type ThreadLetter =
  | { readonly kind: 'read'; readonly offset: number; readonly length: number }
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'done'; readonly outcome: Outcome };

export interface Outcome {
  readonly isEncrypted: boolean;
  /** Some of it could not be read. */
  readonly isBroken: boolean;
  /** Packed in a way that is not known. */
  readonly isUnreadable: boolean;
  /** It asked for more memory than it may have, or lists more members. */
  readonly overBudget: 'memory' | 'members' | undefined;
}

/** The shared memory: whether the answer is there, how many bytes it has, the bytes. */
export const answerAt = 0;
export const lengthAt = 1;
export const headerBytes = 8;
export const windowBytes = 262_144;
export const sharedBytes = headerBytes + windowBytes;

/** Answers. */
export const waiting = 0;
export const goOn = 1;
export const stop = 2;

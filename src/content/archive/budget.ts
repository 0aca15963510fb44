/**
 * What the attachments of one message may cost: how deep, how many members, how many bytes, how much more than was sent,
 * how long. Parameters: attachment_depth_limit, attachment_member_limit, attachment_unpacked_limit,
 * attachment_ratio_limit, attachment_time_limit. Over it: OverBudget, which becomes `type=archive-bomb`.
 * It also keeps the process answering: `breathe` lets others run when one message has worked long enough.
 */
import { setImmediate as othersRun } from 'node:timers/promises';

export interface BudgetLimits {
  /** Archives in archives. */
  readonly depth: number;
  /** Members of all archives of a message. */
  readonly members: number;
  /** Bytes that come out of all archives of a message. */
  readonly unpackedBytes: number;
  /** How many times more may come out than went in, once `ratioFloorBytes` came out. */
  readonly ratio: number;
  /** For all archives of a message together. */
  readonly timeMs: number;
}

/** Less than this is no bomb, however small it was packed. */
export const ratioFloorBytes = 32 * 1024 * 1024;
/** Others run at least so often. */
const sliceMs = 8;

/** More than the operator allows. */
export class OverBudget extends Error {}

/** The file is not what it says it is: cut off, damaged, or made to look so. */
export class BrokenArchive extends Error {}

export class Budget {
  readonly limits: BudgetLimits;
  #members = 0;
  #unpackedBytes = 0;
  #packedBytes = 0;
  /** Spent by what has ended. */
  #spentMs = 0;
  #startedAt: number | undefined;
  #sliceAt = performance.now();
  #isOver = false;

  constructor(limits: BudgetLimits) {
    this.limits = limits;
  }

  /** Nothing more is opened in this message. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nobody waits for the answer any more: whatever is under way ends at its next breath. */
  cancel(): void {
    this.#spentMs = this.limits.timeMs;
  }

  /** So many bytes of attachments came with the message. */
  packed(bytes: number): void {
    this.#packedBytes += bytes;
  }

  /** Throws OverBudget. */
  member(): void {
    this.#members++;
    if (this.#members > this.limits.members) throw this.#over('too many members');
  }

  /** So many bytes came out of an archive. Throws OverBudget. */
  unpacked(bytes: number): void {
    this.#unpackedBytes += bytes;
    if (this.#unpackedBytes > this.limits.unpackedBytes) throw this.#over('too many bytes');
    if (
      this.#unpackedBytes > ratioFloorBytes &&
      this.#unpackedBytes > this.#packedBytes * this.limits.ratio
    ) {
      throw this.#over('packed too well');
    }
  }

  /** Throws OverBudget. */
  depth(level: number): void {
    if (level > this.limits.depth) throw new OverBudget('too deep');
  }

  /** What is left of the time, in milliseconds; at least 0. */
  get leftMs(): number {
    const running = this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt;
    return Math.max(0, this.limits.timeMs - this.#spentMs - running);
  }

  /** Runs the clock while archives are being opened. */
  async timed<T>(work: () => Promise<T>): Promise<T> {
    if (this.#startedAt !== undefined) return work();
    this.#startedAt = performance.now();
    try {
      return await work();
    } finally {
      this.#stopClock();
    }
  }

  /** Stops it while somebody else's work has to be waited for. */
  async untimed<T>(work: () => Promise<T>): Promise<T> {
    this.#stopClock();
    try {
      return await work();
    } finally {
      this.#startedAt = performance.now();
    }
  }

  #stopClock(): void {
    if (this.#startedAt !== undefined) this.#spentMs += performance.now() - this.#startedAt;
    this.#startedAt = undefined;
  }

  /** To be called often: lets others run now and then. Throws OverBudget when the time is over. */
  async breathe(): Promise<void> {
    if (this.leftMs === 0) throw this.#over('too long');
    await this.rest();
  }

  /** The same without a look at the clock's end. */
  async rest(): Promise<void> {
    if (performance.now() - this.#sliceAt < sliceMs) return;
    await othersRun();
    this.#sliceAt = performance.now();
  }

  #over(problem: string): OverBudget {
    this.#isOver = true;
    return new OverBudget(problem);
  }
}

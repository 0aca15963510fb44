/**
 * The one walk over a message: cuts it into records, tells headers from bodies, and hands both to the checks and to
 * those who look into parts. Where nobody wants a body's lines, it only looks for boundaries, or for nothing at all.
 */
import { isPromise, type MaybePromise } from '../mail/maybe-promise.ts';
import { reply } from '../mail/reply.ts';
import { builtIn } from '../mail/source.ts';
import type { CharacterSet } from './character-set.ts';
import type { Cleanup } from './cleanup/cleanup.ts';
import type { MessageEdits } from './cleanup/message-edits.ts';
import type { Judgement } from './judgement.ts';
import { MimeStructure, type MimeStructureOptions } from './mime/mime-structure.ts';
import type { PartWalk } from './mime/part-walk.ts';
import { type RecordReader, RecordScanner, type TextRecord, type Wants } from './mime/record-scanner.ts';

export interface MessageWalkOptions extends MimeStructureOptions {
  readonly lineLimitBytes: number;
  /** message_reject_characters */
  readonly rejected: CharacterSet | undefined;
}

export interface WalkMembers {
  readonly cleanup: Cleanup;
  readonly edits: MessageEdits;
  readonly judgement: Judgement;
  /** Tells those who look into parts; undefined: nobody does. */
  readonly parts: PartWalk | undefined;
}

/** `Postfix: CLEANUP_STAT_SIZE`, when the queue file outgrows its limit. */
const TOO_BIG = reply(552, '5.3.4', 'Error: message file too big');
const RANK: Readonly<Record<Wants, number>> = { nothing: 0, boundaries: 1, records: 2 };

export class MessageWalk implements RecordReader {
  readonly #scanner: RecordScanner;
  readonly #structure: MimeStructure;
  readonly #members: WalkMembers;
  readonly #rejected: CharacterSet | undefined;
  #isOver = false;

  constructor(options: MessageWalkOptions, members: WalkMembers) {
    this.#members = members;
    this.#rejected = options.rejected;
    this.#structure = new MimeStructure(options, members.cleanup);
    this.#scanner = new RecordScanner(options.lineLimitBytes, this);
  }

  /** The next bytes; wait for a promise before the next call. */
  write(chunk: Buffer): MaybePromise<void> {
    const { parts } = this.#members;
    const wait = this.#scanner.write(chunk);
    return isPromise(wait) ? wait.then(() => parts?.flush()) : parts?.flush();
  }

  async end(): Promise<void> {
    await this.#scanner.end();
    if (!this.#isOver) await this.#structure.end();
    const { parts } = this.#members;
    parts?.end();
    await parts?.flush();
  }

  get wants(): Wants {
    const { parts, judgement } = this.#members;
    if (this.#rejected && judgement.isChecking) return 'records';
    const wants = this.#isOver ? 'nothing' : this.#structure.wants;
    return parts && RANK[parts.wants] > RANK[wants] ? parts.wants : wants;
  }

  record(record: TextRecord): MaybePromise<void> {
    const { parts, edits, cleanup, judgement } = this.#members;
    parts?.record(record);
    if (this.#rejected?.isIn(record.bytes, record.start, record.end) && judgement.isChecking) {
      cleanup.rejectCharacter(record);
      this.#look();
    }
    if (this.#isOver) {
      edits.pass(record.offset, record.offset + record.rawEnd - record.start);
      return;
    }
    const wait = this.#structure.record(record);
    if (isPromise(wait)) return wait.then(() => this.#look());
    this.#look();
  }

  skipped(bytes: Buffer, start: number, end: number, offset: number): void {
    this.#members.parts?.skipped(bytes, start, end);
    this.#members.edits.pass(offset, offset + end - start);
  }

  /** Once the verdict is there, what is left passes unseen. */
  #look(): void {
    const { judgement, cleanup, parts, edits } = this.#members;
    const isTooMuch = edits.areTooMany;
    if (isTooMuch) judgement.refuse(TOO_BIG, 'message_size_limit', builtIn);
    if (!judgement.isChecking) parts?.stop();
    if (!judgement.isOver && !isTooMuch) return;
    this.#isOver = true;
    const held = this.#structure.giveUp();
    if (held) cleanup.passHeader(held);
  }
}

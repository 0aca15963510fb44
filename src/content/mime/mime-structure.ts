/**
 * Tells headers from bodies, and headers of a message from those of its parts and of messages inside it, exactly as
 * Postfix does, so that header and body checks see what they would see there. RFC 2046. `Postfix: mime_state.c`.
 * Parameters: header_size_limit, mime_nesting_limit, mime_boundary_length_limit, disable_mime_input_processing,
 * strict_7bit_headers, strict_8bitmime, strict_8bitmime_body, strict_mime_encoding_domain.
 * Every boundary parameter counts, boundaries match by their beginning, a line that is no header ends a header block.
 * It never converts: what the next hop cannot take as 8-bit text is the carrier's business.
 */
import { isPromise, type MaybePromise } from '../../mail/maybe-promise.ts';
import { BoundaryStack } from './boundary-stack.ts';
import { LogicalHeader } from './logical-header.ts';
import type { MimeProblem } from './mime-problem.ts';
import {
  domainOf,
  type Encoding,
  type MimeType,
  otherType,
  plainText,
  readContentType,
  readEncoding,
} from './mime-type.ts';
import type { TextRecord, Wants } from './record-scanner.ts';

/** Where a header stands: the message's own, a part's, a message's inside. */
export type HeaderClass = 'primary' | 'part' | 'nested';

export interface MimeStructureOptions {
  readonly headerLimitBytes: number;
  readonly boundaryLimitBytes: number;
  readonly nestingLimit: number;
  /** Everything behind the primary headers is body. */
  readonly flat: boolean;
  /** What is looked for and told. */
  readonly watch: ReadonlySet<MimeProblem>;
}

/** Hears of everything in the order of the message. */
export interface MimeListener {
  /** Whether a body line at this offset of its body is wanted. */
  wantsBody(offset: number): boolean;
  header(header: LogicalHeader, where: HeaderClass): MaybePromise<void>;
  /** More of a header that exceeds header_size_limit, after `header` was told of it. */
  headerRest(record: TextRecord): void;
  /** The primary headers are through. `isCut`: a line follows that is no header, instead of a blank one. */
  headersDone(isCut: boolean): MaybePromise<void>;
  body(record: TextRecord, offset: number): MaybePromise<void>;
  problem(problem: MimeProblem, text: Buffer): void;
}

const SPACE = 32;
const TAB = 9;
const DASH = 45;

export class MimeStructure {
  readonly #options: MimeStructureOptions;
  readonly #listener: MimeListener;
  readonly #boundaries: BoundaryStack;
  #state: HeaderClass | 'body' = 'primary';
  #type: MimeType = plainText;
  #encoding: Encoding = '7bit';
  #header: LogicalHeader | undefined;
  /** The header has been told already, since it is as long as it may be. */
  #isTold = false;
  #bodyOffset = 0;
  readonly #told = new Set<MimeProblem>();

  constructor(options: MimeStructureOptions, listener: MimeListener) {
    this.#options = options;
    this.#listener = listener;
    this.#boundaries = new BoundaryStack(options.boundaryLimitBytes, options.nestingLimit);
  }

  get wants(): Wants {
    if (this.#state !== 'body') return 'records';
    if (this.#listener.wantsBody(this.#bodyOffset) || this.#seeks8BitBody()) return 'records';
    return this.#boundaries.isEmpty ? 'nothing' : 'boundaries';
  }

  record(record: TextRecord): MaybePromise<void> {
    if (this.#state === 'body') return this.#body(record);
    if (this.#header) {
      if (belongsToHeader(record)) return this.#more(this.#header, record);
      const wait = this.#flush(this.#header);
      if (isPromise(wait)) return wait.then(() => this.#headerLine(record));
    }
    return this.#headerLine(record);
  }

  /** The message ends here. */
  end(): MaybePromise<void> {
    if (this.#state === 'body') return;
    const wait = this.#header && this.#flush(this.#header);
    return isPromise(wait) ? wait.then(() => this.#endInHeaders()) : this.#endInHeaders();
  }

  /** Nothing more is told; the header that has not been told of yet, if any. */
  giveUp(): LogicalHeader | undefined {
    const header = this.#isTold ? undefined : this.#header;
    this.#header = undefined;
    this.#state = 'body';
    return header;
  }

  #endInHeaders(): MaybePromise<void> {
    const wasPrimary = this.#state === 'primary';
    this.#checkDomain();
    this.#state = 'body';
    return wasPrimary ? this.#listener.headersDone(false) : undefined;
  }

  #more(header: LogicalHeader, record: TextRecord): MaybePromise<void> {
    if (this.#isTold) {
      this.#listener.headerRest(record);
      return;
    }
    header.append(record);
    return header.isFull ? this.#tell(header) : undefined;
  }

  /** The header is complete. */
  #flush(header: LogicalHeader): MaybePromise<void> {
    const isTold = this.#isTold;
    this.#header = undefined;
    this.#isTold = false;
    return isTold ? undefined : this.#tell(header);
  }

  #tell(header: LogicalHeader): MaybePromise<void> {
    const where = this.#state as HeaderClass;
    this.#isTold = this.#header !== undefined;
    if (!this.#options.flat) this.#learn(header);
    if (this.#isWatched('8-bit header') && header.text.some(isEightBit))
      this.#report('8-bit header', header.text);
    return this.#listener.header(header, where);
  }

  #learn(header: LogicalHeader): void {
    if (header.name === 'content-type') this.#learnType(header);
    else if (header.name === 'content-transfer-encoding') {
      this.#encoding = readEncoding(valueBehindColon(header)) ?? this.#encoding;
    }
  }

  #learnType(header: LogicalHeader): void {
    const { type, boundaries, partType } = readContentType(valueBehindColon(header));
    this.#type = type ?? this.#type;
    for (const boundary of boundaries) {
      if (!this.#boundaries.push(boundary, partType)) this.#report('nesting', header.text);
    }
  }

  #headerLine(record: TextRecord): MaybePromise<void> {
    this.#header = LogicalHeader.begun(record, this.#options.headerLimitBytes);
    if (!this.#header) return this.#endOfHeaders(record);
    return this.#header.isFull ? this.#tell(this.#header) : undefined;
  }

  /** A blank line, or one that is no header. */
  #endOfHeaders(record: TextRecord): MaybePromise<void> {
    const isBlank = record.end === record.start;
    const wasPrimary = this.#state === 'primary';
    const wait = wasPrimary ? this.#listener.headersDone(!isBlank) : undefined;
    this.#checkDomain();
    this.#bodyOffset = 0;
    this.#state = 'body';
    if (isBlank) this.#enterContent();
    return isPromise(wait) ? wait.then(() => this.#body(record)) : this.#body(record);
  }

  /** A message inside begins with headers of its own. */
  #enterContent(): void {
    const { top, message } = this.#type;
    if (top === 'message' && (message === 'rfc822' || message === 'global')) this.#enter('nested', plainText);
    else if (top === 'multipart') this.#enter('body', otherType);
  }

  #enter(state: HeaderClass | 'body', type: MimeType): void {
    this.#state = state;
    this.#type = type;
    this.#encoding = '7bit';
  }

  /** Messages and multiparts must not be encoded, since their structure could not be seen. RFC 2045 6.4. */
  #checkDomain(): void {
    const { top, message } = this.#type;
    const domain = domainOf(this.#encoding);
    const isBad =
      top === 'multipart' || (top === 'message' && message === 'rfc822')
        ? this.#encoding !== domain
        : top === 'message' && (message === 'partial' || message === 'external-body') && domain !== '7bit';
    if (isBad) this.#report('encoding domain', Buffer.from(this.#encoding));
  }

  #body(record: TextRecord): MaybePromise<void> {
    const { bytes, start, end } = record;
    if (this.#seeks8BitBody()) {
      const text = bytes.subarray(start, end);
      if (text.some(isEightBit)) this.#report('8-bit body', text);
    }
    const mayBeBoundary = !record.continues && end - start > 2 && bytes[start] === DASH;
    if (mayBeBoundary && bytes[start + 1] === DASH) this.#boundary(bytes, start + 2, end);
    const offset = this.#bodyOffset;
    this.#bodyOffset += end - start + 1;
    return this.#listener.body(record, offset);
  }

  #boundary(bytes: Buffer, start: number, end: number): void {
    const found = this.#boundaries.match(bytes, start, end);
    if (!found) return;
    if (found.isLast) {
      this.#enter('body', otherType);
      this.#bodyOffset = 0;
    } else this.#enter('part', found.partType);
  }

  #seeks8BitBody(): boolean {
    return this.#encoding === '7bit' && this.#isWatched('8-bit body');
  }

  #isWatched(problem: MimeProblem): boolean {
    return this.#options.watch.has(problem) && !this.#told.has(problem);
  }

  #report(problem: MimeProblem, text: Buffer): void {
    if (!this.#isWatched(problem)) return;
    this.#told.add(problem);
    this.#listener.problem(problem, text);
  }
}

/** Whether the record goes on with the field before it. */
export function belongsToHeader({ continues, bytes, start, end }: TextRecord): boolean {
  return continues || (end > start && (bytes[start] === SPACE || bytes[start] === TAB));
}

/** Behind the colon. */
function valueBehindColon(header: LogicalHeader): string {
  return header.text.toString('latin1', header.name.length + 1);
}

function isEightBit(byte: number): boolean {
  return byte > 127;
}

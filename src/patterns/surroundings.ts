/** What lies before and behind a place in the text, as far as assertions ask. */
import { assertNever } from '../mail/assert-never.ts';
import { CharSet } from './char-set.ts';
import { isWordByte, newline, wordChars } from './named-sets.ts';
import type { Assertion } from './syntax-tree.ts';

/** What lies before. */
export const BEFORE = { start: 0, newline: 1, word: 2, other: 3 } as const;
export type Before = (typeof BEFORE)[keyof typeof BEFORE];

/** What lies behind. `lastNewline`: a newline that ends the text; `inCharacter`: the rest of a UTF-8 character. */
export const BEHIND = { end: 0, lastNewline: 1, newline: 2, word: 3, other: 4, inCharacter: 5 } as const;
export type Behind = (typeof BEHIND)[keyof typeof BEHIND];

const NEWLINE = 10;
/** UTF-8 bytes that continue a character. */
const CONTINUATION = CharSet.of([0x80, 0xbf]);

/** Whether the assertion holds between the two. */
export function holds(what: Assertion, before: Before, behind: Behind): boolean {
  switch (what) {
    case 'textStart':
      return before === BEFORE.start;
    case 'textEnd':
      return behind === BEHIND.end;
    case 'lastLineEnd':
      return behind <= BEHIND.lastNewline;
    case 'lineStart':
    case 'innerLineStart':
      return before <= BEFORE.newline;
    case 'lineEnd':
      return behind <= BEHIND.newline;
    case 'wordBoundary':
      return (before === BEFORE.word) !== (behind === BEHIND.word);
    case 'notWordBoundary':
      return (before === BEFORE.word) === (behind === BEHIND.word);
    case 'wordStart':
      return before !== BEFORE.word && behind === BEHIND.word;
    case 'wordEnd':
      return before === BEFORE.word && behind !== BEHIND.word;
    case 'characterStart':
      return behind !== BEHIND.inCharacter;
    case 'notBeforeNewline':
      return behind !== BEHIND.newline && behind !== BEHIND.lastNewline;
    default:
      return assertNever(what);
  }
}

const WORDS: ReadonlySet<Assertion> = new Set(['wordBoundary', 'notWordBoundary', 'wordStart', 'wordEnd']);
const LINE_STARTS: ReadonlySet<Assertion> = new Set(['lineStart', 'innerLineStart']);

/** What the assertions of one pattern tell apart; everything else looks alike to it. */
export class Surroundings {
  readonly #words: boolean;
  readonly #starts: boolean;
  readonly #lineStarts: boolean;
  readonly #afterLastNewline: boolean;
  readonly #characters: boolean;

  constructor(assertions: readonly Assertion[]) {
    this.#words = assertions.some((what) => WORDS.has(what));
    this.#lineStarts = assertions.some((what) => LINE_STARTS.has(what));
    this.#starts = this.#lineStarts || assertions.includes('textStart');
    this.#afterLastNewline = assertions.includes('lineStart');
    this.#characters = assertions.includes('characterStart');
  }

  /** Sets of bytes that must be told apart for the assertions' sake. */
  told(assertions: readonly Assertion[]): CharSet[] {
    const sets = assertions.length > 0 ? [newline] : [];
    if (this.#words) sets.push(wordChars);
    if (this.#characters) sets.push(CONTINUATION);
    return sets;
  }

  /** At the start of the text. */
  get atStart(): Before {
    return this.#starts ? BEFORE.start : BEFORE.other;
  }

  /** Behind a byte. `last`: it is a newline that ends the text. */
  after(byte: number, last: boolean): Before {
    if (byte === NEWLINE && this.#lineStarts && (!last || this.#afterLastNewline)) return BEFORE.newline;
    return this.#words && isWordByte(byte) ? BEFORE.word : BEFORE.other;
  }

  /** In front of a byte. */
  ahead(byte: number, last: boolean): Behind {
    if (byte === NEWLINE) return last ? BEHIND.lastNewline : BEHIND.newline;
    if (this.#characters && (byte & 0xc0) === 0x80) return BEHIND.inCharacter;
    return this.#words && isWordByte(byte) ? BEHIND.word : BEHIND.other;
  }
}

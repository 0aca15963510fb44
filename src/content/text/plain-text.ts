/**
 * Plain text as paragraphs: lines are joined with a space, blank lines end a paragraph, marks of quotation and the space
 * stuffing of format=flowed go. With DelSp the space that marks a soft line end goes, too. RFC 3676.
 */
import type { Paragraphs } from './paragraphs.ts';

/** A line that does not end is taken in pieces. */
const LONGEST_LINE = 8_192;
const QUOTE = /^(?:[ \t]{0,3}[>|])+ ?/;

export interface PlainTextOptions {
  readonly isFlowed: boolean;
  readonly deletesSpace: boolean;
}

export class PlainText {
  readonly #paragraphs: Paragraphs;
  readonly #options: PlainTextOptions;
  /** The line that has not ended. */
  #rest = '';
  /** Whether what comes next goes on with the line before it. */
  #goesOn = false;

  constructor(paragraphs: Paragraphs, options: PlainTextOptions) {
    this.#paragraphs = paragraphs;
    this.#options = options;
  }

  write(text: string): void {
    const all = this.#rest === '' ? text : this.#rest + text;
    let start = 0;
    for (;;) {
      const end = all.indexOf('\n', start);
      if (end < 0) break;
      this.#line(all.slice(start, end));
      start = end + 1;
    }
    this.#rest = all.slice(start);
    if (this.#rest.length > LONGEST_LINE) {
      this.#paragraphs.add(this.#rest);
      this.#rest = '';
      this.#goesOn = true;
    }
  }

  end(): void {
    if (this.#rest !== '') this.#line(this.#rest);
    this.#paragraphs.end();
  }

  #line(raw: string): void {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const { isFlowed, deletesSpace } = this.#options;
    const text = this.#goesOn ? line : withoutMarks(line, isFlowed);
    if (!this.#goesOn && isBlank(text)) this.#paragraphs.end();
    else if (isFlowed && deletesSpace && text.endsWith(' ')) this.#paragraphs.add(text.slice(0, -1));
    else this.#paragraphs.add(`${text} `);
    this.#goesOn = false;
  }
}

/** Quotation marks go; so does the one space that format=flowed puts in front of what begins with a space or a mark. */
function withoutMarks(line: string, isFlowed: boolean): string {
  const first = line.charCodeAt(0);
  if (first > 0x3e && first !== 0x7c) return line;
  if (isFlowed && first === 0x20) return line.slice(1);
  return QUOTE.test(line) ? line.replace(QUOTE, '') : line;
}

function isBlank(text: string): boolean {
  return text === '' || text.trim() === '';
}

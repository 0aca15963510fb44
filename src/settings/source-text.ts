/**
 * A text that still knows in which line of which file each of its characters was written: the raw value of a parameter
 * with its continuation lines, or what is left of several of them after `$name` has been expanded.
 */
import { builtIn, type Source } from '../mail/source.ts';

/** From `at` on, up to the next mark, the text comes from `source`. */
interface Mark {
  readonly at: number;
  readonly source: Source;
}

export class SourceText {
  readonly text: string;
  readonly #marks: readonly Mark[];

  constructor(text: string, marks: readonly Mark[]) {
    this.text = text;
    this.#marks = marks;
  }

  /** A text that stands in one line. */
  static of(text: string, source: Source = builtIn): SourceText {
    return new SourceText(text, [{ at: 0, source }]);
  }

  /** The line in which the character at this offset was written. */
  sourceAt(offset: number): Source {
    return this.#marks[this.#markAt(offset)]?.source ?? builtIn;
  }

  slice(from: number, to = this.text.length): SourceText {
    return new SourceText(this.text.slice(from, to), this.marks(from, to));
  }

  /** The marks of a part of the text, counted from the part's own beginning. */
  marks(from: number, to: number): Mark[] {
    const found: Mark[] = [];
    for (let i = this.#markAt(from); i < this.#marks.length; i++) {
      const mark = this.#marks[i];
      if (mark === undefined || (mark.at >= to && found.length > 0)) break;
      found.push({ at: Math.max(0, mark.at - from), source: mark.source });
    }
    return found;
  }

  /** Without blanks at both ends; blanks are those of ASCII, as in Postfix. */
  trim(): SourceText {
    const from = /^[\t-\r ]*/.exec(this.text)?.[0].length ?? 0;
    let to = this.text.length;
    while (to > from && /[\t-\r ]/.test(this.text.charAt(to - 1))) to--;
    return this.slice(from, to);
  }

  /** Index of the last mark that does not lie behind the offset. */
  #markAt(offset: number): number {
    let low = 0;
    let high = this.#marks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#marks[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Puts a SourceText together from parts of others. */
export class SourceTextBuilder {
  #parts: string[] = [];
  #length = 0;
  #marks: Mark[] = [];

  get length(): number {
    return this.#length;
  }

  add(from: SourceText, start = 0, end = from.text.length): void {
    if (end <= start) return;
    for (const mark of from.marks(start, end)) this.#mark(mark);
    this.#parts.push(from.text.slice(start, end));
    this.#length += end - start;
  }

  finish(): SourceText {
    return new SourceText(this.#parts.join(''), this.#marks);
  }

  #mark(mark: Mark): void {
    const last = this.#marks.at(-1);
    if (last?.source === mark.source) return;
    this.#marks.push({ at: this.#length + mark.at, source: mark.source });
  }
}

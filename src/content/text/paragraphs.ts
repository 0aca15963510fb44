/**
 * Text comes in pieces and goes out in paragraphs: lines joined, one space for any white space. A paragraph that is too
 * long is cut between words, and the next one begins a little before the cut, so that what stands there is seen whole.
 */

/** The most of a paragraph that is looked at in one piece, in UTF-16 units. */
export const PARAGRAPH_LIMIT = 16_384;
/** How much of a cut paragraph is looked at twice. */
const OVERLAP = 512;

export interface Paragraph {
  /** As the reader sees it, before any folding. */
  readonly text: string;
  /** Where it begins in the readable text of its part, about, in UTF-16 units. */
  readonly offset: number;
}

export class Paragraphs {
  readonly #done: Paragraph[] = [];
  #text = '';
  #offset = 0;

  /** A piece of the running paragraph. */
  add(text: string): void {
    this.#text += text;
    if (this.#text.length > PARAGRAPH_LIMIT) this.#cut();
  }

  /** The paragraph is over. */
  end(): void {
    if (this.#text === '') return;
    this.#offset += this.#put(this.#text);
    this.#text = '';
  }

  /** A paragraph of its own, while another one is running. */
  aside(text: string): void {
    this.#put(text.slice(0, PARAGRAPH_LIMIT));
  }

  /** What is complete by now, each once. */
  take(): Paragraph[] {
    return this.#done.splice(0);
  }

  #cut(): void {
    while (this.#text.length > PARAGRAPH_LIMIT) {
      const end = cutBefore(this.#text, PARAGRAPH_LIMIT);
      this.#put(this.#text.slice(0, end));
      const next = Math.max(1, cutBefore(this.#text, end - OVERLAP));
      this.#text = this.#text.slice(next);
      this.#offset += next;
    }
  }

  /** Gives its length, with one more for the end. */
  #put(text: string): number {
    const plain = (ODD_SPACE.test(text) ? text.replace(SPACES, ' ') : text).trim();
    if (plain === '') return 0;
    this.#done.push({ text: plain, offset: this.#offset });
    return plain.length + 1;
  }
}

const ODD_SPACE = /[\t-\r\x85\u2028\u2029]| {2}/;
const SPACES = /[\t-\r \x85\u2028\u2029]+/g;

/** Behind a word and before a letter, so that no number is cut; else anywhere. */
function cutBefore(text: string, at: number): number {
  const near = text.slice(Math.max(0, at - OVERLAP / 2), at);
  const gap = near.search(/[^\d\s)][\s][^\d\s(+][^\s]*$/);
  if (gap >= 0) return at - near.length + gap + 1;
  const unit = text.charCodeAt(at - 1);
  return unit >= 0xd800 && unit < 0xdc00 ? at - 1 : at;
}

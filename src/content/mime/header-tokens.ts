/**
 * The tokens of a structured MIME header field, cut at a terminator: `text`, `/`, `plain`, then `charset`, `=`, `utf-8`.
 * RFC 2045 5.1, RFC 822 3.3. `Postfix: header_token.c`: white space and comments separate, quotes and backslashes are
 * undone, what is unterminated ends with the text. Linear in the length of the text, whatever it is.
 */

export interface HeaderToken {
  readonly kind: 'word' | 'quoted' | 'special';
  readonly text: string;
}

export const mimeSpecials = '()<>@,;:\\"/[]?=';
export const mailSpecials = '()<>@,;:\\".[]';

export class HeaderTokens {
  readonly #text: string;
  readonly #specials: string;
  #at = 0;

  /** `text`: one character per octet. */
  constructor(text: string, specials: string) {
    this.#text = text;
    this.#specials = specials;
  }

  /**
   * The first `most` tokens before the next terminator, which is passed; undefined when nothing is left. Without a
   * terminator: the next `most` tokens.
   */
  next(most: number, terminator?: string): HeaderToken[] | undefined {
    const tokens: HeaderToken[] = [];
    while (this.#at < this.#text.length && (terminator !== undefined || tokens.length < most)) {
      const c = this.#text.charAt(this.#at);
      if (isBlank(c)) this.#at += 1;
      else if (c === terminator) {
        this.#at += 1;
        return tokens;
      } else if (c === '(') this.#skipComment();
      else {
        const token = this.#token(c);
        if (tokens.length < most) tokens.push(token);
      }
    }
    return tokens.length === 0 && this.#at >= this.#text.length ? undefined : tokens;
  }

  #token(c: string): HeaderToken {
    if (c === '"') return { kind: 'quoted', text: this.#quoted() };
    if (this.#isSpecial(c)) {
      this.#at += 1;
      return { kind: 'special', text: c };
    }
    const start = this.#at;
    while (this.#at < this.#text.length && this.#isWord(this.#text.charAt(this.#at))) this.#at += 1;
    return { kind: 'word', text: this.#text.slice(start, this.#at) };
  }

  /** Comments can nest. */
  #skipComment(): void {
    let depth = 0;
    for (; this.#at < this.#text.length; this.#at++) {
      const c = this.#text.charAt(this.#at);
      if (c === '\\') this.#at += 1;
      else if (c === '(') depth += 1;
      else if (c === ')' && --depth === 0) {
        this.#at += 1;
        return;
      }
    }
  }

  /** Folded text is joined: the blanks before a line's end go. */
  #quoted(): string {
    let value = '';
    let kept = 0; // length without blanks at the end
    for (this.#at += 1; this.#at < this.#text.length; this.#at++) {
      let c = this.#text.charAt(this.#at);
      if (c === '"') {
        this.#at += 1;
        break;
      }
      if (c === '\n') {
        value = value.slice(0, kept);
        continue;
      }
      if (c === '\\') {
        this.#at += 1;
        c = this.#text.charAt(this.#at);
      }
      value += c;
      if (!isBlank(c)) kept = value.length;
    }
    return value;
  }

  #isWord(c: string): boolean {
    return !isBlank(c) && !this.#isSpecial(c);
  }

  #isSpecial(c: string): boolean {
    return this.#specials.includes(c) || c < ' ' || c === '\x7f';
  }
}

function isBlank(c: string): boolean {
  return c === ' ' || c === '\t' || c === '\n' || c === '\r';
}

/**
 * An address header as a list of addresses with everything around them: phrases, comments, brackets, groups. RFC 822 6.
 * `Postfix: tok822_parse_limit, tok822_externalize`: read from right to left, comments move behind the address they
 * stand in, missing commas are put in, nothing is thrown away. Linear in the length of the text.
 */
import { address, externalForm } from '../../mail/address.ts';
import { encodeOctets } from '../../mail/octets.ts';
import { internalText, scan822, type Token822 } from '../../mail/tokens822.ts';

export type ListItem =
  | { readonly kind: 'token'; readonly token: Token822 }
  /** The colon behind a group's name. */
  | { readonly kind: 'group' }
  | AddressItem;

export interface AddressItem {
  readonly kind: 'address';
  tokens: readonly Token822[];
}

const COMMA: Token822 = { kind: 'operator', text: ',' };

/** Reads the text behind the colon; tokens beyond the limit are lost. */
export function readAddressList(text: string, tokenLimit: number): ListItem[] {
  const tokens = scan822(text).slice(0, tokenLimit).map(withoutLineEnds);
  return new ListReader(tokens).read();
}

/** What is folded becomes blank, one for each character. */
function withoutLineEnds(token: Token822): Token822 {
  return token.kind === 'comment' ? token : { ...token, text: token.text.replace(/[\t\r\n]/g, ' ') };
}

class ListReader {
  readonly #tokens: readonly Token822[];
  /** Both from right to left. */
  readonly #items: ListItem[] = [];
  #current: Token822[] = [];
  #at: number;

  constructor(tokens: readonly Token822[]) {
    this.#tokens = tokens;
    this.#at = tokens.length - 1;
  }

  read(): ListItem[] {
    let wordAllowed = true;
    let inGroup = false;
    while (this.#at >= 0) {
      const token = this.#tokens[this.#at] as Token822;
      const sign = signOf(token);
      if (token.kind === 'comment') this.#put(token);
      else if (token.kind !== 'operator') {
        if (!wordAllowed) this.#endAddress(true);
        this.#current.push(token);
        wordAllowed = false;
      } else if (sign === ';') {
        this.#endAddress(true);
        this.#put(token);
        inGroup = true;
        wordAllowed = true;
      } else if (sign === ':' && inGroup) {
        this.#endAddress(false);
        this.#items.push({ kind: 'group' });
        this.#at -= 1;
        this.#passUntil(',');
        continue;
      } else if (sign === '>') {
        this.#endAddress(true);
        this.#inBrackets(token);
        if (!inGroup) this.#passColon();
        wordAllowed = true;
        continue;
      } else {
        if (sign === ',') {
          this.#endAddress(false);
          this.#put(token);
        } else this.#current.push(token);
        wordAllowed = true;
      }
      this.#at -= 1;
    }
    this.#endAddress(false);
    return this.#items.reverse();
  }

  /** `<address>` and the phrase in front of it. */
  #inBrackets(close: Token822): void {
    this.#put(close);
    this.#at -= 1;
    for (; this.#at >= 0 && signOf(this.#tokens[this.#at]) !== '<'; this.#at--) {
      const token = this.#tokens[this.#at] as Token822;
      if (token.kind === 'comment') this.#put(token);
      else this.#current.push(token);
    }
    this.#endAddress(false);
    this.#passUntil('>;,:');
  }

  /** A colon in front of `phrase <address>` belongs to no address. */
  #passColon(): void {
    const token = this.#tokens[this.#at];
    if (!token || signOf(token) !== ':') return;
    this.#put(token);
    this.#at -= 1;
  }

  #passUntil(signs: string): void {
    for (; this.#at >= 0; this.#at--) {
      const token = this.#tokens[this.#at] as Token822;
      const sign = signOf(token);
      if (sign !== '' && signs.includes(sign)) return;
      this.#put(token);
    }
  }

  #put(token: Token822): void {
    this.#items.push({ kind: 'token', token });
  }

  /** The words so far are an address; `comma`: one is missing in front of it if there is more. */
  #endAddress(comma: boolean): void {
    if (this.#current.length === 0) return;
    this.#items.push({ kind: 'address', tokens: this.#current.reverse() });
    this.#current = [];
    if (comma) this.#put(COMMA);
  }
}

function signOf(token: Token822 | undefined): string {
  return token?.kind === 'operator' ? token.text : '';
}

/** An address without its quotes; words that nothing separates are a blank apart. `Postfix: tok822_internalize`. */
export function spacedText(tokens: readonly Token822[]): string {
  const texts = tokens.map((token, at) => {
    const next = tokens[at + 1];
    return internalText([token]) + (next && needsBlankInside(token, next) ? ' ' : '');
  });
  return texts.join('');
}

function needsBlankInside(token: Token822, next: Token822): boolean {
  return signOf(token) === ',' || signOf(next) === '<' || (signOf(token) === '' && signOf(next) === '');
}

/** So much text around an address passes; more is stripped, since it broke other mail systems once. */
const MOST_TEXT_AROUND = 250;

/** The list as text, LF behind each comma. `stripped` hears of text that had to go. */
export function writeAddressList(items: readonly ListItem[], stripped: (text: string) => void): string {
  let text = '';
  let part = new ListPart();
  for (const [at, item] of items.entries()) {
    if (item.kind === 'token' && signOf(item.token) === ',') {
      text += `${part.end(stripped)},\n`;
      part = new ListPart();
    } else part.add(item, items[at + 1]);
  }
  return text + part.end(stripped);
}

/** What stands between two commas. */
class ListPart {
  #text = '';
  #address: string | undefined;

  add(item: ListItem, next: ListItem | undefined): void {
    const written = itemText(item);
    if (item.kind === 'address') this.#address = written;
    else if (isSign(item, '<') && isSign(next, '>')) this.#address = '';
    this.#text += written;
    if (next && needsBlank(item, next)) this.#text += ' ';
  }

  end(stripped: (text: string) => void): string {
    const address = this.#address;
    if (address === undefined || byteLength(this.#text) - byteLength(address) <= MOST_TEXT_AROUND)
      return this.#text;
    stripped(this.#text);
    return `<${address}>`;
  }
}

function itemText(item: ListItem): string {
  if (item.kind === 'group') return ':';
  if (item.kind === 'address') return externalForm(address(spacedText(item.tokens))) || '""';
  const { kind, text } = item.token;
  if (kind === 'quoted') return `"${text.replace(/["\\\r\n]/g, '\\$&')}"`;
  return kind === 'literal' ? `[${text.replace(/[\\\r\n]/g, '\\$&')}]` : text;
}

function needsBlank(item: ListItem, next: ListItem): boolean {
  return item.kind === 'group' || isSign(next, '<') || (!isOperator(item) && !isOperator(next));
}

function isOperator(item: ListItem): boolean {
  return item.kind === 'group' || (item.kind === 'token' && item.token.kind === 'operator');
}

function isSign(item: ListItem | undefined, sign: string): boolean {
  return item?.kind === 'token' && signOf(item.token) === sign;
}

function byteLength(text: string): number {
  return encodeOctets(text).length;
}

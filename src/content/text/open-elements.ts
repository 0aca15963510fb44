/**
 * The elements that are open at a place of an HTML text, and whether text is seen there. Elements that end without an end
 * tag end as they do in browsers, so that nothing is hidden here that readers see. HTML 13.2.6.
 */
import { type Colour, isUnseenOn } from './colour.ts';
import type { ElementStyle } from './element-style.ts';
import { cells, type Implied, implied, sameEnd, tableParts } from './html-elements.ts';

/** Browsers do not nest deeper, either. */
const DEEPEST = 512;

/** Steps up through open elements in one text; texts that need more are made to need them, and nothing is hidden then. */
const MOST_STEPS = 5_000_000;

class OpenElement {
  name: string;
  gone: boolean;
  unseen: boolean;
  sizeless: boolean;
  colour: Colour | 'unknown';
  ground: Colour | 'unknown';
  isInline = false;
  /** Where text goes that stands here: for parts of tables, in front of the table. */
  textIn: OpenElement | undefined;

  constructor(name: string, outer: OpenElement | undefined) {
    this.name = name;
    this.gone = outer?.gone ?? false;
    this.unseen = outer?.unseen ?? false;
    this.sizeless = outer?.sizeless ?? false;
    this.colour = outer?.colour ?? 0x000000;
    this.ground = outer?.ground ?? 0xffffff;
    this.textIn = undefined;
  }

  apply(style: ElementStyle): void {
    if (style.gone) this.gone = true;
    if (style.unseen !== undefined) this.unseen = style.unseen;
    if (style.sizeless !== undefined) this.sizeless = style.sizeless;
    if (style.colour !== undefined) this.colour = style.colour;
    if (style.ground !== undefined) this.ground = style.ground;
    if (style.inline !== undefined) this.isInline = style.inline;
  }
}

export class OpenElements {
  readonly #stack: OpenElement[] = [];
  /** How many of each name are open. */
  readonly #counts = new Map<string, number>();
  #steps = 0;

  /** Whether text is seen here. `knowsColours`: text in the colour of its ground is not. */
  isSeen(knowsColours: boolean): boolean {
    const top = this.#stack.at(-1);
    const element = top?.textIn ?? top;
    if (element === undefined || this.#steps > MOST_STEPS) return true;
    if (element.gone || element.unseen || element.sizeless) return false;
    const { colour, ground } = element;
    return !knowsColours || colour === 'unknown' || ground === 'unknown' || !isUnseenOn(colour, ground);
  }

  /** An element begins; what it ends without saying so is ended. */
  begin(name: string, styles: readonly ElementStyle[]): void {
    const ended = implied.get(name);
    if (ended) for (const one of ended) this.#endImplied(one);
    if (this.#stack.length >= DEEPEST) return;
    const top = this.#stack.at(-1);
    const isPart = tableParts.has(name);
    const isInTable = isPart || cells.has(name) || name === 'caption';
    const outer = isInTable ? top : (top?.textIn ?? top);
    const element = new OpenElement(name, outer);
    if (isPart) element.textIn = name === 'table' ? (outer ?? new OpenElement('', undefined)) : outer?.textIn;
    for (const style of styles) element.apply(style);
    this.#stack.push(element);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** The end tag of an element; whether it stood in the line. Undefined: none is open. */
  end(name: string): { readonly isInline: boolean } | undefined {
    const names = sameEnd.get(name);
    if (!names && !this.#counts.get(name)) return undefined;
    for (let depth = this.#stack.length - 1; depth >= 0; depth--) {
      const element = this.#stack[depth] as OpenElement;
      if (element.name !== name && !names?.has(element.name)) continue;
      this.#cutTo(depth);
      return element;
    }
    return undefined;
  }

  #endImplied({ ends, boundBy }: Implied): void {
    let isOpen = false;
    for (const name of ends) isOpen ||= (this.#counts.get(name) ?? 0) > 0;
    if (!isOpen || this.#steps > MOST_STEPS) return;
    for (let depth = this.#stack.length - 1; depth >= 0; depth--) {
      const { name } = this.#stack[depth] as OpenElement;
      this.#steps += 1;
      if (boundBy.has(name)) return;
      if (ends.has(name)) this.#cutTo(depth);
    }
  }

  #cutTo(depth: number): void {
    while (this.#stack.length > depth) {
      const name = this.#stack.pop()?.name ?? '';
      this.#counts.set(name, (this.#counts.get(name) ?? 1) - 1);
    }
  }
}

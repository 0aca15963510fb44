/**
 * The rules of `<style>` elements that hide texts: those with a plain selector (`p`, `.note`, `#id`, `td.note`), outside of
 * conditions. CSS Syntax 3. Rules it does not understand hide nothing, but make it doubt the colours of the page.
 */
import { type ElementStyle, readStyle } from './element-style.ts';

/** More text and rules than this are not read. */
const MOST_TEXT = 65_536;
const MOST_RULES = 2_000;
/** So many classes of one element count. */
const MOST_CLASSES = 16;
const SIMPLE = /^(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+)?$/;

export class StyleSheet {
  readonly #rules = new Map<string, ElementStyle>();
  #readBytes = 0;
  /** Some rule may set a ground that is not known here. */
  doubtsColours = false;

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  /** Takes the content of a style element. */
  add(text: string): void {
    this.#readBytes += text.length;
    if (this.#readBytes > MOST_TEXT) {
      this.doubtsColours = true;
      return;
    }
    this.#block(text.replace(/\/\*.*?(?:\*\/|$)/gs, '').replace(/<!--|-->/g, ''), true);
  }

  /** What the rules say about an element, the weakest first. */
  stylesOf(name: string, id: string, classes: string): ElementStyle[] {
    const selectors = [name];
    if (classes !== '')
      for (const one of classes.split(/\s+/, MOST_CLASSES)) selectors.push(`.${one}`, `${name}.${one}`);
    if (id !== '') selectors.push(`#${id}`, `${name}#${id}`);
    const styles: ElementStyle[] = [];
    for (const selector of selectors) {
      const style = this.#rules.get(selector);
      if (style) styles.push(style);
    }
    return styles;
  }

  #block(text: string, isOuter: boolean): void {
    let at = 0;
    while (at < text.length && this.#rules.size < MOST_RULES) {
      const open = text.indexOf('{', at);
      if (open < 0) return;
      const prelude = text
        .slice(at, open)
        .replace(/^[^{]*;/, '')
        .trim()
        .toLowerCase();
      const close = closing(text, open);
      const content = text.slice(open + 1, close);
      if (!prelude.startsWith('@')) this.#rule(prelude, content);
      else if (isOuter && /^@media\s+(?:only\s+)?(?:screen|all)$/.test(prelude)) this.#block(content, false);
      at = close + 1;
    }
  }

  #rule(selectors: string, content: string): void {
    const style = readStyle(content);
    for (const written of selectors.split(',')) {
      const selector = written.trim();
      if (SIMPLE.test(selector)) this.#rules.set(selector, { ...this.#rules.get(selector), ...style });
      else if (style.ground !== undefined || style.colour !== undefined) this.doubtsColours = true;
    }
  }
}

/** The brace that closes the one that is open; the end when there is none. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x7b) depth += 1;
    else if (char === 0x7d && --depth === 0) return at;
  }
  return text.length;
}

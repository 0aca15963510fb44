/**
 * HTML as the text that a reader sees: without tags, with entities decoded, without what styles and elements hide; blocks
 * are paragraphs, cells and line breaks a space, other tags nothing at all. Also what a click dials, and what stands in for
 * pictures. HTML 13.2. One pass, linear in the text; htmlparser2 reads the tags.
 * Not done: scripts, style sheets from elsewhere, selectors with more than one part, text that is turned round.
 */
import { Tokenizer } from 'htmlparser2';
import { readColour } from './colour.ts';
import { type ElementStyle, readStyle } from './element-style.ts';
import { blocks, cells, empties, unseens } from './html-elements.ts';
import { OpenElements } from './open-elements.ts';
import type { Paragraphs } from './paragraphs.ts';
import { StyleSheet } from './style-sheet.ts';

/** Attributes that tell something here. */
const TELLING = new Set([
  'style',
  'hidden',
  'class',
  'id',
  'color',
  'bgcolor',
  'background',
  'text',
  'alt',
  'href',
  'size',
]);
const LONGEST_VALUE = 4_096;
const LONGEST_NAME = 40;
const CDATA = '<![CDATA[';
/** How much of the text is kept for what begins in one piece and ends in the next. */
const REMEMBERED = 256;
const LONGEST_STYLE_ELEMENT = 65_536;
/** So many styles are remembered. */
const MOST_KNOWN = 256;
/** Links that a telephone follows. */
const DIALS = /^\s*(?:tel|callto|sms|whatsapp|viber):|^\s*(?:https?:)?\/\/(?:wa\.me|api\.whatsapp\.com)\//i;

export class HtmlText {
  readonly #paragraphs: Paragraphs;
  readonly #tokenizer: Tokenizer;
  readonly #open = new OpenElements();
  readonly #sheet = new StyleSheet();
  readonly #known = new Map<string, ElementStyle>();
  /** The text that is being read, and what came before it: names and entities can begin there. */
  #older = '';
  #text = '';
  /** What may be the beginning of CDATA. */
  #held = '';
  /** Where the newer piece begins in the whole. */
  #offset = 0;
  #name = '';
  #attribute: string | undefined;
  #value = '';
  readonly #attributes = new Map<string, string>();
  /** The element whose content is read as raw text. */
  #raw = '';
  #rawText = '';
  #isSeen = true;

  constructor(paragraphs: Paragraphs) {
    this.#paragraphs = paragraphs;
    this.#tokenizer = new Tokenizer(
      {},
      {
        ontext: (start, end) => this.#onText(this.#slice(start, end)),
        ontextentity: (code) => this.#onText(String.fromCodePoint(code)),
        onopentagname: (start, end) => this.#onName(this.#slice(start, end)),
        onattribname: (start, end) => this.#onAttribute(this.#slice(start, end)),
        onattribdata: (start, end) => this.#onValue(start, end),
        onattribentity: (code) => {
          if (this.#attribute !== undefined) this.#value += String.fromCodePoint(code);
        },
        onattribend: () => this.#endAttribute(),
        onopentagend: () => this.#begin(),
        onselfclosingtag: () => this.#begin(),
        onclosetag: (start, end) => this.#end(this.#slice(start, end).toLowerCase()),
        oncdata() {},
        oncomment() {},
        ondeclaration() {},
        onprocessinginstruction() {},
        onend() {},
      },
    );
  }

  write(text: string): void {
    this.#tokenizer.write(this.#advance(this.#withoutCdata(text)));
  }

  end(): void {
    if (this.#held !== '') this.#tokenizer.write(this.#advance(this.#held));
    this.#tokenizer.end();
    this.#paragraphs.end();
  }

  /** The next piece of the text. */
  #advance(piece: string): string {
    const behind = this.#text;
    this.#older = behind.length >= REMEMBERED ? behind : (this.#older + behind).slice(-REMEMBERED);
    this.#offset += behind.length;
    this.#text = piece;
    return piece;
  }

  /** There is no CDATA in HTML: it is a comment up to the next bracket. HTML 13.2.5.42. */
  #withoutCdata(piece: string): string {
    const text = this.#held + piece;
    let end = text.length;
    for (let length = 1; length < CDATA.length && length <= text.length; length++)
      if (text.endsWith(CDATA.slice(0, length))) end = text.length - length;
    this.#held = text.slice(end);
    return text.slice(0, end).replaceAll(CDATA, CDATA.toLowerCase());
  }

  #slice(start: number, end: number): string {
    if (start >= this.#offset) return this.#text.slice(start - this.#offset, end - this.#offset);
    const older = this.#offset - this.#older.length;
    return (
      this.#older.slice(Math.max(0, start - older), end - older) +
      this.#text.slice(0, Math.max(0, end - this.#offset))
    );
  }

  #onText(text: string): void {
    if (this.#raw === 'style') {
      if (this.#rawText.length < LONGEST_STYLE_ELEMENT) this.#rawText += text;
    } else if (this.#isSeen && this.#raw === '') this.#paragraphs.add(text);
  }

  #onName(name: string): void {
    this.#name = name.slice(0, LONGEST_NAME).toLowerCase();
    this.#attributes.clear();
  }

  #onAttribute(name: string): void {
    const lower = name.length <= LONGEST_NAME ? name.toLowerCase() : '';
    this.#attribute = TELLING.has(lower) && !this.#attributes.has(lower) ? lower : undefined;
    this.#value = '';
  }

  #onValue(start: number, end: number): void {
    if (this.#attribute !== undefined && this.#value.length < LONGEST_VALUE)
      this.#value += this.#slice(start, end);
  }

  #endAttribute(): void {
    if (this.#attribute !== undefined)
      this.#attributes.set(this.#attribute, this.#value.slice(0, LONGEST_VALUE));
    this.#attribute = undefined;
  }

  #begin(): void {
    const name = this.#name;
    if (this.#raw !== '') return;
    if (name === 'br') this.#paragraphs.add('\n');
    else if (empties.has(name)) this.#empty(name);
    else if (unseens.has(name)) {
      this.#raw = name;
      this.#rawText = '';
    } else this.#element(name);
  }

  #empty(name: string): void {
    if (blocks.has(name)) this.#paragraphs.end();
    const alternative = this.#attributes.get('alt');
    if (name === 'img' && alternative !== undefined && this.#isSeen) this.#paragraphs.add(alternative);
  }

  #element(name: string): void {
    const styles = this.#styles(name);
    const isInline = styles.findLast(({ inline }) => inline !== undefined)?.inline ?? false;
    if (blocks.has(name) && !isInline) this.#paragraphs.end();
    else if (cells.has(name)) this.#paragraphs.add(' ');
    this.#open.begin(name, styles);
    this.#look();
    const link = this.#attributes.get('href');
    if (name === 'a' && link !== undefined && DIALS.test(link)) this.#dialled(link);
  }

  /** A paragraph of its own: it is not in the text. */
  #dialled(link: string): void {
    this.#paragraphs.aside(link.trim());
  }

  #end(name: string): void {
    if (this.#raw !== '') {
      if (name !== this.#raw) return;
      if (name === 'style') this.#sheet.add(this.#rawText);
      this.#raw = '';
      return;
    }
    if (name === 'br') this.#paragraphs.add('\n');
    const ended = this.#open.end(name);
    if (blocks.has(name) && ended?.isInline !== true) this.#paragraphs.end();
    if (ended) this.#look();
  }

  #look(): void {
    this.#isSeen = this.#open.isSeen(!this.#sheet.doubtsColours);
  }

  /** Most styles of a mail are there many times. */
  #style(written: string): ElementStyle {
    let style = this.#known.get(written);
    if (style === undefined) {
      style = readStyle(written);
      if (this.#known.size < MOST_KNOWN) this.#known.set(written, style);
    }
    return style;
  }

  #styles(name: string): readonly ElementStyle[] {
    const attributes = this.#attributes;
    if (attributes.size === 0 && this.#sheet.isEmpty) return NO_STYLES;
    const styles: ElementStyle[] = [];
    if (attributes.size > 0) styles.push(attributeStyle(name, attributes));
    if (!this.#sheet.isEmpty)
      styles.push(...this.#sheet.stylesOf(name, lower(attributes.get('id')), lower(attributes.get('class'))));
    const style = attributes.get('style');
    if (style !== undefined) styles.push(this.#style(style));
    return styles;
  }
}

const NO_STYLES: readonly ElementStyle[] = [];

function lower(text: string | undefined): string {
  return text?.toLowerCase() ?? '';
}

/** What attributes say that CSS says now. */
function attributeStyle(name: string, attributes: ReadonlyMap<string, string>): ElementStyle {
  const style: { -readonly [key in keyof ElementStyle]: ElementStyle[key] } = {};
  if (attributes.has('hidden')) style.gone = true;
  const colour = attributes.get(name === 'body' ? 'text' : 'color');
  if (colour !== undefined) style.colour = readColour(colour) ?? 'unknown';
  const ground = attributes.get('bgcolor');
  if (ground !== undefined) style.ground = readColour(ground) ?? 'unknown';
  if (attributes.get('background')) style.ground = 'unknown';
  if (name === 'font' && attributes.has('size')) style.sizeless = false;
  return style;
}

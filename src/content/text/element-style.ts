/**
 * What a style says about whether its element is seen, as far as texts are hidden with it in mails: CSS declarations and
 * the attributes of HTML that say the same. What it does not understand is visible.
 */
import { type Colour, readColour } from './colour.ts';

export interface ElementStyle {
  /** Hides the element with all that is in it. */
  readonly gone?: boolean;
  /** `visibility: hidden`; inner elements can undo it. */
  readonly unseen?: boolean;
  /** Letters without a size; inner elements can undo it with a size of their own. */
  readonly sizeless?: boolean;
  /** A block that stands in the line. */
  readonly inline?: boolean;
  readonly colour?: Colour | 'unknown';
  readonly ground?: Colour | 'unknown';
}

/** Longer styles are not read to the end. */
const LONGEST_STYLE = 4_096;

/** Reads declarations: `color: red; display: none`. */
export function readStyle(written: string): ElementStyle {
  if (!TELLING.test(written) && !written.includes('\\')) return {};
  const values = declarations(written.slice(0, LONGEST_STYLE));
  const style: { -readonly [key in keyof ElementStyle]: ElementStyle[key] } = {};
  for (const [property, value] of values) Object.assign(style, PROPERTIES[property]?.(value, values));
  return style;
}

/** Most styles have nothing of this. */
const TELLING = /display|visib|size|font\s*:|opac|colo|backg|height|width|inden|posit|clip|trans|left|top/i;

type Values = ReadonlyMap<string, string>;

/** The value that counts for each property: the last, but one with `!important` before others. */
function declarations(written: string): Map<string, string> {
  const text = unescaped(written.replace(/\/\*.*?(?:\*\/|$)/gs, ' ').toLowerCase());
  const values = new Map<string, string>();
  const important = new Set<string>();
  for (const declaration of text.split(';')) {
    const colon = declaration.indexOf(':');
    const property = declaration.slice(0, Math.max(colon, 0)).trim();
    if (!Object.hasOwn(PROPERTIES, property) && !HELPERS.has(property)) continue;
    const isImportant = /!\s*important\s*$/.test(declaration);
    const value = declaration
      .slice(colon + 1)
      .replace(/!\s*important\s*$/, '')
      .trim();
    if ((important.has(property) && !isImportant) || (property === 'display' && !DISPLAYS.test(value)))
      continue;
    if (isImportant) important.add(property);
    values.delete(property);
    values.set(property, value);
  }
  return values;
}

/** CSS escapes: `d\69splay`. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(
    /\\(?:([0-9a-f]{1,6})\s?|([^\n]))/g,
    (_, hex: string | undefined, char: string | undefined) =>
      hex === undefined ? (char ?? '') : codePoint(Number.parseInt(hex, 16)),
  );
}

function codePoint(code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toLowerCase() : '';
}

/** Values that a browser does not know do not count. */
const DISPLAYS =
  /^(?:none|block|inline|list-item|contents|flow-root|run-in|(?:inline-)?(?:block|table|flex|grid)|table-[a-z-]+|inherit|initial|unset|revert|-[a-z-]+)(?: |$)/;
const ZERO = /^[-+]?0*\.?0+(?:px|pt|em|rem|ex|ch|cm|mm|in|pc|%|vw|vh|q)?$/;
/** Too small to be read. */
const TINY = /^0*(?:0?\.\d+|1(?:\.\d+)?)(?:px|pt)$/;
const FAR_AWAY = /^-\d{3,}(?:\.\d+)?(?:px|pt|em|rem|%)$/;
/** Say something together with others. */
const HELPERS = new Set(['overflow', 'overflow-x', 'overflow-y', 'position']);

const hidden: ElementStyle = { gone: true };
const nothing: ElementStyle = {};

const PROPERTIES: Readonly<Record<string, (value: string, all: Values) => ElementStyle>> = {
  display: (value) => (value === 'none' ? hidden : { inline: /^inline/.test(value) }),
  visibility: (value) => ({ unseen: value === 'hidden' || value === 'collapse' }),
  opacity: (value) => (ZERO.test(value) ? hidden : nothing),
  'font-size': (value) => sized(value),
  font: (value) => sized(/(?:^|\s)([\d.]+(?:px|pt|em|rem|%)?)(?:\/|\s)/.exec(value)?.[1] ?? ''),
  'text-indent': (value) => (FAR_AWAY.test(value) ? hidden : nothing),
  left: awayWhenPositioned,
  top: awayWhenPositioned,
  height: emptyWhenCut,
  width: emptyWhenCut,
  'max-height': emptyWhenCut,
  'max-width': emptyWhenCut,
  clip: (value) =>
    /^rect\(\s*(?:0(?:px)?|1px)(?:[\s,]+(?:0(?:px)?|1px)){3}\s*\)$/.test(value) ? hidden : nothing,
  transform: (value) => (/scale[xy]?\(\s*0*\.?0+\s*[,)]/.test(value) ? hidden : nothing),
  color: (value) => {
    if (value === 'transparent' || /^rgba\(.*[\s,/]0*\.?0+%?\s*\)$/.test(value)) return hidden;
    return INHERITED.test(value) ? nothing : { colour: readColour(value) ?? 'unknown' };
  },
  background: (value) => groundOf(value),
  'background-color': (value) => groundOf(value),
  'background-image': (value) => (value === 'none' ? nothing : { ground: 'unknown' }),
};

const INHERITED = /^(?:inherit|initial|unset|currentcolor)$/;

function sized(value: string): ElementStyle {
  if (value === '') return nothing;
  if (ZERO.test(value) || TINY.test(value)) return { sizeless: true };
  // of nothing, a part is nothing
  return /^(?:inherit|unset|smaller|larger|.*(?:em|%))$/.test(value) && !value.endsWith('rem')
    ? nothing
    : { sizeless: false };
}

function awayWhenPositioned(value: string, all: Values): ElementStyle {
  return FAR_AWAY.test(value) && /^(?:absolute|fixed)$/.test(all.get('position') ?? '') ? hidden : nothing;
}

function emptyWhenCut(value: string, all: Values): ElementStyle {
  const cuts = ['overflow', 'overflow-x', 'overflow-y'].some((name) =>
    /hidden|clip/.test(all.get(name) ?? ''),
  );
  return cuts && ZERO.test(value) ? hidden : nothing;
}

function groundOf(value: string): ElementStyle {
  if (value === '' || value === 'transparent' || value === 'none' || INHERITED.test(value)) return nothing;
  return {
    ground:
      (/url\(|gradient/.test(value) ? undefined : readColour(value.split(/\s+(?![^(]*\))/, 1)[0] ?? '')) ??
      'unknown',
  };
}

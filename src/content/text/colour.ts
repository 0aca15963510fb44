/** Colours of HTML and CSS, as far as they tell whether a text can be seen on its ground. CSS Color 4; HTML 2.3.6. */

/** 0xRRGGBB. */
export type Colour = number;

const NAMES: Readonly<Record<string, Colour>> = {
  white: 0xffffff,
  snow: 0xfffafa,
  ivory: 0xfffff0,
  ghostwhite: 0xf8f8ff,
  whitesmoke: 0xf5f5f5,
  floralwhite: 0xfffaf0,
  black: 0x000000,
  silver: 0xc0c0c0,
  gray: 0x808080,
  grey: 0x808080,
  red: 0xff0000,
  green: 0x008000,
  blue: 0x0000ff,
  navy: 0x000080,
  yellow: 0xffff00,
};
/** So little difference in each of red, green and blue cannot be seen. */
const UNSEEN_DIFFERENCE = 10;

/** A colour as it is written; undefined when this program does not know it. */
export function readColour(written: string): Colour | undefined {
  const text = written.trim().toLowerCase();
  const named = Object.hasOwn(NAMES, text) ? NAMES[text] : undefined;
  if (named !== undefined) return named;
  const hex = /^#?([0-9a-f]{6})(?:ff)?$/.exec(text)?.[1];
  if (hex !== undefined) return Number.parseInt(hex, 16);
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])f?$/.exec(text);
  if (short)
    return Number.parseInt(
      short
        .slice(1, 4)
        .map((digit) => digit + digit)
        .join(''),
      16,
    );
  const parts =
    /^rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})\s*(?:[,/]\s*(?:1(?:\.0*)?|100%)\s*)?\)$/.exec(text);
  if (!parts) return undefined;
  return parts.slice(1, 4).reduce((colour, part) => colour * 256 + Math.min(255, Number(part)), 0);
}

/** Whether a text of one colour cannot be seen on the other. */
export function isUnseenOn(text: Colour, ground: Colour): boolean {
  return [0, 8, 16].every(
    (shift) => Math.abs(((text >> shift) & 255) - ((ground >> shift) & 255)) <= UNSEEN_DIFFERENCE,
  );
}

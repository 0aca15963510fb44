/**
 * How often bytes occur in ordinary mail, roughly: to choose the rarest part of a pattern to look for first. Only speed
 * depends on it. Mixed from English and Cyrillic text, HTML and base64.
 */
import type { CharSet } from './char-set.ts';

/** Shares of the groups of bytes; the letters by English frequency, the rest evenly. */
const LOWER_SHARE = 0.42;
const UPPER_SHARE = 0.16;
const LETTERS: readonly number[] = [
  8.2, 1.5, 2.8, 4.3, 12.7, 2.2, 2.0, 6.1, 7.0, 0.3, 0.8, 4.0, 2.4, 6.7, 7.5, 1.9, 0.3, 6.0, 6.3, 9.1, 2.8,
  1.0, 2.4, 0.3, 2.0, 0.2,
];
/** first, last, share. */
const OTHERS: readonly (readonly [number, number, number])[] = [
  [0, 255, 0.02],
  [9, 9, 0.005],
  [32, 32, 0.12],
  [33, 47, 0.05],
  [46, 46, 0.02],
  [48, 57, 0.1],
  [58, 64, 0.03],
  [60, 60, 0.01],
  [62, 62, 0.01],
  [128, 255, 0.08],
  [0xd0, 0xd1, 0.06],
];

const mass = new Float64Array(256);
for (const [first, last, share] of OTHERS) add(first, last, share);
LETTERS.forEach((percent, i) => {
  add(97 + i, 97 + i, (percent / 100) * LOWER_SHARE);
  // Upper case letters are mostly base64, so they are even.
  add(65 + i, 65 + i, UPPER_SHARE / 26);
});

function add(first: number, last: number, share: number): void {
  for (let byte = first; byte <= last; byte++) mass[byte] = (mass[byte] ?? 0) + share / (last - first + 1);
}

/** `upTo[b]`: the share of all bytes below b. */
const upTo = new Float64Array(257);
for (let byte = 0; byte < 256; byte++) upTo[byte + 1] = (upTo[byte] ?? 0) + (mass[byte] ?? 0);

/** The share of bytes that lie in the set, 0 to about 1. */
export function byteMass({ ranges }: CharSet): number {
  let sum = 0;
  for (let i = 0; i < ranges.length; i += 2) {
    sum += (upTo[(ranges[i + 1] ?? 0) + 1] ?? 0) - (upTo[ranges[i] ?? 0] ?? 0);
  }
  return sum;
}

/** Times and sizes as people write them: `10s`, `5m`, `2d`, `50M`. `Postfix: conv_time.c`; sizes with a letter are ours. */

const SECOND = 1000;
const timeUnits: Readonly<Record<string, number>> = {
  s: SECOND,
  m: 60 * SECOND,
  h: 3600 * SECOND,
  d: 86_400 * SECOND,
  w: 604_800 * SECOND,
};

export type TimeUnit = 's' | 'm' | 'h' | 'd' | 'w';

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  K: 1024,
  M: 1024 ** 2,
  G: 1024 ** 3,
  T: 1024 ** 4,
};

/** The longest time, in seconds, and the greatest number. `Postfix: INT_MAX`. */
export const MAX_INT = 2 ** 31 - 1;

/**
 * A time in milliseconds; undefined when it is none. Only the first letter of the unit counts, as in Postfix: `5min` is
 * five minutes, and so is `5ms`.
 */
export function parseTime(text: string, unit: TimeUnit = 's'): number | undefined {
  const match = /^[\t-\r ]*\+?(\d{1,10})(.?)/s.exec(text);
  const factor = timeUnits[match?.[2] || unit];
  if (match === null || factor === undefined) return undefined;
  const milliseconds = Number(match[1]) * factor;
  return milliseconds > MAX_INT * SECOND ? undefined : milliseconds;
}

/** A size in bytes; undefined when it is none. `K`, `M`, `G` and `T` count by 1024. */
export function parseSize(text: string): number | undefined {
  const match = /^[\t-\r ]*\+?(\d{1,18})([kmgt]?)b?$/i.exec(text);
  const factor = sizeUnits[match?.[2]?.toUpperCase() ?? 'none'];
  if (match === null || factor === undefined) return undefined;
  const bytes = Number(match[1]) * factor;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** A whole number; undefined when it is none or too great. `Postfix: mail_conf_int.c`. */
export function parseInteger(text: string): number | undefined {
  if (!/^[\t-\r ]*[+-]?\d{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  return Math.abs(number) > MAX_INT ? undefined : number;
}
